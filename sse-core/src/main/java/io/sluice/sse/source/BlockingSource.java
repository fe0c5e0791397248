package io.sluice.sse.source;

/**
 * Fills one sink with code that blocks; see {@link Sources#blocking}. One object may run for many sinks at once, each
 * on its own thread, and must then be thread-safe.
 */
@FunctionalInterface
public interface BlockingSource {

    /**
     * Fills the sink and returns when there is nothing more to send. Runs on its own thread, which is interrupted when
     * the client leaves. It may then throw an {@link InterruptedException} or a {@link io.sluice.sse.ClosedException}.
     */
    void run(BlockingSink sink) throws Exception;
}
