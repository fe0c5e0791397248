package io.sluice.sse.hub.log;

import java.lang.ref.WeakReference;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;

/**
 * Evicts the expired events of a hub and removes its idle topics, in slices, even if no client publishes or subscribes.
 * Nothing is scheduled while no event can expire, or after the hub is closed. A scheduled task does not keep the hub in
 * memory.
 */
public final class Expirer {

    /** Runs a task later. The default uses the JDK's own timer, so that a hub needs no thread for this. */
    public interface Timer {

        /** @return cancels the task; has no effect if the task has run */
        Runnable schedule(Runnable task, long delayNanos);
    }

    /** The default timer. */
    public static final Timer TIMER = (task, delayNanos) -> {
        CompletableFuture<Void> due = new CompletableFuture<>();
        due.completeOnTimeout(null, delayNanos, TimeUnit.NANOSECONDS);
        CompletableFuture<Void> done = due.thenRunAsync(task);
        return () -> {
            done.cancel(false);
            due.cancel(false); // removes it from the JDK's timer
        };
    };

    /** How many entries are evicted at most while the hub's lock is held once. */
    private static final int SLICE = 1024;

    private static final long BETWEEN_SLICES_NANOS = 1_000_000;
    private static final long MAX_PERIOD_NANOS = 1_000_000_000;

    private final HubLog log;
    private final Timer timer;
    private final long periodNanos;

    // Guarded by the hub's lock.
    private boolean scheduled;

    // Written by the thread that schedules, read by the thread that closes the hub.
    private volatile Runnable cancel = () -> {};

    Expirer(HubLog log, Timer timer, List<TopicOptions.AgeGroup> ages) {
        this.log = log;
        this.timer = timer;
        long period = MAX_PERIOD_NANOS;
        for (TopicOptions.AgeGroup each : ages) {
            period = Math.min(period, each.ageNanos / 8);
        }
        this.periodNanos = Math.max(BETWEEN_SLICES_NANOS, period);
    }

    /** Whether a slice is scheduled. Under the hub's lock. */
    boolean isScheduled() {
        assert log.holdsLock();
        return scheduled;
    }

    /**
     * Notes that a slice is scheduled, if any event can expire. Under the hub's lock.
     *
     * @return its argument; unless that is {@link Long#MAX_VALUE}, the caller must call {@link #schedule} after it has
     *     released the lock
     */
    long markScheduled(long untilExpiryNanos) {
        assert log.holdsLock();
        scheduled = untilExpiryNanos < Long.MAX_VALUE;
        return untilExpiryNanos;
    }

    /**
     * Schedules the next slice for when the oldest event expires, or a little later, so that many are evicted together.
     */
    void schedule(long untilExpiryNanos) {
        long delay = untilExpiryNanos <= 0 ? BETWEEN_SLICES_NANOS : Math.max(untilExpiryNanos, periodNanos);
        cancel = timer.schedule(new Slice(this), delay);
    }

    private void runSlice() {
        long untilExpiry = log.locked(() -> markScheduled(log.expire(SLICE)));
        if (untilExpiry < Long.MAX_VALUE) {
            schedule(untilExpiry);
        }
    }

    /** Called when the hub is closed. */
    void stop() {
        cancel.run();
    }

    /** The scheduled task. The timer refers to it, and it refers to the hub only weakly. */
    private static final class Slice implements Runnable {
        private final WeakReference<Expirer> expirer;

        Slice(Expirer expirer) {
            this.expirer = new WeakReference<>(expirer);
        }

        @Override
        public void run() {
            Expirer alive = expirer.get();
            if (alive != null) {
                alive.runSlice();
            }
        }
    }
}
