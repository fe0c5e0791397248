package io.sluice.sse;

import java.time.Duration;

/**
 * Fills one sink with events. It is started when the client's stream opens, and it is the first thing to be stopped
 * when the stream ends. Ready-made sources are in {@code io.sluice.sse.source}.
 *
 * <p>All methods are called on the user executor, one at a time for each sink, and may block. One source may serve many
 * sinks at once, for example if a route returns the same object for every request. Its fields must then be thread-safe;
 * state of one client is best kept in local variables of {@code start}. {@code start} may return at once and continue
 * to send from its own threads and timers; whatever it registers on {@link Sink#scope()} ends with the client. If
 * {@code start} throws, the sink closes with {@link CloseReason#SOURCE_FAILED}; other clients are not affected. While
 * {@code start} blocks, no other user code of this client runs, not even {@code stop}. Long blocking work therefore
 * belongs in {@link Scope#fork}, whose thread is interrupted when the client leaves.
 */
@FunctionalInterface
public interface Source {

    /** Starts to fill {@code sink}. */
    void start(Sink sink) throws Exception;

    /**
     * Called when the server shuts down. A source that can finish soon should do so now, and call {@link
     * Sink#complete()} or close the sink. Called after {@code start} has returned, at most once. A stream that is still
     * open when its turn comes is closed by the server; the route's drain mode decides when that is.
     *
     * @param left how long the stream may last at most
     */
    default void draining(Sink sink, Duration left) throws Exception {}

    /** The sink has ended: stop filling it. Called once for each started sink. */
    default void stop(Sink sink, CloseReason reason) throws Exception {}
}
