package io.sluice.sse.source;

/**
 * Fills one sink from code that blocks; see {@link Sources#blocking}. One object may run for many sinks at once, each on
 * its own thread, and must be thread-safe then.
 */
@FunctionalInterface
public interface BlockingSource {

    /**
     * Fills the sink and returns when there is nothing more to send. Runs on a thread of its own, which is interrupted
     * when the client has left: an {@link InterruptedException} or a {@link io.sluice.sse.ClosedException} may leave it
     * then.
     */
    void run(BlockingSink sink) throws Exception;
}
