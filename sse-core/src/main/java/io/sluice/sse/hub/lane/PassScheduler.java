package io.sluice.sse.hub.lane;

/**
 * Decides when the next pass of a lane begins. A pass to many clients costs the same for one event as for two, so a
 * busy lane may wait for more events: for microseconds ({@link BatchWait}) or for milliseconds ({@link PassPacer}). A
 * lane that is idle or has few clients never waits. Confined to the lane.
 */
final class PassScheduler {

    /** What a lane does with the pass that could begin now. */
    enum Decision {
        /** The pass begins. */
        RUN,
        /** The lane polls its I/O and asks again. */
        POLL_AGAIN,
        /** The lane does other work. A timer or the next event wakes it. */
        REST
    }

    private final PassPacer pacer;
    private final BatchWait batchWait = new BatchWait();
    /** Whether the lane must not wait. */
    private boolean hurried;

    /**
     * @param onRested run on the lane when a rest has lasted long enough
     * @param longestRestNanos the longest rest; 0 for none
     */
    PassScheduler(Lane lane, Runnable onRested, long longestRestNanos) {
        this.pacer = new PassPacer(lane, onRested, longestRestNanos);
    }

    /**
     * @param head the hub's head
     * @param position the lane's position
     * @param sinks how many sinks the lane has
     */
    Decision next(long head, long position, int sinks, long nowNanos) {
        if (hurried) {
            return Decision.RUN;
        }
        if (!batchWait.isWaiting() && pacer.rests(head, position, sinks, nowNanos)) {
            return Decision.REST;
        }
        return batchWait.waits(head, position, sinks, nowNanos) ? Decision.POLL_AGAIN : Decision.RUN;
    }

    /** Ends a rest, because a sink waits for the pass. @return as {@link #next}, but never {@link Decision#REST} */
    Decision endRest(long head, long position, int sinks, long nowNanos) {
        pacer.end();
        return batchWait.waits(head, position, sinks, nowNanos) ? Decision.POLL_AGAIN : Decision.RUN;
    }

    /** From now on every pass begins at once. */
    void hurry() {
        hurried = true;
        pacer.end();
        batchWait.end();
    }

    /** A pass may wait again. */
    void stopHurrying() {
        hurried = false;
    }

    /** The last sink has closed: a rest has no purpose any more. */
    void onLastSinkClosed() {
        pacer.hurry();
    }

    /** @param hasNews whether the pass has new events: only such passes show what a pass costs */
    void passBegins(boolean hasNews, long nowNanos) {
        pacer.begins(hasNews, nowNanos);
    }

    /** The pass has worked for this long, and has ended or yielded. */
    void worked(long nanos, boolean ended) {
        pacer.worked(nanos, ended);
        if (ended) {
            batchWait.passed(pacer.passNanos());
        }
    }
}
