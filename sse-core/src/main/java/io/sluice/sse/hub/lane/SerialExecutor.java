package io.sluice.sse.hub.lane;

import java.util.ArrayDeque;
import java.util.concurrent.Executor;

/**
 * Runs tasks one after the other on another executor. Thread-safe.
 *
 * <p>What that executor throws goes to the caller, whose task does not run; tasks that others have queued behind it run
 * on the caller's thread then.
 */
final class SerialExecutor implements Executor {

    private final Executor executor;

    // Guarded by the queue.
    private final ArrayDeque<Runnable> queue = new ArrayDeque<>(2);
    private boolean running;

    SerialExecutor(Executor executor) {
        this.executor = executor;
    }

    @Override
    public void execute(Runnable task) {
        synchronized (queue) {
            queue.add(task);
            if (running) {
                return;
            }
            running = true;
        }
        try {
            executor.execute(this::runAll);
        } catch (RuntimeException | Error e) {
            synchronized (queue) {
                queue.remove(task);
            }
            // Others may have queued theirs behind it meanwhile, and nobody else would come by: here, as a last resort.
            runAll();
            throw e;
        }
    }

    private void runAll() {
        for (; ; ) {
            Runnable task;
            synchronized (queue) {
                task = queue.poll();
                if (task == null) {
                    running = false;
                    return;
                }
            }
            try {
                task.run();
            } catch (Throwable t) {
                Thread thread = Thread.currentThread();
                thread.getUncaughtExceptionHandler().uncaughtException(thread, t);
            }
        }
    }
}
