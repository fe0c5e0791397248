package io.sluice.sse.hub;

import java.util.ArrayDeque;
import java.util.concurrent.Executor;

/** Runs tasks one after the other on another executor. Thread-safe. */
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
                running = false; // the next task tries again
                queue.remove(task);
            }
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
