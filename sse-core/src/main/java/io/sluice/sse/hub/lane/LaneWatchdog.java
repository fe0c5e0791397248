package io.sluice.sse.hub.lane;

import java.lang.ref.WeakReference;
import java.time.Duration;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Detects a lane whose thread is blocked, for example by an observer, a route or a handler of the application. It logs
 * the stack of that thread once when the block has lasted for {@link LaneOptions#blockedLaneAfter}, and logs once more
 * when it is over.
 *
 * <p>It sends nothing to the lane. The ticks of {@link LaneTicker} advance while the lane does, and another thread, the
 * JDK's for delayed work, compares them. So a lane is watched while it has sinks. Between two checks only a weak
 * reference leads to this object. The checks end when the ticker stops, when the lane's thread ends, or when the lane
 * is collected.
 *
 * <p>{@link #start}, {@link #tick} and {@link #stop} are called on the lane.
 */
final class LaneWatchdog {

    private static final Logger log = LoggerFactory.getLogger(HubLane.class);
    private static final long SHORTEST_NANOS = 5_000_000;

    private final Runnable onBlocked;
    private final long afterNanos;
    private final long periodNanos;

    // Written on the lane.
    private volatile @Nullable Thread thread;
    private final AtomicLong ticks = new AtomicLong();

    // Guarded by this.
    private boolean watching;
    private boolean checkDue;
    private long lastCheckNanos;
    private long seenTicks;
    private long blockedSinceNanos;
    private boolean reported;

    /**
     * @param after as {@link LaneOptions#blockedLaneAfter}
     * @param tickNanos the time between two ticks of a lane that is not blocked
     * @param onBlocked called for each block
     */
    LaneWatchdog(Duration after, long tickNanos, Runnable onBlocked) {
        this.onBlocked = onBlocked;
        // At least two ticks: a check between two ticks cannot see that the lane advances.
        this.afterNanos = after.isZero() ? 0 : Math.max(after.toNanos(), 2 * tickNanos);
        this.periodNanos = Math.max(SHORTEST_NANOS, afterNanos / 4);
    }

    void start() {
        if (afterNanos == 0) {
            return;
        }
        thread = Thread.currentThread();
        boolean begins;
        synchronized (this) {
            watching = true;
            begins = !checkDue;
            checkDue = true;
            if (!reported) { // otherwise the check that is due logs first that the block is over
                advancedAt(System.nanoTime());
            }
        }
        if (begins) {
            checkLater();
        }
    }

    /** The lane advances. An event loop may change its thread. */
    void tick() {
        thread = Thread.currentThread();
        ticks.incrementAndGet();
    }

    /** The check that is due does nothing, unless the ticker has started again by then. */
    synchronized void stop() {
        watching = false;
    }

    private void advancedAt(long nowNanos) {
        lastCheckNanos = nowNanos;
        blockedSinceNanos = nowNanos;
        seenTicks = ticks.get();
        reported = false;
    }

    private void checkLater() {
        WeakReference<LaneWatchdog> self = new WeakReference<>(this);
        CompletableFuture.delayedExecutor(periodNanos, TimeUnit.NANOSECONDS).execute(() -> {
            LaneWatchdog watchdog = self.get();
            if (watchdog != null && watchdog.check(System.nanoTime())) {
                watchdog.checkLater();
            }
        });
    }

    /**
     * Checks whether the lane has advanced. It logs outside the lock, because the lane may wait for the lock.
     *
     * @return whether to check again
     */
    boolean check(long nowNanos) {
        Thread watched = Objects.requireNonNull(thread);
        boolean again;
        boolean isOver;
        boolean isBlocked;
        long blockedNanos;
        synchronized (this) {
            boolean advanced = !watching || ticks.get() != seenTicks;
            again = watching && watched.isAlive();
            checkDue = again;
            if (nowNanos - lastCheckNanos > 2 * periodNanos) {
                // This thread was delayed, perhaps with the whole process. One period of that time counts.
                blockedSinceNanos += nowNanos - lastCheckNanos - periodNanos;
            }
            lastCheckNanos = nowNanos;
            blockedNanos = nowNanos - blockedSinceNanos;
            isOver = reported && advanced;
            isBlocked = !reported && !advanced && again && blockedNanos >= afterNanos;
            reported |= isBlocked;
            if (advanced) {
                advancedAt(nowNanos);
            }
        }
        long millis = TimeUnit.NANOSECONDS.toMillis(blockedNanos);
        if (isOver) {
            log.warn("lane {} moves again; it stood still for about {} ms", watched.getName(), millis);
        }
        if (isBlocked) {
            onBlocked.run();
            log.warn(
                    "lane {} stands still for {} ms and serves none of its clients: its thread is blocked",
                    watched.getName(),
                    millis,
                    new BlockedHere(watched));
        }
        return again;
    }

    /** Carries the stack of a thread, because the log prints the stacks of throwables. */
    private static final class BlockedHere extends Exception {
        private static final long serialVersionUID = 1L;

        BlockedHere(Thread where) {
            super("stack of thread " + where.getName(), null, false, true);
            setStackTrace(where.getStackTrace());
        }
    }
}
