package io.sluice.sse.hub.log;

import java.lang.ref.WeakReference;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;

/**
 * Lets the old events of a hub go, and with them its idle topics, in slices, whether or not anybody publishes or listens.
 * Nothing is scheduled while nothing is kept that ages, or once the hub is closed. What is scheduled does not keep the hub
 * in memory.
 */
public final class Expirer {

    /** Runs a task later. The default uses the JDK's own timer, so that a hub needs no thread for this. */
    public interface Timer {

        /** @return cancels the task; harmless if it has run */
        Runnable schedule(Runnable task, long delayNanos);
    }

    public static final Timer TIMER = (task, delayNanos) -> {
        CompletableFuture<Void> due = new CompletableFuture<>();
        due.completeOnTimeout(null, delayNanos, TimeUnit.NANOSECONDS);
        CompletableFuture<Void> done = due.thenRunAsync(task);
        return () -> {
            done.cancel(false);
            due.cancel(false); // takes it out of the JDK's timer
        };
    };

    /** Entries that go in one hold of the hub's lock. */
    private static final int SLICE = 1024;

    private static final long BETWEEN_SLICES_NANOS = 1_000_000;
    private static final long LONGEST_PERIOD_NANOS = 1_000_000_000;

    private final HubLog log;
    private final Timer timer;
    private final long periodNanos;

    /** Guarded by the hub's lock. */
    private boolean scheduled;

    private volatile Runnable cancel = () -> {};

    Expirer(HubLog log, Timer timer, Duration maxAge) {
        this.log = log;
        this.timer = timer;
        this.periodNanos = Math.max(BETWEEN_SLICES_NANOS, Math.min(LONGEST_PERIOD_NANOS, maxAge.toNanos() / 8));
    }

    /** Whether a slice is still to come. Under the hub's lock. */
    boolean isScheduled() {
        return scheduled;
    }

    /**
     * Takes note that a slice is needed, if there is anything that ages. Under the hub's lock.
     *
     * @return the same; unless it is {@link Long#MAX_VALUE}, the caller has to {@link #schedule} it behind the lock
     */
    long begin(long untilAgedNanos) {
        scheduled = untilAgedNanos < Long.MAX_VALUE;
        return untilAgedNanos;
    }

    /** The next slice comes when the oldest event is too old; many then go together, so it may be a little late. */
    void schedule(long untilAgedNanos) {
        long delay = untilAgedNanos <= 0 ? BETWEEN_SLICES_NANOS : Math.max(untilAgedNanos, periodNanos);
        cancel = timer.schedule(new Slice(this), delay);
    }

    private void slice() {
        long untilAged = log.locked(() -> begin(log.age(SLICE)));
        if (untilAged < Long.MAX_VALUE) {
            schedule(untilAged);
        }
    }

    /** The hub is closed. */
    void stop() {
        cancel.run();
    }

    /** What the timer holds: it leads to the hub only as long as somebody else does. */
    private static final class Slice implements Runnable {
        private final WeakReference<Expirer> ageing;

        Slice(Expirer ageing) {
            this.ageing = new WeakReference<>(ageing);
        }

        @Override
        public void run() {
            Expirer alive = ageing.get();
            if (alive != null) {
                alive.slice();
            }
        }
    }
}
