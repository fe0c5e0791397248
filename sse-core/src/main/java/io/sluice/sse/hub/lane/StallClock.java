package io.sluice.sse.hub.lane;

/**
 * The time in which a lane's ticker could see its clients move. After a pause of the whole process, or of the lane, the
 * clients have not stood still, nobody looked: however late a tick comes, at most half of what is timed counts, and the
 * first late one judges nobody. Confined to its lane.
 */
final class StallClock {

    private final long lateNanos;
    private final long longestNanos;
    private long lastTickNanos;
    private long observedNanos;
    private boolean late;
    private boolean lateBefore;

    /**
     * @param periodNanos from tick to tick, when nothing holds them up
     * @param timedNanos the time after which somebody is judged
     */
    StallClock(long periodNanos, long timedNanos) {
        this.lateNanos = 2 * periodNanos;
        this.longestNanos = Math.max(lateNanos, timedNanos / 2);
    }

    /** The ticker starts: what was before does not count. */
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
     * Whether who has not moved may be judged for it: not in the first tick after a pause, which comes before the lane
     * has looked at its I/O. A lane that is late each time does judge.
     */
    boolean canDetectStall() {
        return !late || lateBefore;
    }

    /** The time observed up to the last tick, in nanoseconds. */
    long nanos() {
        return observedNanos;
    }
}
