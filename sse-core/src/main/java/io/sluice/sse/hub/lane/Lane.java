package io.sluice.sse.hub.lane;

import java.util.concurrent.RejectedExecutionException;

/**
 * A serial executor that owns a set of sinks: over Netty, an event loop. All state of a sink is touched on its lane only,
 * so none of it needs a lock.
 *
 * <p>What an implementation owes: tasks run one at a time in the order of {@link #execute}, each sees what the one before
 * it wrote; all but {@link #yield} may be called from any thread; none of them blocks;
 * time comes from one monotonic clock. A lane ends with its thread: from then on {@link #execute} and {@link #schedule}
 * throw, and sinks close on the caller's thread.
 */
public interface Lane {

    /** Whether the caller is on this lane. */
    boolean inLane();

    /**
     * Runs {@code task} on this lane, after what was handed over before.
     *
     * @throws RejectedExecutionException if the lane has ended
     */
    void execute(Runnable task);

    /**
     * Runs {@code task} on this lane when it has looked after its I/O once more: what a long piece of work does between
     * its slices. Called on the lane. A lane that has no I/O, or whose tasks do not hold it back, may just execute.
     *
     * @throws RejectedExecutionException if the lane has ended
     */
    default void yield(Runnable task) {
        execute(task);
    }

    /**
     * Runs {@code task} on this lane after a delay.
     *
     * @return cancels the task; harmless if it has run
     * @throws RejectedExecutionException if the lane has ended
     */
    Runnable schedule(Runnable task, long delayNanos);

    /** The lane's clock, in nanoseconds from an arbitrary origin. */
    long nanoTime();
}
