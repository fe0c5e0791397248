package io.sluice.sse.hub;

import java.util.ArrayDeque;
import java.util.concurrent.Executor;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Runs tasks one after the other on another executor; on a second one if that refuses, since the caller may be a lane,
 * and nobody's user code may run there. Thread-safe.
 */
final class SerialExecutor implements Executor {

    private static final Logger log = LoggerFactory.getLogger(SerialExecutor.class);

    private final Executor executor;
    private final Supplier<Executor> fallback;

    // Guarded by the queue.
    private final ArrayDeque<Runnable> queue = new ArrayDeque<>(2);
    private boolean running;

    SerialExecutor(Executor executor, Supplier<Executor> fallback) {
        this.executor = executor;
        this.fallback = fallback;
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
            log.warn("the user executor takes no task, another one takes its place: {}", e.toString());
            fallback.get().execute(this::runAll);
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
