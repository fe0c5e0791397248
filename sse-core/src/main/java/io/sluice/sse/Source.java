package io.sluice.sse;

import java.time.Duration;

/**
 * Fills one sink with events: started when the client's stream opens, stopped first when it ends. Ready ones are in
 * {@code io.sluice.sse.source}.
 *
 * <p>All methods are called on the user executor, one after the other for one sink, and may block. One source may serve
 * many sinks at once, as a route that returns the same object does: what it keeps must be thread-safe then, and what
 * belongs to one client is best kept in variables of {@code start}. {@code start} may
 * return at once and go on sending from threads and timers of its own; what it hangs on {@link Sink#scope()} ends with
 * the client. If {@code start} throws, the sink closes with {@link CloseReason#SOURCE_FAILED}; other clients notice
 * nothing. While {@code start} blocks, nothing else of this client's user code runs, {@code stop} included: what blocks for
 * long belongs into {@link Scope#fork}, whose thread is interrupted when the client leaves.
 */
@FunctionalInterface
public interface Source {

    /** Begins to fill {@code sink}. */
    void start(Sink sink) throws Exception;

    /**
     * The server shuts down: a source that can come to a good end soon does so now, and says {@link Sink#complete()} or
     * closes the sink. Called after {@code start} has returned, at most once. What is still open when its time has come is
     * ended for it; when that is, the stream's route decides.
     *
     * @param left how long the stream may last at the most
     */
    default void draining(Sink sink, Duration left) throws Exception {}

    /** The sink has ended: stop filling it. Called once for each started sink. */
    default void stop(Sink sink, CloseReason reason) throws Exception {}
}
