package io.sluice.sse.benchmarks.soak;

import io.sluice.sse.hub.Lane;
import java.util.ArrayDeque;

/**
 * A lane on the thread of the program: what is handed over runs when {@link #run} is called. So a measured time is that of
 * the work, without the system's hand-over from thread to thread. Timers do not run: nothing is due within a measurement.
 */
final class HandLane implements Lane {

    private final ArrayDeque<Runnable> tasks = new ArrayDeque<>();
    private long delivered;

    /** Runs what waits, until nothing does. */
    void run() {
        for (Runnable task = tasks.poll(); task != null; task = tasks.poll()) {
            task.run();
        }
    }

    /** A sink of this lane was written to. */
    void delivered(int events) {
        delivered += events;
    }

    /** Events that the sinks of this lane have received. */
    long delivered() {
        return delivered;
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
