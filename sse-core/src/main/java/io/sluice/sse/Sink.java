package io.sluice.sse;

import io.sluice.sse.Scope.Registration;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Executor;

/**
 * One client's stream, to which a {@link Source} writes.
 *
 * <p>Thread-safe: any thread may send; one lane writes. A sink closes exactly once, with one {@link CloseReason}. After
 * that, every {@link #send} fails with a {@link ClosedException}, and nothing is kept for the client.
 */
public interface Sink {

    /** A short name of this connection, unique within the process. Logs and the admin endpoints use it too. */
    String id();

    /**
     * The identity of the client; {@link Identity#UNKNOWN} unless the application has set it. It never changes for a
     * sink.
     */
    default Identity identity() {
        return Identity.UNKNOWN;
    }

    /**
     * Sends an event to this client only, ahead of pending events of hub topics. The order relative to topic events is
     * not defined; events sent from one thread keep their order.
     *
     * <p>If the connection does not accept the event at once, the event waits in the small queue of this sink. When the
     * queue is full, the hub's options decide: the send is rejected, the oldest event is dropped, or the sink is
     * closed. A source never fills the queue if it sends only while {@link #isWritable()} is true and otherwise waits
     * for {@link #onWritable}.
     *
     * @return completes when the event has been passed to the connection; fails with {@link ClosedException} if the
     *     sink ended first, or with {@link SinkFullException} if the queue was full and this event was dropped. It may
     *     complete on the lane, so dependent actions must not block, or must be asynchronous
     * @throws IllegalArgumentException if the event has an id and this sink is subscribed to hub topics: such an id
     *     would overwrite the client's position; or if the id begins with {@value CloseReason#END_ID_PREFIX}, which
     *     would end the stream for good at the client's next reconnect
     */
    CompletionStage<Void> send(Event event);

    /**
     * Sends an event as {@link #send} does, but only if this sink is {@linkplain #isWritable() writable}. Checking and
     * sending is atomic, so concurrent senders cannot overfill the queue. An accepted event is never dropped in favour
     * of a later one, whatever the hub's options are for a full queue, and it never displaces an earlier one.
     *
     * @return false if the event was not accepted because this sink is not writable or has ended; {@link #onWritable}
     *     listeners are called when it is time to try again
     * @throws IllegalArgumentException as {@link #send}
     */
    boolean offer(Event event);

    /**
     * Whether an event that is sent now goes out without waiting for the client to read: the connection accepts
     * everything in this sink's small queue, and more. False when the stream has ended.
     */
    boolean isWritable();

    /**
     * Runs {@code listener} each time this sink becomes writable again after a {@link #send}, {@link #offer} or {@link
     * #isWritable()} found it not writable, and once at once if it is writable now. A source can therefore send while
     * the sink is writable, return, and continue when it is called: no wake-up is lost.
     *
     * <p>Listeners run on the user executor, one at a time for each sink, and never inside another listener call. They
     * may send and block. No listener is called after the sink has ended. If a listener throws, the failure is logged
     * and the listener stays registered.
     *
     * @return removes the listener; the end of the sink removes it anyway
     */
    Registration onWritable(Runnable listener);

    /**
     * As {@link #onWritable(Runnable)}, but runs {@code listener} on another executor. It is meant for listeners that
     * wake a waiting thread and must not depend on a free thread of the user executor. The listener is submitted on the
     * lane, or on the caller's thread if the sink is writable now. So the executor must not block. A listener that the
     * executor runs in place ({@code Runnable::run}) must not block either, and two threads may call it at once.
     */
    Registration onWritable(Executor executor, Runnable listener);

    /** Whether the stream is open. After the client has left, it becomes false within one turn of the lane. */
    boolean isOpen();

    /** The scope of this client: its tasks, resources and listeners, which end with the client. */
    Scope scope();

    /**
     * Completes the stream for good. The client receives an {@code end} event whose id makes the server respond with
     * 204 to a reconnect, so that the client stays away. Then the stream ends.
     *
     * @return completes when the sink has closed
     */
    CompletionStage<CloseReason> complete();

    /**
     * Ends the stream because the source failed. The failure is logged and counted, and the stream ends with {@link
     * CloseReason#SOURCE_FAILED}; the client is expected to reconnect. On a sink that has ended it does nothing.
     *
     * @return completes when the sink has closed
     */
    CompletionStage<CloseReason> fail(Throwable failure);

    /**
     * Ends the stream after the events that were sent before; the client is expected to reconnect.
     *
     * @param reason the reason for logs, metrics and listeners. Applications use {@link
     *     CloseReason#CLOSED_BY_APPLICATION}; the server uses the other reasons, and {@link #complete} and {@link
     *     #fail} set their own. No reason makes the client stay away: only {@link #complete} does that
     * @return completes when the sink has closed
     */
    CompletionStage<CloseReason> close(CloseReason reason);
}
