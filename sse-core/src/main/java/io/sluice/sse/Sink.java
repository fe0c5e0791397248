package io.sluice.sse;

import java.util.concurrent.CompletionStage;

/**
 * Where a {@link Source} writes: one client's stream.
 *
 * <p>Thread-safe: any thread may send, one lane writes. A sink closes exactly once, with one {@link CloseReason}; after
 * that every {@link #send} fails with a {@link ClosedException} and nothing is kept for the client.
 */
public interface Sink {

    /** A short name of this connection, unique within the process, that logs and the admin answers use too. */
    String id();

    /**
     * Sends an event to this client alone, ahead of what hub topics have for it. No order is promised between the two;
     * events sent from one thread keep their order.
     *
     * @return completes when the event has been handed to the connection, and fails with {@link ClosedException} if the
     *     sink ended before, or with {@link SinkFullException} if the client does not read and the small queue of this
     *     sink is full: the event is then dropped, and a source should wait for {@link #isWritable()}
     * @throws IllegalArgumentException if the event has an id and this sink listens to hub topics: such an id would
     *     take the place of the client's position
     */
    CompletionStage<Void> send(Event event);

    /** Whether the connection takes more at once. False means that a send would wait in this sink's small queue. */
    boolean isWritable();

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
     * Ends the stream; the client is expected to come back.
     *
     * @return completes when the sink has closed
     */
    CompletionStage<CloseReason> close(CloseReason reason);
}
