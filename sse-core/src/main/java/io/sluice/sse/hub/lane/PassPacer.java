package io.sluice.sse.hub.lane;

import io.sluice.sse.hub.HubBuilder;
import java.util.concurrent.RejectedExecutionException;
import org.jspecify.annotations.Nullable;

/**
 * Lets a busy lane send two events at a time. A pass costs what its writes cost, one for each client, and two events that
 * leave together cost little more than one. So a lane whose passes follow each other so closely that they take more than a quarter
 * of its time does not begin the next one for a single event: it rests until another has come, or four times what a pass takes
 * have gone by since it began the last, or the event has waited for as long as it may ({@link HubBuilder#coalesce}). Meanwhile it looks
 * after everything else. A lane that is less busy, or has few clients, sends at once.
 *
 * <p>What a pass takes is the smaller of the last two that were long enough for a rest: one that something else has held up (the JIT
 * compiler, another process) does not make the next event wait. Behind a short one, which had something for a few only, nothing rests.
 *
 * <p>A rest that brought nothing makes it skip the next ones ({@link AdaptiveBackoff}), so a publisher that waits until it hears what it has
 * said loses next to nothing. Confined to its lane.
 */
final class PassPacer {

    /** So many times what a pass takes lie between two beginnings. */
    static final int PASSES_APART = 4;
    /** With shorter passes a lane is busy with hundreds of events per second, and gathers them without rests. */
    static final long LEAST_PASS_NANOS = 1_000_000;
    /** The most passes that begin at once after rests that brought nothing: so many that these are not seen among a hundred. */
    static final int MOST_SKIPPED = 255;

    private final Lane lane;
    private final Runnable onRested;
    private final long mostNanos;
    private final AdaptiveBackoff patience = new AdaptiveBackoff(MOST_SKIPPED);

    private boolean resting;
    private long untilNanos;
    private long seenHead;
    private @Nullable Runnable cancelTimer;

    private boolean counts;
    private long beganNanos;
    private long workedNanos;
    private long passNanos;
    private long lastLongNanos = Long.MAX_VALUE;
    private long usualNanos;

    /**
     * @param onRested run on the lane when a rest has lasted long enough
     * @param mostNanos the longest rest; 0 for none
     */
    PassPacer(Lane lane, Runnable onRested, long mostNanos) {
        this.lane = lane;
        this.onRested = onRested;
        this.mostNanos = mostNanos;
    }

    /** Whether the pass that could begin now rests. */
    boolean rests(long head, long position, int sinks, long nowNanos) {
        if (resting) {
            if (head == seenHead && nowNanos - untilNanos < 0) {
                return true;
            }
            patience.waited(head != seenHead);
            end();
        } else if (mayPay(sinks)
                && head == position + 1) { // else there is something to send together already, or nothing
            untilNanos = nowNanos + Math.min(mostNanos, beganNanos + PASSES_APART * usualNanos - nowNanos);
            if (untilNanos - nowNanos > 0 && patience.mayWait()) {
                seenHead = head;
                resting = startTimer(untilNanos - nowNanos);
            }
        }
        return resting;
    }

    private boolean mayPay(int sinks) {
        return mostNanos > 0 && sinks >= BatchWait.LEAST_SINKS && passNanos >= LEAST_PASS_NANOS;
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

    /** Nobody is left for whom it pays to rest. */
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

    /** @param brings whether the pass that begins has something new: only then what it takes says what a pass takes */
    void begins(boolean brings, long nowNanos) {
        counts = brings;
        if (brings) {
            beganNanos = nowNanos;
            workedNanos = 0;
        }
    }

    /** What the last pass took that brought something, without the I/O between its slices. */
    long passNanos() {
        return passNanos;
    }

    /** The pass has written for so long, and has ended or yielded. */
    void worked(long nanos, boolean ended) {
        if (counts) {
            workedNanos += nanos;
            if (ended) {
                passNanos = workedNanos;
                if (workedNanos >= LEAST_PASS_NANOS) {
                    usualNanos = Math.min(lastLongNanos, workedNanos);
                    lastLongNanos = workedNanos;
                }
            }
        }
    }
}
