package io.sluice.sse.netty.connection;

import java.util.concurrent.atomic.AtomicInteger;

/**
 * Counts the accepted connections whose first request has not arrived yet. Subscribers share their event loops with
 * them, so {@link AcceptThrottle} stops accepting while there are many. Thread-safe.
 */
public final class PendingConnections {

    private final AtomicInteger count = new AtomicInteger();

    /** A connection has been accepted. Exactly one call of {@link #identified} follows. */
    public void accepted() {
        count.incrementAndGet();
    }

    /** The first request of a connection has arrived, or the connection has closed. */
    public void identified() {
        count.decrementAndGet();
    }

    public int count() {
        return count.get();
    }
}
