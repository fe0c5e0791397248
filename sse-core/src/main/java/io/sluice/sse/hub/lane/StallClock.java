package io.sluice.sse.hub.lane;

/**
 * The time in which the ticker of a lane could see whether its clients make progress. If the whole process or the lane
 * was paused, the clients did not stall: nothing watched them. So a late tick counts for at most half of the timeout,
 * and the first late tick detects no stall. Confined to the lane.
 */
final class StallClock {

    private final long lateNanos;
    private final long longestNanos;
    private long lastTickNanos;
    private long observedNanos;
    private boolean late;
    private boolean lateBefore;

    /**
     * @param periodNanos the time between two ticks without a delay
     * @param timeoutNanos the time after which a client without progress is stalled
     */
    StallClock(long periodNanos, long timeoutNanos) {
        this.lateNanos = 2 * periodNanos;
        this.longestNanos = Math.max(lateNanos, timeoutNanos / 2);
    }

    /** The ticker starts. The time before does not count. */
    void start(long nowNanos) {
        lastTickNanos = nowNanos;
        late = false;
    }

    /** A tick begins. */
    void tick(long nowNanos) {
        long passed = nowNanos - lastTickNanos;
        lastTickNanos = nowNanos;
        lateBefore = late;
        late = passed > lateNanos;
        observedNanos += Math.min(passed, longestNanos);
    }

    /**
     * Whether a client without progress may be called stalled. Not in the first tick after a pause, which runs before
     * the lane has polled its I/O. But a lane whose ticks are always late still detects stalls.
     */
    boolean canDetectStall() {
        return !late || lateBefore;
    }

    /** The time observed up to the last tick, in nanoseconds. */
    long nanos() {
        return observedNanos;
    }
}
