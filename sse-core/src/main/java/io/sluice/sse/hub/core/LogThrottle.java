package io.sluice.sse.hub.core;

import java.util.concurrent.atomic.AtomicLong;
import java.util.function.LongSupplier;

/** Lets one line of a kind through to the log in a second, and counts what it holds back. Thread-safe. */
public final class LogThrottle {

    private static final long SECOND_NANOS = 1_000_000_000;

    private final LongSupplier clock;
    private final AtomicLong nextNanos;
    private final AtomicLong heldBack = new AtomicLong();
    private final Runnable onFirstHeldBack;

    public LogThrottle(LongSupplier clock) {
        this(clock, () -> {});
    }

    /** @param onFirstHeldBack called when a line is held back and none was since those before were told */
    public LogThrottle(LongSupplier clock, Runnable onFirstHeldBack) {
        this.clock = clock;
        this.onFirstHeldBack = onFirstHeldBack;
        this.nextNanos = new AtomicLong(clock.getAsLong());
    }

    /** Whether a line may be written now. */
    public boolean tryAcquire() {
        if (tryAcquireRest()) {
            return true;
        }
        if (heldBack.getAndIncrement() == 0) {
            onFirstHeldBack.run();
        }
        return false;
    }

    /** Whether lines were held back that nobody has told yet. */
    boolean holdsBack() {
        return heldBack.get() > 0;
    }

    /** As {@link #tryAcquire}, for a line that only tells of those held back, and counts for nothing if it may not. */
    boolean tryAcquireRest() {
        long now = clock.getAsLong();
        long next = nextNanos.get();
        return now - next >= 0 && nextNanos.compareAndSet(next, now + SECOND_NANOS);
    }

    /** What the line that passes says of those before it; empty if there were none. */
    public String suppressedSuffix() {
        long count = takeHeldBack();
        return count == 0 ? "" : " (and " + count + " more since the last line)";
    }

    /** How many lines were held back and told by nobody yet; whoever asks tells them. */
    long takeHeldBack() {
        return heldBack.getAndSet(0);
    }
}
