package io.sluice.sse.netty;

import io.sluice.sse.netty.http.RequestCodec;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/**
 * Bounds the bytes that all connections of a server hold together: heads and bodies that have not arrived completely,
 * and responses that clients have not read. The bounds of each connection are not enough, because there can be
 * thousands of connections. Large requests use three quarters of the budget only, so they do not stop small ones.
 * Thread-safe.
 */
final class BufferBudget implements RequestCodec.Budget {

    /** A request with a body up to this size is small. */
    static final int SMALL_BYTES = 16 * 1024;

    private static final Duration RETRY_AFTER = Duration.ofSeconds(1);

    private final long max;
    private final long maxForLarge;
    private final AtomicLong used = new AtomicLong();
    /** The thread in {@link #awaitRoom}; null if there is none. */
    private volatile @Nullable Thread waiting;

    BufferBudget(long max) {
        this.max = max;
        this.maxForLarge = max - max / 4;
    }

    /** A quarter of the heap, which is also the default limit of direct memory. */
    static long defaultBytes() {
        return Runtime.getRuntime().maxMemory() / 4;
    }

    /**
     * Reserves bytes if they fit.
     *
     * @param request the size of the head or of the body so far, with these bytes
     */
    @Override
    public boolean tryReserve(long bytes, long request) {
        if (used.addAndGet(bytes) <= maxFor(request)) {
            return true;
        }
        release(bytes);
        return false;
    }

    /** Reserves bytes that exist already, whether they fit or not. */
    void reserve(long bytes) {
        used.addAndGet(bytes);
    }

    @Override
    public void release(long bytes) {
        if (bytes == 0) {
            return; // most requests reserve nothing, and all event loops share the counter
        }
        long left = used.addAndGet(-bytes);
        Thread thread = waiting;
        if (thread != null && left < maxForLarge) {
            LockSupport.unpark(thread);
        }
    }

    /** Whether there is no room for another request with a body of this size, nor for the response to it. */
    boolean isExhausted(long request) {
        return used.get() >= maxFor(request);
    }

    private long maxFor(long request) {
        return request <= SMALL_BYTES ? max : maxForLarge;
    }

    /**
     * Waits for room for the response to a large request. Only one thread may wait.
     *
     * @param deadlineNanos when to give up, as {@link System#nanoTime}
     * @return false if there was no room until then
     */
    boolean awaitRoom(long deadlineNanos) {
        waiting = Thread.currentThread();
        try {
            while (isExhausted(Long.MAX_VALUE)) {
                long left = deadlineNanos - System.nanoTime();
                if (left <= 0) {
                    return false;
                }
                LockSupport.parkNanos(this, left);
                Thread.interrupted(); // left behind by earlier work of this thread; parking would return at once
            }
            return true;
        } finally {
            waiting = null;
        }
    }

    @Override
    public HttpStatusException rejection() {
        return HttpStatusException.retryable(
                503, "the server holds too many bytes of other requests and responses", RETRY_AFTER);
    }
}
