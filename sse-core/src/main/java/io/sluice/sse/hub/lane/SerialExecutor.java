package io.sluice.sse.hub.lane;

import java.util.ArrayDeque;
import java.util.concurrent.Executor;

/**
 * Runs tasks one after another on another executor. Thread-safe.
 *
 * <p>If that executor throws, the caller gets the exception and its task does not run. Tasks that other callers have
 * queued after it then run on the caller's thread.
 */
class SerialExecutor implements Executor {

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
            // Other callers may have queued tasks meanwhile, and nothing else would run them.
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
                run(task);
            } catch (Throwable t) {
                Thread thread = Thread.currentThread();
                thread.getUncaughtExceptionHandler().uncaughtException(thread, t);
            }
        }
    }

    /** Runs one task. */
    void run(Runnable task) {
        task.run();
    }
}
