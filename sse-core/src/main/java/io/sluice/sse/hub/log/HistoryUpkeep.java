package io.sluice.sse.hub.log;

import io.sluice.sse.history.History;
import java.time.Duration;

/**
 * What a history needs at intervals: committed events are forced to the disk, as the sync policy asks, and the store
 * maintains itself. Confined to the writer's thread.
 */
final class HistoryUpkeep {

    private static final long MAINTENANCE_NANOS = Duration.ofSeconds(1).toNanos();

    private final History history;
    private final boolean strict;
    private final long forceNanos;

    private long lastForcedNanos;
    private long lastMaintainedNanos;
    private boolean unforced;

    HistoryUpkeep(History history) {
        this.history = history;
        this.strict = history.sync().isStrict();
        Duration period = history.sync().period();
        this.forceNanos = period == null ? Long.MAX_VALUE : period.toNanos();
    }

    void start() {
        lastForcedNanos = System.nanoTime();
        lastMaintainedNanos = lastForcedNanos;
    }

    /** Commits what was appended. Forces it to the disk if the policy is strict, or if that is due. */
    void commit() {
        history.commit(strict);
        unforced = !strict;
        forceIfDue();
    }

    void forceIfDue() {
        long now = System.nanoTime();
        if (unforced && forceNanos < Long.MAX_VALUE && now - lastForcedNanos >= forceNanos) {
            history.commit(true);
            lastForcedNanos = now;
            unforced = false;
        }
    }

    /** Called after each batch too: the store must maintain itself even if the writer is never idle. */
    void maintainIfDue() {
        if (System.nanoTime() - lastMaintainedNanos >= MAINTENANCE_NANOS) {
            history.maintain();
            lastMaintainedNanos = System.nanoTime();
        }
    }

    /** How long an idle writer may sleep. */
    long idleNanos() {
        return unforced ? Math.min(MAINTENANCE_NANOS, forceNanos) : MAINTENANCE_NANOS;
    }
}
