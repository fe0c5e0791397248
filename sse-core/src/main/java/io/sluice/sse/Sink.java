package io.sluice.sse;

import java.util.concurrent.CompletionStage;
import java.util.concurrent.Executor;

/**
 * Where a {@link Source} writes: one client's stream.
 *
 * <p>Thread-safe: any thread may send, one lane writes. A sink closes exactly once, with one {@link CloseReason}; after
 * that every {@link #send} fails with a {@link ClosedException} and nothing is kept for the client.
 */
public interface Sink {

    /** A short name of this connection, unique within the process, that logs and the admin answers use too. */
    String id();

    /** Who the client is; {@link Identity#UNKNOWN} unless the application has said it. The same for the life of the sink. */
    default Identity identity() {
        return Identity.UNKNOWN;
    }

    /**
     * Sends an event to this client alone, ahead of what hub topics have for it. No order is promised between the two;
     * events sent from one thread keep their order.
     *
     * <p>An event that the connection does not take at once waits in the small queue of this sink. One more than that
     * holds is refused, or takes the place of the oldest, or ends the sink, as the hub's options say. A source that sends
     * only while {@link #isWritable()}, and otherwise waits for {@link #onWritable}, never comes to that.
     *
     * @return completes when the event has been handed to the connection, and fails with {@link ClosedException} if the
     *     sink ended before, or with {@link SinkFullException} if the queue was full and this event dropped. It may
     *     complete on the lane: what depends on it must not block, or be asynchronous
     * @throws IllegalArgumentException if the event has an id and this sink listens to hub topics: such an id would
     *     take the place of the client's position
     */
    CompletionStage<Void> send(Event event);

    /**
     * Sends an event as {@link #send} does if this sink is {@linkplain #isWritable() writable}, in one step: of several
     * senders none takes the room that another has found. What it takes is never dropped for a later event, whatever
     * the hub's options say of a full queue, and it takes no other's place.
     *
     * @return false if the event was not taken, since this sink is not writable or has ended; {@link #onWritable}
     *     listeners hear when to try again
     * @throws IllegalArgumentException as {@link #send}
     */
    boolean offer(Event event);

    /**
     * Whether an event that is sent now goes out without waiting for the client to read: the connection takes what
     * waits in this sink's small queue, and more. False when the stream has ended.
     */
    boolean isWritable();

    /**
     * Runs {@code listener} whenever this sink has become writable again after a {@link #send}, {@link #offer} or {@link
     * #isWritable()} met it not to be, and once right away if it is writable now. So a source sends while the sink is writable, then
     * returns, and is called to go on: no wake-up is lost.
     *
     * <p>Listeners run on the user executor, one after the other for one sink and never inside of a call of theirs; they
     * may send and block. None is called after the sink has ended. What one throws is logged; it stays registered.
     *
     * @return takes the listener back; it goes with the sink anyway
     */
    Registration onWritable(Runnable listener);

    /**
     * As {@link #onWritable(Runnable)}, but hands {@code listener} to another executor: for what wakes a thread that
     * waits, and must not depend on a free thread of the user executor. The hand-over happens on the lane, or on the
     * caller's thread if the sink is writable now. So the executor must not block, nor must a listener that it runs in
     * place ({@code Runnable::run}); such a one may also be called by two threads at once.
     */
    Registration onWritable(Executor executor, Runnable listener);

    /** Whether the stream is open: false within one turn of the lane after the client left. */
    boolean isOpen();

    /** What this client owns: tasks, resources and listeners that die with it. */
    Scope scope();

    /**
     * Says that nothing more will come: the client is told to stay away (an {@code end} event whose id makes a reconnect
     * be answered with 204), and the stream ends.
     *
     * @return completes when the sink has closed
     */
    CompletionStage<CloseReason> complete();

    /**
     * Says that the source cannot go on: the failure is logged and counted, and the stream ends with
     * {@link CloseReason#SOURCE_FAILED}; the client is expected to come back. On a sink that has ended it does nothing.
     *
     * @return completes when the sink has closed
     */
    CompletionStage<CloseReason> fail(Throwable failure);

    /**
     * Ends the stream; the client is expected to come back.
     *
     * @param reason what logs, metrics and listeners are told. An application gives {@link
     *     CloseReason#CLOSED_BY_APPLICATION}; the others are for the server to give, and {@link #complete} and {@link
     *     #fail} say theirs. None of them tells the client to stay away: that is for {@link #complete}
     * @return completes when the sink has closed
     */
    CompletionStage<CloseReason> close(CloseReason reason);
}
