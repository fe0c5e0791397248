package io.sluice.sse.benchmarks.jmh;

import io.sluice.sse.hub.lane.Lane;
import java.util.ArrayDeque;

/**
 * A lane without a thread: its tasks wait until {@link #run}, on the thread that made it. So a measured time is that of the
 * work, without the system's hand-over from thread to thread. Timers do not run: nothing is due within a measurement.
 */
public final class InMemoryLane implements Lane {

    private final ArrayDeque<Runnable> tasks = new ArrayDeque<>();

    /** Runs all that waits, and what it adds. */
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
