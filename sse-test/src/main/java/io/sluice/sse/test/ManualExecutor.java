package io.sluice.sse.test;

import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.Executor;

/**
 * A user executor that a test controls: sources, tasks and listeners wait until the test runs them on its own thread.
 * Any thread may submit tasks.
 */
public final class ManualExecutor implements Executor {

    private final ConcurrentLinkedQueue<Runnable> tasks = new ConcurrentLinkedQueue<>();

    /** Creates an executor without tasks. */
    public ManualExecutor() {}

    @Override
    public void execute(Runnable task) {
        tasks.add(task);
    }

    /** Runs the oldest waiting task. @return false if no task was waiting */
    public boolean runOne() {
        Runnable task = tasks.poll();
        if (task != null) {
            task.run();
        }
        return task != null;
    }

    /** How many tasks are waiting. */
    public int waiting() {
        return tasks.size();
    }
}
