package io.sluice.sse.hub.log;

import io.sluice.sse.history.Eviction;
import io.sluice.sse.history.StoredTopic;

/**
 * The log of a topic whose hub has a history: the ring is its hot tail, and what has left the ring is still in the
 * history, or on its way there. So what the ring no longer has ({@link #floor}) and what was lost ({@link #lost}) are two
 * things here, as in a topic that conflates; but nobody copies from below the ring on a lane: it is read in pages.
 */
final class StoredLog extends TopicLog {

    /** Written under the hub's lock, before the history removes anything. */
    private volatile Floor lost;

    // Guarded by the hub's lock: what the history and the ring keep together.
    private int events;
    private long wireBytes;
    private long oldest;

    StoredLog(Floor floor) {
        super(floor);
        this.lost = floor;
    }

    // ---- the writer's side, under the hub's lock

    /** The topic is as it was when the hub was stopped; its ring is empty, and all of it is older than {@code nowNanos}. */
    void restore(StoredTopic stored, Floor floor, long nowNanos) {
        lost = floor;
        startAfter(stored.newest(), nowNanos);
        events = stored.events();
        wireBytes = stored.wireBytes();
        oldest = stored.oldest();
    }

    @Override
    void announce(LogEntry entry, LogBounds bounds) {
        if (events++ == 0) {
            oldest = entry.position;
        }
        wireBytes += entry.wire.length;
    }

    /** It is still in the history: no gap, and a chosen id stays taken. */
    @Override
    void evictOldestEntry(LogBounds bounds) {
        bounds.onLeftMemory(evictOldest(bounds.evictions()));
    }

    /**
     * The history lets events go; the ring does not outlive it.
     *
     * @param newOldest the position of the oldest event that stays, in the history or on its way there; 0 if none does
     */
    void evicted(Eviction eviction, Floor newLost, long newOldest, LogBounds bounds) {
        for (LogEntry entry = oldest(); entry != null && entry.position <= eviction.floor(); entry = oldest()) {
            evictOldestEntry(bounds);
        }
        lost = newLost;
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
    public Floor floorAsLeft() {
        return lost;
    }

    @Override
    public boolean isInHistorySince(long since) {
        return inHistory(0) > 0 && super.floorAsLeft().isLostSince(since);
    }

    // ---- the readers' side

    @Override
    long lost() {
        return lost.position();
    }

    @Override
    public boolean isGap(long at, long told) {
        return lost.isGap(at, told);
    }

    @Override
    public boolean hasPassed(long position) {
        return floor() > position;
    }

    @Override
    public long inHistory(long at) {
        long floor = floor();
        return floor > at && floor > lost() ? floor : 0;
    }

    @Override
    public boolean hasAfter(long position) {
        return super.hasAfter(position) || inHistory(position) > 0;
    }
}
