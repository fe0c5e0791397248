package io.sluice.sse.hub.lane;

/**
 * Lets a pass wait for events that are about to come. A pass to many clients takes milliseconds, and the event that comes
 * a few microseconds after its head was read waits for all of it and then costs a pass of its own. So a lane whose passes
 * are long looks after its I/O for a small share of what a pass takes before it begins the next one. Publishers that wait
 * for an answer, or for what they hear, publish again just then: merging what they say halves the writes.
 *
 * <p>It waits only where that pays: a wait that brings nothing makes it skip the next ones ({@link AdaptiveBackoff}), so
 * publishers that come when they like cost next to nothing. An idle hub, or one with few clients, sends at once.
 *
 * <p>Confined to its lane.
 */
final class BatchWait {

    /** Share of a pass without anything new that ends a wait, as a shift. */
    private static final int QUIET_SHIFT = 6;
    /** Share of a pass that ends a wait, as a shift. */
    private static final int LONGEST_SHIFT = 4;
    /** With fewer sinks than this a pass is short, whatever the last one took: one that found cold code, say. */
    static final int LEAST_SINKS = 32;
    /** A look at the I/O takes some microseconds; below this there is nothing to win. */
    private static final long LEAST_NANOS = 5_000;
    /** Looks without anything new that end a wait, should the clock stand still. */
    private static final int MOST_LOOKS = 1_000;
    /** The most passes that begin at once after waits that brought nothing. */
    static final int MOST_SKIPPED = 63;

    private final AdaptiveBackoff patience = new AdaptiveBackoff(MOST_SKIPPED);

    private boolean waiting;
    private boolean paid;
    private long sinceNanos;
    private long newsNanos;
    private long seenHead;
    private int looks;

    private long passNanos;

    /** Whether the pass that is about to begin waits for another look. */
    boolean waits(long head, long position, int sinks, long nowNanos) {
        if (waiting) {
            goOn(head, nowNanos);
        } else if (mayPay(sinks) && head != position && patience.mayWait()) {
            waiting = true;
            paid = false;
            sinceNanos = nowNanos;
            newsNanos = nowNanos;
            seenHead = head;
            looks = 0;
        }
        return waiting;
    }

    private boolean mayPay(int sinks) {
        return sinks >= LEAST_SINKS && passNanos >> QUIET_SHIFT >= LEAST_NANOS;
    }

    private void goOn(long head, long nowNanos) {
        if (head != seenHead) {
            seenHead = head;
            newsNanos = nowNanos;
            looks = 0;
            paid = true;
        }
        waiting = nowNanos - newsNanos < passNanos >> QUIET_SHIFT
                && nowNanos - sinceNanos < passNanos >> LONGEST_SHIFT
                && ++looks < MOST_LOOKS;
        if (!waiting) {
            patience.waited(paid);
        }
    }

    /** Whether {@link #waits} last said yes. */
    boolean isWaiting() {
        return waiting;
    }

    /** Nobody has time for it. */
    void end() {
        waiting = false;
    }

    /** A pass has ended, and this is what passes take, the I/O between their slices left out. */
    void passed(long passNanos) {
        this.passNanos = passNanos;
    }
}
