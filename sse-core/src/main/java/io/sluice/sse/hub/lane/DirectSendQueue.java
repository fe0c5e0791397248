package io.sluice.sse.hub.lane;

import io.sluice.sse.CloseReason;
import io.sluice.sse.ClosedException;
import io.sluice.sse.DirectSendPolicy;
import io.sluice.sse.Scope.Registration;
import io.sluice.sse.SinkFullException;
import io.sluice.sse.hub.core.DeliveryOptions;
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

    private final LaneSink sink;
    private final int maxEvents;
    private final int maxBytes;
    private final DirectSendPolicy policy;

    // Guarded by this.
    /** The events that wait, with one gap at each place where events were lost. */
    private final DirectSends queue = new DirectSends();

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
            add(new DirectSend(wire, true));
        }
        if (first) {
            sink.hubLane().serveSoon(sink);
        }
        return true;
    }

    /** Accepts an event if the queue has room. Otherwise the policy decides. */
    CompletionStage<Void> send(byte[] wire) {
        DirectSend send = new DirectSend(wire, false);
        DirectSends dropped = null;
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
                if (endsAtLoss()) {
                    closed = new ClosedException("sink " + sink.id(), CloseReason.SLOW_CONSUMER); // nothing may follow
                } else if (policy == DirectSendPolicy.DROP_OLDEST) {
                    dropped = makeRoomFor(wire);
                }
            }
            if (closed == null) {
                if (isFullFor(wire)) {
                    queue.addGap();
                } else {
                    accepted = true;
                    first = queue.isEmpty();
                    add(send);
                }
            }
        }
        // If other events wait, the lane was woken already, or the connection accepts nothing now.
        if (first) {
            sink.hubLane().serveSoon(sink);
        }
        if (full != null) {
            int lost = (dropped == null ? 0 : dropped.size()) + (accepted ? 0 : 1);
            sink.hubLane().core().counters().addRejectedSends(sink, lost, full);
            if (dropped != null) {
                dropped.fail(full);
            }
            if (endsAtLoss()) {
                sink.close(CloseReason.SLOW_CONSUMER);
            }
        }
        if (accepted) {
            return send;
        }
        return CompletableFuture.failedStage(full);
    }

    /** Whether a loss ends the stream. A bare stream has no block for a gap. */
    private boolean endsAtLoss() {
        return policy == DirectSendPolicy.CLOSE || sink.options().isBare();
    }

    private void add(DirectSend send) {
        queue.add(send);
        awaited |= !hasRoom();
    }

    /** An event of any size fits into an empty queue, and into the queue of a writable sink. */
    private boolean isFullFor(byte[] wire) {
        return queue.size() > 0
                && (queue.size() >= maxEvents || ((long) queue.bytes() + wire.length > maxBytes && !hasRoom()));
    }

    private DirectSends makeRoomFor(byte[] wire) {
        DirectSends dropped = new DirectSends();
        while (isFullFor(wire)) {
            DirectSend oldest = queue.dropOldest();
            if (oldest == null) {
                break;
            }
            dropped.add(oldest);
        }
        return dropped;
    }

    private SinkFullException fullException() {
        return new SinkFullException("sink " + sink.id() + " has " + queue.size() + " events of " + queue.bytes()
                + " bytes waiting (at most " + maxEvents + " events, " + maxBytes
                + " bytes): the client does not read");
    }

    /**
     * Moves the first events to {@code into}: as many as {@code maxBytes} allow, and at least one if there is one.
     *
     * @return whether none is left
     */
    synchronized boolean moveTo(DirectSends into, long maxBytes) {
        queue.moveTo(into, maxBytes);
        return queue.isEmpty();
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
        return queue.size() < maxEvents && queue.bytes() < maxBytes && queue.bytes() < sink.room();
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
        DirectSends left = new DirectSends();
        moveTo(left, Long.MAX_VALUE);
        left.fail(cause);
    }
}
