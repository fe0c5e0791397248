package io.sluice.sse.benchmarks.jmh;

import io.sluice.sse.hub.lane.Lane;
import java.util.ArrayDeque;

/**
 * A lane without a thread: its tasks wait until {@link #run} is called on the thread that created it. A measurement
 * therefore contains only the work and no hand-over between threads. Timers do not run, because nothing is due within a
 * measurement.
 */
public final class InMemoryLane implements Lane {

    private final ArrayDeque<Runnable> tasks = new ArrayDeque<>();

    /** Runs all waiting tasks and the tasks that they add. */
    public void run() {
        for (Runnable task = tasks.poll(); task != null; task = tasks.poll()) {
            task.run();
        }
    }

    @Override
    public boolean inLane() {
        return true;
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
        return System.nanoTime();
    }
}
