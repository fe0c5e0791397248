package io.sluice.sse.hub.log;

import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.function.LongSupplier;

/**
 * Tells when, by the hub's own clock, it was a given time of day. The hub's clock never jumps and the wall clock may, so
 * the two are compared anew each time that somebody asks: what counts is how long ago the time was, by the wall clock as
 * it stands now. A wall clock that was put right since an event was published does no harm; one that is wrong now does.
 */
final class WallClock {

    private static final Duration LONGEST = Duration.ofDays(36_500); // in nanoseconds well within a long

    private final LongSupplier nanos;
    private final InstantSource wall;

    WallClock(LongSupplier nanos, InstantSource wall) {
        this.nanos = nanos;
        this.wall = wall;
    }

    /** The hub's time at {@code time}; a hundred years ago if it was longer ago than that. */
    long nanosAt(Instant time) {
        Duration ago = Duration.between(time, wall.instant());
        if (ago.abs().compareTo(LONGEST) > 0) {
            ago = ago.isNegative() ? LONGEST.negated() : LONGEST;
        }
        return nanos.getAsLong() - ago.toNanos();
    }
}
