package io.sluice.sse.benchmarks.soak;

import java.time.Duration;
import java.util.concurrent.locks.LockSupport;

/**
 * A steady rate that is not slowed by what it drives: who is late catches up, and what is measured is counted from the
 * moment at which it was due. Not thread-safe.
 */
final class Pace {

    private final long startNanos = System.nanoTime();
    private final double perSecond;
    private long taken;

    Pace(double perSecond) {
        this.perSecond = perSecond;
    }

    /** Waits for the next moment. @return when it was due, by {@link System#nanoTime} */
    long next() {
        long due = startNanos + (long) (taken++ * 1e9 / perSecond);
        for (long left = due - System.nanoTime(); left > 0; left = due - System.nanoTime()) {
            LockSupport.parkNanos(left);
        }
        return due;
    }

    static void pause(Duration time) {
        long deadline = System.nanoTime() + time.toNanos();
        for (long left = time.toNanos(); left > 0; left = deadline - System.nanoTime()) {
            LockSupport.parkNanos(left);
        }
    }
}
