package io.sluice.sse.hub.lane;

import java.lang.ref.WeakReference;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Notices that a lane stands still, because an observer, a route or a handler of somebody blocks its thread, and says so
 * with that thread's stack: once when it has lasted for {@link LaneOptions#blockedLaneAfter}, and once when it is over.
 *
 * <p>It asks nothing of the lane: the ticks of {@link LaneTicker} move while the lane does, and are looked at from another
 * thread, the JDK's for delayed work. So a lane is watched while it has sinks. Between two looks nothing holds the lane
 * but a weak reference; the looks end when the ticker stops, the lane's thread ends, or the lane is collected.
 *
 * <p>{@link #start}, {@link #tick} and {@link #stop} are called on the lane.
 */
final class LaneWatchdog {

    private static final Logger log = LoggerFactory.getLogger(HubLane.class);
    private static final long SHORTEST_NANOS = 5_000_000;

    private final HubLane lane;
    private final long afterNanos;
    private final long periodNanos;

    // Written on the lane.
    private volatile @Nullable Thread thread;
    private final AtomicLong ticks = new AtomicLong();

    // Guarded by this.
    private boolean watching;
    private boolean lookDue;
    private long lastLookNanos;
    private long seenTicks;
    private long standsSinceNanos;
    private boolean reported;

    /** @param tickNanos how often the lane ticks when nothing holds it up */
    LaneWatchdog(HubLane lane, long tickNanos) {
        this.lane = lane;
        long after = lane.options().blockedLaneAfter().toNanos();
        // A look between two ticks has seen nothing yet.
        this.afterNanos = after == 0 ? 0 : Math.max(after, 2 * tickNanos);
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
            begins = !lookDue;
            lookDue = true;
            if (!reported) { // else the look that is due says first that it is over
                standsFrom(System.nanoTime());
            }
        }
        if (begins) {
            lookLater();
        }
    }

    /** The lane moves. An event loop may change its thread. */
    void tick() {
        thread = Thread.currentThread();
        ticks.incrementAndGet();
    }

    /** The look that is due finds nothing to do, unless the ticker has started again by then. */
    synchronized void stop() {
        watching = false;
    }

    private void standsFrom(long nowNanos) {
        lastLookNanos = nowNanos;
        standsSinceNanos = nowNanos;
        seenTicks = ticks.get();
        reported = false;
    }

    private void lookLater() {
        WeakReference<LaneWatchdog> self = new WeakReference<>(this);
        CompletableFuture.delayedExecutor(periodNanos, TimeUnit.NANOSECONDS).execute(() -> {
            LaneWatchdog watch = self.get();
            if (watch != null && watch.look(System.nanoTime())) {
                watch.lookLater();
            }
        });
    }

    /**
     * Looks whether the lane has moved. What it says is said without the lock, for which the lane may wait.
     *
     * @return whether to look again
     */
    boolean look(long nowNanos) {
        Thread watched = Objects.requireNonNull(thread);
        boolean again;
        boolean isOver;
        boolean isBlocked;
        long standsNanos;
        synchronized (this) {
            boolean moved = !watching || ticks.get() != seenTicks;
            again = watching && watched.isAlive();
            lookDue = again;
            if (nowNanos - lastLookNanos > 2 * periodNanos) {
                // We were held up ourselves, perhaps with the whole process: of that time one look counts.
                standsSinceNanos += nowNanos - lastLookNanos - periodNanos;
            }
            lastLookNanos = nowNanos;
            standsNanos = nowNanos - standsSinceNanos;
            isOver = reported && moved;
            isBlocked = !reported && !moved && again && standsNanos >= afterNanos;
            reported |= isBlocked;
            if (moved) {
                standsFrom(nowNanos);
            }
        }
        long millis = TimeUnit.NANOSECONDS.toMillis(standsNanos);
        if (isOver) {
            log.warn("lane {} moves again; it stood still for about {} ms", watched.getName(), millis);
        }
        if (isBlocked) {
            lane.core().counters().addBlockedLane();
            log.warn(
                    "lane {} stands still for {} ms, and with it all its clients: something blocks its thread",
                    watched.getName(),
                    millis,
                    new Blocked(watched));
        }
        return again;
    }

    /** Where a thread is: for the log, which prints stacks of throwables. */
    private static final class Blocked extends Exception {
        private static final long serialVersionUID = 1L;

        Blocked(Thread where) {
            super("thread " + where.getName() + " is here", null, false, true);
            setStackTrace(where.getStackTrace());
        }
    }
}
