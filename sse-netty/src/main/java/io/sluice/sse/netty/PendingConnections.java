package io.sluice.sse.netty;

import java.util.concurrent.atomic.AtomicInteger;

/**
 * How many connections have been accepted whose first request has not come. Those who listen share their event loop with
 * them: {@link ServerAcceptor} accepts no more while there are many, so that what is ready on a loop, and is served in turn, stays short.
 * Thread-safe.
 */
final class PendingConnections {

    private final AtomicInteger count = new AtomicInteger();

    /** One has been accepted; {@link #identified} follows. */
    void accepted() {
        count.incrementAndGet();
    }

    /** Its first request is here, or it has gone. */
    void identified() {
        count.decrementAndGet();
    }

    int count() {
        return count.get();
    }
}
