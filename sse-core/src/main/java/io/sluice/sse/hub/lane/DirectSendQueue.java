package io.sluice.sse.hub.lane;

import io.sluice.sse.CloseReason;
import io.sluice.sse.ClosedException;
import io.sluice.sse.DirectSendPolicy;
import io.sluice.sse.Registration;
import io.sluice.sse.SinkFullException;
import io.sluice.sse.hub.core.DeliveryOptions;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Executor;
import org.jspecify.annotations.Nullable;

/**
 * The small bounded queue of what a source sent to one sink and the lane has not written yet, and who waits for the sink
 * to become writable. Thread-safe; made with the first direct send or listener, since most sinks never see one.
 */
final class DirectSendQueue {

    /** @param kept whether it is never dropped for a later one */
    record Send(byte[] wire, CompletableFuture<Void> sent, boolean kept) {}

    private final LaneSink sink;
    private final int maxEvents;
    private final int maxBytes;
    private final DirectSendPolicy policy;

    // Guarded by this.
    private final ArrayDeque<Send> queue = new ArrayDeque<>(4);
    private int bytes;
    private @Nullable ClosedException closed;

    /** Somebody has met this sink not writable, and wants to hear when it is. */
    private boolean awaited;

    private @Nullable WritableListeners listeners;

    DirectSendQueue(LaneSink sink, DeliveryOptions.DirectSendBounds bounds) {
        this.sink = sink;
        this.maxEvents = bounds.events();
        this.maxBytes = bounds.bytes();
        this.policy = bounds.policy();
    }

    /** Takes it if the sink is writable, and never drops it for another. */
    boolean offer(byte[] wire) {
        boolean first;
        synchronized (this) {
            if (!isWritable()) {
                return false;
            }
            first = queue.isEmpty();
            add(new Send(wire, new CompletableFuture<>(), true));
        }
        if (first) {
            sink.hubLane().serveSoon(sink);
        }
        return true;
    }

    /** Takes it if it has a place, or goes by the policy if it has none. */
    CompletionStage<Void> send(byte[] wire) {
        CompletableFuture<Void> sent = new CompletableFuture<>();
        List<Send> dropped = List.of();
        SinkFullException full = null;
        boolean first = false;
        boolean taken = false;
        synchronized (this) {
            if (closed != null) {
                return CompletableFuture.failedStage(closed);
            }
            if (isFullFor(wire)) {
                full = fullException();
                awaited = true;
                if (policy == DirectSendPolicy.DROP_OLDEST) {
                    dropped = makeRoomFor(wire);
                }
            }
            if (!isFullFor(wire)) {
                taken = true;
                first = queue.isEmpty();
                add(new Send(wire, sent, false));
            }
        }
        // Whoever finds others waiting need not wake the lane: it is on its way, or the connection takes nothing.
        if (first) {
            sink.hubLane().serveSoon(sink);
        }
        for (Send send : dropped) {
            send.sent.completeExceptionally(full);
        }
        if (taken) {
            return sent.minimalCompletionStage();
        }
        if (policy == DirectSendPolicy.CLOSE) {
            sink.close(CloseReason.SLOW_CONSUMER);
        }
        return CompletableFuture.failedStage(full);
    }

    private void add(Send send) {
        queue.add(send);
        bytes += send.wire.length;
        awaited |= !hasRoom();
    }

    /** One event always fits, however large; and so does one that finds the sink writable. */
    private boolean isFullFor(byte[] wire) {
        return !queue.isEmpty() && (queue.size() >= maxEvents || ((long) bytes + wire.length > maxBytes && !hasRoom()));
    }

    private List<Send> makeRoomFor(byte[] wire) {
        List<Send> dropped = new ArrayList<>(4);
        Iterator<Send> oldestFirst = queue.iterator();
        while (isFullFor(wire) && oldestFirst.hasNext()) {
            Send oldest = oldestFirst.next();
            if (!oldest.kept) {
                oldestFirst.remove();
                bytes -= oldest.wire.length;
                dropped.add(oldest);
            }
        }
        return dropped;
    }

    private SinkFullException fullException() {
        return new SinkFullException("sink " + sink.id() + " has " + queue.size() + " events of " + bytes
                + " bytes waiting (at most " + maxEvents + " events, " + maxBytes
                + " bytes): the client does not read");
    }

    synchronized @Nullable Send poll() {
        Send next = queue.poll();
        if (next != null) {
            bytes -= next.wire.length;
        }
        return next;
    }

    synchronized boolean isEmpty() {
        return queue.isEmpty();
    }

    // ---- writability

    /** Whether the connection takes what waits here, and more. */
    synchronized boolean isWritable() {
        if (closed == null && hasRoom()) {
            return true;
        }
        awaited = true;
        return false;
    }

    private boolean hasRoom() {
        return bytes < sink.room() && queue.size() < maxEvents && bytes < maxBytes;
    }

    Registration onWritable(Executor executor, Runnable action) {
        WritableListeners.Listener listener;
        boolean atOnce;
        synchronized (this) {
            if (closed != null) {
                return () -> {};
            }
            if (listeners == null) {
                listeners = new WritableListeners(sink);
            }
            listener = listeners.add(executor, action);
            atOnce = hasRoom();
            awaited |= !atOnce;
        }
        if (atOnce) {
            listener.post();
        }
        return () -> remove(listener);
    }

    private synchronized void remove(WritableListeners.Listener listener) {
        if (listeners != null) {
            listeners.remove(listener);
        }
    }

    /**
     * On the lane, after the connection has taken something or has become writable. Nothing is lost: who met this sink
     * not writable did so because events waited here, or because the connection was full, and both end with this call.
     */
    void notifyIfWritable() {
        List<WritableListeners.Listener> called = List.of();
        synchronized (this) {
            if (awaited && listeners != null && closed == null && hasRoom()) {
                awaited = false;
                called = listeners.all();
            }
        }
        called.forEach(WritableListeners.Listener::post);
    }

    /** Refuses what is still there and everything after it; listeners hear nothing more. */
    void close(ClosedException why) {
        synchronized (this) {
            closed = why;
            if (listeners != null) {
                listeners.close();
                listeners = null;
            }
        }
        for (Send send = poll(); send != null; send = poll()) {
            send.sent.completeExceptionally(why);
        }
    }
}
