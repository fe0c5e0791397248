package io.sluice.sse.history;

import java.time.Duration;
import java.time.InstantSource;
import java.util.function.LongSupplier;

/**
 * The time by which events age: the wall clock, but a jump of it counts only after it has lasted ten minutes. A wall
 * clock that is wrong for a moment would otherwise delete events that nothing can bring back. Until then the age
 * advances with the monotonic clock. Confined to the writer's thread.
 */
final class AgeClock {

    /** A smaller difference is a correction of the wall clock, and counts at once. */
    private static final long JUMP_MILLIS = Duration.ofMinutes(1).toMillis();
    /** How long a jump has to last, by the monotonic clock, until it counts. */
    private static final long TRUST_MILLIS = Duration.ofMinutes(10).toMillis();
    /** A start that is later than the newest event by more than this counts as a jump. */
    private static final long LONG_STOP_MILLIS = Duration.ofHours(1).toMillis();

    /** Creates the clock of a store that is being opened. */
    interface Source {
        /** @param newestMillis when the newest stored event was published; 0 if there is none */
        AgeClock after(long newestMillis);
    }

    private final InstantSource wall;
    private final LongSupplier nanos;
    private final long startNanos;

    /** The wall clock less the time since the start, as it counts now. */
    private long offset;
    /** The same after a jump, which does not count yet; and the time since the start when it was seen first. */
    private long newOffset;

    private long newSince = -1;

    /** @param newestMillis when the newest stored event was published; 0 if that is not known */
    AgeClock(InstantSource wall, LongSupplier nanos, long newestMillis) {
        this.wall = wall;
        this.nanos = nanos;
        this.startNanos = nanos.getAsLong();
        long start = wall.millis();
        boolean isLongStop = newestMillis > 0 && start - newestMillis > LONG_STOP_MILLIS;
        this.offset = isLongStop ? newestMillis : start;
    }

    long millis() {
        long running = (nanos.getAsLong() - startNanos) / 1_000_000;
        long seen = wall.millis() - running;
        if (Math.abs(seen - offset) <= JUMP_MILLIS) {
            offset = seen;
            newSince = -1;
        } else if (newSince < 0 || Math.abs(seen - newOffset) > JUMP_MILLIS) {
            newOffset = seen;
            newSince = running;
        } else if (running - newSince >= TRUST_MILLIS) {
            offset = seen;
            newSince = -1;
        }
        return offset + running;
    }
}
