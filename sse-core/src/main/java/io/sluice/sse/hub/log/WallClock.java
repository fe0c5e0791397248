package io.sluice.sse.hub.log;

import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.function.LongSupplier;

/**
 * Converts a time of day into a time of the hub's clock. The hub's clock never jumps, but the wall clock may. So the
 * two are compared for each conversion: the result depends only on how long ago the time was, by the present wall
 * clock. A correction of the wall clock after an event was published has no effect; a wall clock that is wrong now
 * makes the result wrong.
 */
final class WallClock {

    private static final Duration MAX_DISTANCE = Duration.ofDays(36_500); // its nanoseconds fit into a long

    private final LongSupplier nanos;
    private final InstantSource wall;

    WallClock(LongSupplier nanos, InstantSource wall) {
        this.nanos = nanos;
        this.wall = wall;
    }

    /** The hub's time at {@code time}, which is limited to a hundred years before or after the present. */
    long nanosAt(Instant time) {
        return nanos.getAsLong() + nanosUntil(time);
    }

    /** How long it takes until {@code time} by the wall clock, limited like the above; negative if it has passed. */
    long nanosUntil(Instant time) {
        Duration ahead = Duration.between(wall.instant(), time);
        if (ahead.abs().compareTo(MAX_DISTANCE) > 0) {
            ahead = ahead.isNegative() ? MAX_DISTANCE.negated() : MAX_DISTANCE;
        }
        return ahead.toNanos();
    }
}
