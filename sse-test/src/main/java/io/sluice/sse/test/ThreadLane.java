package io.sluice.sse.test;

import io.sluice.sse.hub.lane.Lane;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/** A lane on a thread of its own and on the real clock, for tests that race against the hub. */
public final class ThreadLane implements Lane, AutoCloseable {

    private static final long END_MINUTES = 5;

    private final ScheduledThreadPoolExecutor executor;
    private volatile @Nullable Thread thread;

    /** Creates a lane. Its thread starts with the first task. */
    public ThreadLane() {
        executor = new ScheduledThreadPoolExecutor(1, task -> {
            Thread created = new Thread(task, "lane");
            thread = created;
            return created;
        });
        executor.setRemoveOnCancelPolicy(true);
        executor.setExecuteExistingDelayedTasksAfterShutdownPolicy(false);
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
        ScheduledFuture<?> timer = executor.schedule(task, delayNanos, TimeUnit.NANOSECONDS);
        return () -> timer.cancel(false);
    }

    @Override
    public long nanoTime() {
        return System.nanoTime();
    }

    /**
     * Ends the lane: waiting tasks run, timers do not.
     *
     * @throws AssertionError if the thread does not end within five minutes
     */
    @Override
    public void close() {
        executor.shutdown();
        try {
            if (!executor.awaitTermination(END_MINUTES, TimeUnit.MINUTES)) {
                throw new AssertionError("the lane did not end");
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new AssertionError("interrupted while the lane ends", e);
        }
    }
}
