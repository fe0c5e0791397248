package io.sluice.sse.hub;

import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.LongSupplier;

/** Lets one line of a kind through to the log in a second, and counts what it holds back. Thread-safe. */
final class OncePerSecond {

    private static final long SECOND_NANOS = 1_000_000_000;

    private final LongSupplier clock;
    private final AtomicLong nextNanos;
    private final LongAdder heldBack = new LongAdder();

    OncePerSecond(LongSupplier clock) {
        this.clock = clock;
        this.nextNanos = new AtomicLong(clock.getAsLong());
    }

    /** Whether a line may be written now. */
    boolean passes() {
        long now = clock.getAsLong();
        long next = nextNanos.get();
        if (now - next >= 0 && nextNanos.compareAndSet(next, now + SECOND_NANOS)) {
            return true;
        }
        heldBack.increment();
        return false;
    }

    /** What the line that passes says of those before it; empty if there were none. */
    String andMore() {
        long count = heldBack.sumThenReset();
        return count == 0 ? "" : " (and " + count + " more since the last line)";
    }
}
