package io.sluice.sse.hub.lane;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.TimeUnit;

/** A lane on a real thread. */
public final class ThreadLane implements Lane {

    final ScheduledThreadPoolExecutor executor;
    volatile Thread thread;

    public ThreadLane() {
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

    public void end() throws InterruptedException {
        executor.shutdown();
        assertThat(executor.awaitTermination(5, TimeUnit.MINUTES)).isTrue();
    }
}
