package io.sluice.sse.netty;

import java.time.Duration;
import java.util.concurrent.atomic.AtomicLong;

/**
 * Bounds the bytes that all connections of a server hold together: bodies that have not arrived completely, and
 * responses that clients have not read. The bounds of each connection are not enough, because there can be thousands of
 * connections. Thread-safe.
 */
final class BufferBudget {

    private static final Duration RETRY_AFTER = Duration.ofSeconds(1);

    private final long max;
    private final AtomicLong used = new AtomicLong();

    BufferBudget(long max) {
        this.max = max;
    }

    /** A quarter of the heap, which is also the default limit of direct memory. */
    static long defaultBytes() {
        return Runtime.getRuntime().maxMemory() / 4;
    }

    /** Reserves bytes if they fit. */
    boolean tryReserve(long bytes) {
        if (used.addAndGet(bytes) <= max) {
            return true;
        }
        used.addAndGet(-bytes);
        return false;
    }

    /** Reserves bytes that exist already, whether they fit or not. */
    void reserve(long bytes) {
        used.addAndGet(bytes);
    }

    void release(long bytes) {
        used.addAndGet(-bytes);
    }

    /** Whether there is no room for another request with a body, nor for the response to it. */
    boolean isExhausted() {
        return used.get() >= max;
    }

    static HttpStatusException rejection() {
        return HttpStatusException.retryable(
                503, "the server holds too many bytes of other requests and responses", RETRY_AFTER);
    }
}
