package io.sluice.sse.hub;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.TimeUnit;

/** A lane on a real thread. */
final class ThreadLane implements Lane {

    final ScheduledThreadPoolExecutor executor;
    volatile Thread thread;

    ThreadLane() {
        executor = new ScheduledThreadPoolExecutor(1, task -> thread = new Thread(task, "lane"));
        executor.setRemoveOnCancelPolicy(true);
    }

    @Override
    public boolean inLane() {
        return Thread.currentThread() == thread;
    }

    @Override
    public void execute(Runnable task) {
        executor.execute(task);
    }

    @Override
    public Runnable schedule(Runnable task, long delayNanos) {
        var future = executor.schedule(task, delayNanos, TimeUnit.NANOSECONDS);
        return () -> future.cancel(false);
    }

    @Override
    public long nanoTime() {
        return System.nanoTime();
    }

    void end() throws InterruptedException {
        executor.shutdown();
        assertThat(executor.awaitTermination(5, TimeUnit.MINUTES)).isTrue();
    }
}
