package io.sluice.sse.hub.lane;

/**
 * Lets a pass wait for events that are about to come. A pass to many clients takes milliseconds. An event that comes a
 * few microseconds after the pass has read the head waits for the whole pass, and then costs a pass of its own. So a
 * lane with long passes polls its I/O for a small share of a pass before it begins the next one. Publishers that wait
 * for a response, or for the delivery of their event, publish again at that time. Merging their events halves the
 * writes.
 *
 * <p>The lane waits only while that is useful: after a wait that brought no event it skips the next ones ({@link
 * AdaptiveBackoff}). So publishers with another rhythm lose almost nothing. A hub that is idle or has few clients sends
 * at once.
 *
 * <p>Confined to the lane.
 */
final class BatchWait {

    /** The wait ends after this share of a pass without a new event, as a shift. */
    private static final int QUIET_SHIFT = 6;
    /** The wait ends after this share of a pass in any case, as a shift. */
    private static final int LONGEST_SHIFT = 4;
    /**
     * With fewer sinks a pass is short, even if the last one was long, for example because its code was not compiled.
     */
    static final int MIN_SINKS = 32;
    /** A poll of the I/O takes some microseconds; a shorter wait gains nothing. */
    private static final long MIN_QUIET_NANOS = 5_000;
    /** The wait ends after this many polls without a new event, in case the clock does not advance. */
    private static final int MAX_POLLS = 1_000;
    /** The most waits skipped in a row. */
    static final int MAX_SKIPPED = 63;

    private final AdaptiveBackoff backoff = new AdaptiveBackoff(MAX_SKIPPED);

    private boolean waiting;
    private boolean useful;
    private long sinceNanos;
    private long newsNanos;
    private long seenHead;
    private int polls;

    private long passNanos;

    /** Whether the pass that could begin now waits for another poll of the I/O. */
    boolean waits(long head, long position, int sinks, long nowNanos) {
        if (waiting) {
            continueWait(head, nowNanos);
        } else if (isWorthwhile(sinks) && head != position && backoff.mayWait()) {
            waiting = true;
            useful = false;
            sinceNanos = nowNanos;
            newsNanos = nowNanos;
            seenHead = head;
            polls = 0;
        }
        return waiting;
    }

    private boolean isWorthwhile(int sinks) {
        return sinks >= MIN_SINKS && passNanos >> QUIET_SHIFT >= MIN_QUIET_NANOS;
    }

    private void continueWait(long head, long nowNanos) {
        if (head != seenHead) {
            seenHead = head;
            newsNanos = nowNanos;
            polls = 0;
            useful = true;
        }
        waiting = nowNanos - newsNanos < passNanos >> QUIET_SHIFT
                && nowNanos - sinceNanos < passNanos >> LONGEST_SHIFT
                && ++polls < MAX_POLLS;
        if (!waiting) {
            backoff.waited(useful);
        }
    }

    /** Whether the last call of {@link #waits} returned true. */
    boolean isWaiting() {
        return waiting;
    }

    /** Ends the wait, because the lane must not wait. */
    void end() {
        waiting = false;
    }

    /** A pass has ended. @param passNanos its duration, without the I/O between its slices */
    void passed(long passNanos) {
        this.passNanos = passNanos;
    }
}
