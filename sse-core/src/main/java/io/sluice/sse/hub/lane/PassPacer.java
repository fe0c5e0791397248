package io.sluice.sse.hub.lane;

import java.util.concurrent.RejectedExecutionException;
import org.jspecify.annotations.Nullable;

/**
 * Lets a busy lane send two events at a time. A pass costs as much as its writes, one for each client, and two events
 * that are sent together cost little more than one. A lane is busy if its passes follow each other so closely that they
 * take more than a quarter of its time. Such a lane does not begin the next pass for a single event. It rests until one
 * of these is true:
 *
 * <ul>
 *   <li>Another event has come.
 *   <li>Four times the duration of a pass have passed since the last pass began.
 *   <li>The event has waited as long as the option {@code coalesce} of the hub allows.
 * </ul>
 *
 * <p>The lane does all other work meanwhile. A lane that is less busy, or that has few clients, sends at once.
 *
 * <p>The duration of a pass is the smaller one of the last two that were long enough for a rest. So a pass that was
 * delayed by something else (the JIT compiler, another process) does not make the next event wait. After a short pass,
 * which had events for a few clients only, the lane does not rest.
 *
 * <p>After a rest that brought no event, the lane skips the next rests ({@link AdaptiveBackoff}). So a publisher that
 * waits for the delivery of each event loses almost nothing. Confined to the lane.
 */
final class PassPacer {

    /** The beginnings of two passes are this many durations of a pass apart. */
    static final int PASSES_APART = 4;
    /** With shorter passes a lane is busy only at hundreds of events per second, and collects these without a rest. */
    static final long MIN_PASS_NANOS = 1_000_000;
    /** The most rests skipped in a row. With so many, the useless rests do not show in the 99th percentile. */
    static final int MAX_SKIPPED = 255;

    private final Lane lane;
    private final Runnable onRested;
    private final long maxRestNanos;
    private final AdaptiveBackoff backoff = new AdaptiveBackoff(MAX_SKIPPED);

    private boolean resting;
    private long untilNanos;
    private long seenHead;
    private @Nullable Runnable cancelTimer;

    /** Whether the running pass has new events. */
    private boolean hasNews;

    private long beganNanos;
    private long workedNanos;
    private long passNanos;
    private long lastLongNanos = Long.MAX_VALUE;
    /** The smaller one of the last two passes that were long enough. */
    private long usualNanos;

    /**
     * @param onRested run on the lane when a rest has lasted long enough
     * @param maxRestNanos the longest rest; 0 for none
     */
    PassPacer(Lane lane, Runnable onRested, long maxRestNanos) {
        this.lane = lane;
        this.onRested = onRested;
        this.maxRestNanos = maxRestNanos;
    }

    /** Whether the lane rests before the pass that could begin now. */
    boolean rests(long head, long position, int sinks, long nowNanos) {
        if (resting) {
            if (head == seenHead && nowNanos - untilNanos < 0) {
                return true;
            }
            backoff.waited(head != seenHead);
            end();
        } else if (isWorthwhile(sinks) && head == position + 1) { // otherwise there are several events, or none
            untilNanos = nowNanos + Math.min(maxRestNanos, beganNanos + PASSES_APART * usualNanos - nowNanos);
            if (untilNanos - nowNanos > 0 && backoff.mayWait()) {
                seenHead = head;
                resting = startTimer(untilNanos - nowNanos);
            }
        }
        return resting;
    }

    private boolean isWorthwhile(int sinks) {
        return maxRestNanos > 0 && sinks >= BatchWait.MIN_SINKS && passNanos >= MIN_PASS_NANOS;
    }

    private boolean startTimer(long nanos) {
        try {
            cancelTimer = lane.schedule(this::rested, nanos);
            return true;
        } catch (RejectedExecutionException e) {
            return false; // the lane has ended
        }
    }

    private void rested() {
        cancelTimer = null;
        untilNanos = lane.nanoTime(); // also if the timer was early
        onRested.run();
    }

    /** Ends a rest that has no purpose any more, and lets the pass begin. */
    void hurry() {
        if (resting) {
            end();
            onRested.run();
        }
    }

    /** Ends a rest, if there is one. */
    void end() {
        resting = false;
        Runnable cancel = cancelTimer;
        cancelTimer = null;
        if (cancel != null) {
            cancel.run();
        }
    }

    /** @param withNews whether the pass that begins has new events: only such passes show what a pass costs */
    void begins(boolean withNews, long nowNanos) {
        hasNews = withNews;
        if (withNews) {
            beganNanos = nowNanos;
            workedNanos = 0;
        }
    }

    /** The duration of the last pass that had new events, without the I/O between its slices. */
    long passNanos() {
        return passNanos;
    }

    /** The pass has worked for this long, and has ended or yielded. */
    void worked(long nanos, boolean ended) {
        if (hasNews) {
            workedNanos += nanos;
            if (ended) {
                passNanos = workedNanos;
                if (workedNanos >= MIN_PASS_NANOS) {
                    usualNanos = Math.min(lastLongNanos, workedNanos);
                    lastLongNanos = workedNanos;
                }
            }
        }
    }
}
