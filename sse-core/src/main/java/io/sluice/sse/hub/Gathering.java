package io.sluice.sse.hub;

/**
 * Lets a pass wait for events that are arriving right now. A pass to many clients takes milliseconds, and the event that
 * comes a few microseconds after its head was read waits for all of it and then costs a pass of its own. So a lane whose
 * passes are long looks after its I/O once more as long as each look brings something new, for at most a thirty-second of
 * what a pass takes. An idle hub, or one with few clients, sends at once. Confined to its lane.
 */
final class Gathering {

    /** Share of a pass that it may wait, as a shift. */
    private static final int SHARE_SHIFT = 5;
    /** A look at the I/O takes some microseconds; below this there is nothing to win. */
    private static final long LEAST_NANOS = 10_000;

    private boolean waiting;
    private long sinceNanos;
    private long seenHead;
    private long startNanos;
    private long passNanos;

    /** Whether the pass that is about to begin waits for another look. */
    boolean waits(long head, long position, long nowNanos) {
        long most = passNanos >> SHARE_SHIFT;
        boolean more = head != position && most >= LEAST_NANOS && (!waiting || head != seenHead);
        if (more && !waiting) {
            sinceNanos = nowNanos;
        }
        waiting = more && nowNanos - sinceNanos < most;
        seenHead = head;
        startNanos = nowNanos;
        return waiting;
    }

    /** A pass that began when {@link #waits} last said no has ended. */
    void passed(long nowNanos) {
        passNanos = nowNanos - startNanos;
    }
}
