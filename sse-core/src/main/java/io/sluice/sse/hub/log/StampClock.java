package io.sluice.sse.hub.log;

import java.time.Duration;

/**
 * The time that stored events get: the wall clock, but a jump of it counts only after it has lasted ten minutes. The
 * times of a history rise, so a wall clock that is ahead for a moment would otherwise give its time to every later
 * event. The history ages its events in the same way. Confined to the writer's thread.
 */
final class StampClock {

    /** A smaller difference is a correction of the wall clock, and counts at once. */
    private static final long JUMP_MILLIS = Duration.ofMinutes(1).toMillis();
    /** How long a jump has to last, by the hub's clock, until it counts. */
    private static final long TRUST_MILLIS = Duration.ofMinutes(10).toMillis();

    private final LogOptions.Clocks clocks;
    private final long startNanos;

    /** The wall clock less the time since the start, as it counts now. */
    private long offset;
    /** The same after a jump that does not count yet, and when it was seen first. */
    private long jumpedOffset;

    private long jumpedAt = -1;

    StampClock(LogOptions.Clocks clocks) {
        this.clocks = clocks;
        this.startNanos = clocks.nanos().getAsLong();
        this.offset = clocks.wall().millis();
    }

    long millis() {
        long running = (clocks.nanos().getAsLong() - startNanos) / 1_000_000;
        long seen = clocks.wall().millis() - running;
        boolean isJump = Math.abs(seen - offset) > JUMP_MILLIS;
        if (isJump && (jumpedAt < 0 || Math.abs(seen - jumpedOffset) > JUMP_MILLIS)) {
            jumpedOffset = seen;
            jumpedAt = running;
        }
        if (!isJump || running - jumpedAt >= TRUST_MILLIS) {
            offset = seen;
            jumpedAt = -1;
        }
        return offset + running;
    }
}
