package io.sluice.sse.hub.lane;

import io.sluice.sse.CloseReason;
import io.sluice.sse.ClosedException;
import io.sluice.sse.DirectSendPolicy;
import io.sluice.sse.Gap;
import io.sluice.sse.Scope.Registration;
import io.sluice.sse.SinkFullException;
import io.sluice.sse.hub.core.DeliveryOptions;
import io.sluice.sse.wire.EventEncoder;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Executor;
import org.jspecify.annotations.Nullable;

/**
 * The small bounded queue of the events that were sent to one sink directly and that the lane has not written yet. It
 * also holds the listeners that wait until the sink is writable. It is created with the first direct send or listener,
 * because most sinks never have one. Thread-safe.
 */
final class DirectSendQueue {

    /** Tells the client that events at this place were rejected or dropped. */
    static final Gap GAP = new Gap(Gap.Reason.DROPPED, null, null);

    private static final byte[] GAP_WIRE = EventEncoder.encode(GAP.toEvent());

    /** @param kept whether the event is never dropped for a later one */
    record Send(byte[] wire, CompletableFuture<Void> sent, boolean kept) {

        static Send gap() {
            return new Send(GAP_WIRE, new CompletableFuture<>(), true);
        }

        /** Whether this stands for events that were lost here. It counts towards no bound. */
        boolean isGap() {
            return wire == GAP_WIRE;
        }
    }

    private final LaneSink sink;
    private final int maxEvents;
    private final int maxBytes;
    private final DirectSendPolicy policy;

    // Guarded by this.
    /** The events that wait, with one gap at each place where events were lost. */
    private final ArrayDeque<Send> queue = new ArrayDeque<>(4);
    /** The events in the queue, without the gaps, and their bytes. */
    private int events;

    private int bytes;
    private @Nullable ClosedException closed;

    /** Whether an event was rejected or dropped: the stream is not complete then. */
    private boolean hasLost;

    /** Whether a caller found the sink not writable, so that the listeners must be notified when it is. */
    private boolean awaited;

    private @Nullable WritableListeners listeners;

    DirectSendQueue(LaneSink sink, DeliveryOptions.DirectSendBounds bounds) {
        this.sink = sink;
        this.maxEvents = bounds.events();
        this.maxBytes = bounds.bytes();
        this.policy = bounds.policy();
    }

    /** Accepts an event if the sink is writable. An accepted event is never dropped for another. */
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

    /** Accepts an event if the queue has room. Otherwise the policy decides. */
    CompletionStage<Void> send(byte[] wire) {
        CompletableFuture<Void> sent = new CompletableFuture<>();
        List<Send> dropped = List.of();
        SinkFullException full = null;
        boolean first = false;
        boolean accepted = false;
        synchronized (this) {
            if (closed != null) {
                return CompletableFuture.failedStage(closed);
            }
            if (isFullFor(wire)) {
                full = fullException();
                awaited = true;
                hasLost = true;
                if (policy == DirectSendPolicy.DROP_OLDEST) {
                    dropped = makeRoomFor(wire);
                }
            }
            if (!isFullFor(wire)) {
                accepted = true;
                first = queue.isEmpty();
                add(new Send(wire, sent, false));
            } else {
                addGapTo(queue);
            }
        }
        // If other events wait, the lane was woken already, or the connection accepts nothing now.
        if (first) {
            sink.hubLane().serveSoon(sink);
        }
        for (Send send : dropped) {
            send.sent.completeExceptionally(full);
        }
        if (full != null) {
            sink.hubLane().core().counters().addRejectedSends(sink, dropped.size() + (accepted ? 0 : 1), full);
            if (policy == DirectSendPolicy.CLOSE || sink.options().isBare()) { // a bare stream has no block for a gap
                sink.close(CloseReason.SLOW_CONSUMER);
            }
        }
        if (accepted) {
            return sent.minimalCompletionStage();
        }
        return CompletableFuture.failedStage(full);
    }

    private void add(Send send) {
        queue.add(send);
        events++;
        bytes += send.wire.length;
        awaited |= !hasRoom();
    }

    /** An event of any size fits into an empty queue, and into the queue of a writable sink. */
    private boolean isFullFor(byte[] wire) {
        return events > 0 && (events >= maxEvents || ((long) bytes + wire.length > maxBytes && !hasRoom()));
    }

    private List<Send> makeRoomFor(byte[] wire) {
        List<Send> dropped = new ArrayList<>(4);
        ArrayDeque<Send> remaining = new ArrayDeque<>(4); // what is before the last dropped event
        while (isFullFor(wire)) {
            Send oldest = queue.poll();
            if (oldest == null) {
                break;
            }
            if (oldest.kept) {
                remaining.add(oldest);
            } else {
                events--;
                bytes -= oldest.wire.length;
                dropped.add(oldest);
                addGapTo(remaining);
            }
        }
        while (!remaining.isEmpty()) {
            queue.addFirst(remaining.removeLast());
        }
        return dropped;
    }

    private static void addGapTo(ArrayDeque<Send> place) {
        Send last = place.peekLast();
        if (last == null || !last.isGap()) {
            place.add(Send.gap());
        }
    }

    private SinkFullException fullException() {
        return new SinkFullException("sink " + sink.id() + " has " + events + " events of " + bytes
                + " bytes waiting (at most " + maxEvents + " events, " + maxBytes
                + " bytes): the client does not read");
    }

    synchronized @Nullable Send poll() {
        Send next = queue.poll();
        if (next != null && !next.isGap()) {
            events--;
            bytes -= next.wire.length;
        }
        return next;
    }

    /** Whether an event for this sink was rejected or dropped. */
    synchronized boolean hasLost() {
        return hasLost;
    }

    synchronized boolean isEmpty() {
        return queue.isEmpty();
    }

    // ---- writability

    /** Whether the connection accepts what waits here, and more. */
    synchronized boolean isWritable() {
        if (closed == null && hasRoom()) {
            return true;
        }
        awaited = true;
        return false;
    }

    private boolean hasRoom() {
        return bytes < sink.room() && events < maxEvents && bytes < maxBytes;
    }

    Registration onWritable(Executor executor, Runnable action) {
        WritableListeners.Listener listener;
        boolean isWritableNow;
        synchronized (this) {
            if (closed != null) {
                return () -> {};
            }
            if (listeners == null) {
                listeners = new WritableListeners(sink);
            }
            listener = listeners.add(executor, action);
            isWritableNow = hasRoom();
            awaited |= !isWritableNow;
        }
        if (isWritableNow) {
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
     * Notifies the listeners if the sink is writable again. Called on the lane after the connection has accepted bytes
     * or has become writable. No notification is lost: a sink is not writable because events wait here or because the
     * connection is full, and the end of either is followed by this call.
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

    /** Fails all events that wait and all later ones. The listeners are not called any more. */
    void close(ClosedException cause) {
        synchronized (this) {
            closed = cause;
            if (listeners != null) {
                listeners.close();
                listeners = null;
            }
        }
        for (Send send = poll(); send != null; send = poll()) {
            send.sent.completeExceptionally(cause);
        }
    }
}
