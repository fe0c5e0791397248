package io.sluice.sse.benchmarks.soak;

import java.time.Duration;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;

/**
 * A steady rate that does not depend on the speed of the work. A caller that is late catches up, and times are measured
 * from the moment at which the work was due. Not thread-safe.
 */
final class Pace {

    private final long startNanos = System.nanoTime();
    private final double perSecond;
    private long taken;

    Pace(double perSecond) {
        this.perSecond = perSecond;
    }

    /** Waits for the next due moment. @return that moment, in terms of {@link System#nanoTime} */
    long next() {
        long due = startNanos + (long) (taken++ * 1e9 / perSecond);
        for (long left = due - System.nanoTime(); left > 0; left = due - System.nanoTime()) {
            LockSupport.parkNanos(left);
        }
        return due;
    }

    /**
     * Checks the condition every few milliseconds. A program whose condition never holds must fail with the name of the
     * condition.
     */
    static void await(BooleanSupplier condition, Duration timeout, String what) {
        long deadline = System.nanoTime() + timeout.toNanos();
        while (!condition.getAsBoolean()) {
            if (System.nanoTime() - deadline >= 0) {
                throw new IllegalStateException("no " + what + " within " + timeout.toSeconds() + " s");
            }
            pause(Duration.ofMillis(10));
        }
    }

    static void pause(Duration time) {
        long deadline = System.nanoTime() + time.toNanos();
        for (long left = time.toNanos(); left > 0; left = deadline - System.nanoTime()) {
            LockSupport.parkNanos(left);
        }
    }
}
