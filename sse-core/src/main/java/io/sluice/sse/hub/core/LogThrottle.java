package io.sluice.sse.hub.core;

import java.util.concurrent.atomic.AtomicLong;
import java.util.function.LongSupplier;

/** Permits one line per second to be logged, and counts the lines that it suppresses. Thread-safe. */
public final class LogThrottle {

    private static final long SECOND_NANOS = 1_000_000_000;

    private final LongSupplier clock;
    private final AtomicLong nextNanos;
    private final AtomicLong suppressed = new AtomicLong();
    private final Runnable onFirstSuppressed;

    public LogThrottle(LongSupplier clock) {
        this(clock, () -> {});
    }

    /** @param onFirstSuppressed called when a line is suppressed, unless others were and have not been reported yet */
    public LogThrottle(LongSupplier clock, Runnable onFirstSuppressed) {
        this.clock = clock;
        this.onFirstSuppressed = onFirstSuppressed;
        this.nextNanos = new AtomicLong(clock.getAsLong());
    }

    /** Whether a line may be logged now. If not, it counts as suppressed. */
    public boolean tryAcquire() {
        if (tryAcquireSummary()) {
            return true;
        }
        if (suppressed.getAndIncrement() == 0) {
            onFirstSuppressed.run();
        }
        return false;
    }

    /** Whether lines were suppressed that have not been reported yet. */
    boolean hasSuppressed() {
        return suppressed.get() > 0;
    }

    /** As {@link #tryAcquire}, for a line that only reports the suppressed ones. It does not count as suppressed. */
    boolean tryAcquireSummary() {
        long now = clock.getAsLong();
        long next = nextNanos.get();
        return now - next >= 0 && nextNanos.compareAndSet(next, now + SECOND_NANOS);
    }

    /** The end of a line that is logged: how many lines were suppressed before it. Empty if there were none. */
    public String suppressedSuffix() {
        long count = takeSuppressed();
        return count == 0 ? "" : " (and " + count + " more since the last line)";
    }

    /** How many lines were suppressed and not reported yet. The caller reports them. */
    long takeSuppressed() {
        return suppressed.getAndSet(0);
    }
}
