package io.sluice.sse.hub.lane;

import java.util.concurrent.RejectedExecutionException;

/**
 * A serial executor that owns a set of sinks. Over Netty it is an event loop. The state of a sink is used on its lane
 * only, so it needs no lock.
 *
 * <p>An implementation guarantees:
 *
 * <ul>
 *   <li>Tasks run one at a time, in the order of {@link #execute}, and each task sees what the earlier ones wrote.
 *   <li>Every method except {@link #yield} can be called from any thread, and no method blocks.
 *   <li>The time comes from one monotonic clock.
 *   <li>A lane ends with its thread. From then on {@link #execute}, {@link #yield} and {@link #schedule} throw, and
 *       {@link #inLane} returns false. Sinks then close on the thread of the caller.
 * </ul>
 */
public interface Lane {

    /** Whether the caller is on this lane. */
    boolean inLane();

    /**
     * Runs {@code task} on this lane, after all tasks that were executed before.
     *
     * @throws RejectedExecutionException if the lane has ended
     */
    void execute(Runnable task);

    /**
     * Runs {@code task} on this lane after the lane has polled its I/O once more. Long work calls it between its
     * slices, on the lane. A lane without I/O, or one that polls between any two tasks, may just execute the task.
     *
     * @throws RejectedExecutionException if the lane has ended
     */
    default void yield(Runnable task) {
        execute(task);
    }

    /**
     * Runs {@code task} on this lane after a delay.
     *
     * @return cancels the task; does nothing if the task has run
     * @throws RejectedExecutionException if the lane has ended
     */
    Runnable schedule(Runnable task, long delayNanos);

    /** The lane's clock, in nanoseconds from an arbitrary origin. */
    long nanoTime();
}
