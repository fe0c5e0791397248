package io.sluice.sse.hub.log;

import io.sluice.sse.history.Eviction;
import io.sluice.sse.history.StoredTopic;

/**
 * The log of a topic in a hub that has a history: the ring has the newest events. An event that has left the ring is
 * still in the history, or in the writer's queue.
 */
final class StoredLog extends PagedLog {

    // Written under the hub's lock, before the history removes anything. Read anywhere.
    private volatile Floor lostFloor;

    // Guarded by the hub's lock: what history and ring keep together.
    private int events;
    private long wireBytes;
    private long oldest;

    StoredLog(Floor floor) {
        super(floor);
        this.lostFloor = floor;
    }

    // ---- the writer's side, under the hub's lock

    /** Restores the topic after a restart. Its ring is empty, and all its events are older than {@code nowNanos}. */
    void restore(StoredTopic stored, Floor floor, long nowNanos) {
        lostFloor = floor;
        startAfter(stored.newest(), nowNanos);
        events = stored.events();
        wireBytes = stored.wireBytes();
        oldest = stored.oldest();
    }

    @Override
    void beforeAppend(LogEntry entry, LogBounds bounds) {
        if (events++ == 0) {
            oldest = entry.position;
        }
        wireBytes += entry.wire.length;
    }

    /** The event is still in the history: this is no gap, and an id that its publisher chose stays in use. */
    @Override
    void evictOldestEntry(LogBounds bounds) {
        bounds.onLeftMemory(evictOldest(bounds, bounds.evictions()));
    }

    /**
     * The history evicts events. The ring evicts them too, if it still has them.
     *
     * @param newOldest the position of the oldest event that remains in the history or in the writer's queue; 0 if none
     *     does
     */
    void onHistoryEviction(Eviction eviction, Floor newLostFloor, long newOldest, LogBounds bounds) {
        while (size() > 0 && oldestPosition() <= eviction.floor()) {
            evictOldestEntry(bounds);
        }
        lostFloor = newLostFloor;
        events -= eviction.events();
        wireBytes -= eviction.wireBytes();
        oldest = newOldest;
        eviction.publisherIds().forEach(bounds::removePublisherId);
    }

    @Override
    public int keptEvents() {
        return events;
    }

    @Override
    public long keptBytes() {
        return wireBytes + (long) events * LogEntry.OVERHEAD_BYTES;
    }

    @Override
    public long oldestKeptPosition() {
        return oldest;
    }

    @Override
    public long newestKeptPosition() {
        LogEntry newest = newest();
        if (newest != null) {
            return newest.position;
        }
        return events == 0 ? 0 : floor();
    }

    @Override
    Floor lostFloor() {
        return lostFloor;
    }

    // ---- the readers' side

    @Override
    long lostPosition() {
        return lostFloor.position();
    }

    @Override
    public boolean isGap(long position, long reportedEvictions) {
        return lostFloor.isGap(position, reportedEvictions);
    }
}
