package io.sluice.sse.test;

import io.sluice.sse.hub.lane.Lane;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * A lane for stress tests and benchmarks: without a thread, without locks and without timers. Its tasks wait until a
 * thread runs them.
 *
 * <p>Its queue is as free of locks as the queue of an event loop. So it does not order memory accesses that the hub
 * does not order itself, and a measurement contains no hand-over between threads. Timers are accepted and never run.
 * For tests with timers there is {@link ManualLane}.
 */
public final class QueueLane implements Lane {

    private final ConcurrentLinkedQueue<Runnable> tasks = new ConcurrentLinkedQueue<>();
    private final LongSupplier clock;
    private volatile @Nullable Thread runner;

    /**
     * Creates a lane without tasks.
     *
     * @param clock the lane's clock in nanoseconds, for example {@code System::nanoTime}
     */
    public QueueLane(LongSupplier clock) {
        this.clock = clock;
    }

    /** Runs {@code work} as the lane, now. */
    public void run(Runnable work) {
        runner = Thread.currentThread();
        work.run();
        runner = null;
    }

    /** Runs the oldest waiting task. @return false if no task was waiting */
    public boolean runOne() {
        Runnable task = tasks.poll();
        if (task != null) {
            run(task);
        }
        return task != null;
    }

    /** Runs the waiting tasks and the tasks that they add, until no task is left. */
    public void runAll() {
        while (runOne()) {}
    }

    /** How many tasks wait. */
    public int waiting() {
        return tasks.size();
    }

    @Override
    public boolean inLane() {
        return runner == Thread.currentThread();
    }

    @Override
    public void execute(Runnable task) {
        tasks.add(task);
    }

    @Override
    public Runnable schedule(Runnable task, long delayNanos) {
        return () -> {};
    }

    @Override
    public long nanoTime() {
        return clock.getAsLong();
    }
}
