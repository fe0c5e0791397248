package io.sluice.sse.benchmarks.soak;

import java.time.Duration;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;

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

    /** Looks every few milliseconds. A program that waits in vain must end, and say for what it waited. */
    static void await(BooleanSupplier condition, Duration patience, String what) {
        long deadline = System.nanoTime() + patience.toNanos();
        while (!condition.getAsBoolean()) {
            if (System.nanoTime() - deadline >= 0) {
                throw new IllegalStateException("no " + what + " within " + patience.toSeconds() + " s");
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
