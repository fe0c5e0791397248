package io.sluice.sse.hub.log;

/**
 * The log of a topic in a hub whose backplane keeps the sequence: the ring has the newest events. An event that has
 * left the ring can be read from the backplane until that has trimmed it. How far it has trimmed is known for the whole
 * sequence only ({@link TrimmedSequence}). So a client that stands before the trimmed position gets a gap if the ring
 * has evicted events after the client's position, although it may be that none of them was trimmed.
 */
final class BackplaneLog extends PagedLog {

    private final TrimmedSequence trimmed;

    /** What was removed on request: these events are lost, although the backplane still has them. */
    private volatile Floor removed;

    /**
     * @param removed the floor of the events that were removed on request
     * @param evicted the floor of the events that have left the ring
     */
    BackplaneLog(Floor removed, Floor evicted, TrimmedSequence trimmed) {
        super(evicted);
        this.removed = removed;
        this.trimmed = trimmed;
    }

    // ---- the writer's side, under the hub's lock

    /** A gap follows only if the backplane has trimmed the event already. */
    @Override
    void evictOldestEntry(LogBounds bounds) {
        boolean isLost = oldestPosition() <= trimmed.floor().position();
        bounds.onEvicted(evictOldest(bounds, isLost ? bounds.nextEviction() : bounds.evictions()));
    }

    @Override
    boolean evictUpTo(long position, int max, LogBounds bounds) {
        boolean isDone = super.evictUpTo(position, max, bounds);
        if (isDone && floor() > removed.position()) {
            removed = new Floor(floor(), bounds.nextEviction(), ringFloor().nanos());
        }
        return isDone;
    }

    @Override
    void beginAfter(Floor floor) {
        startAfter(floor.position(), floor.nanos());
    }

    @Override
    Floor lostFloor() {
        return removed;
    }

    @Override
    Floor evictedFloor() {
        return ringFloor();
    }

    @Override
    public boolean isLostSince(long since) {
        return removed.isLostSince(since) || (floor() > 0 && trimmed.floor().isLostSince(since));
    }

    @Override
    public boolean hasUncountedEvents() {
        return historyUpTo(0) > 0;
    }

    @Override
    public long oldestKeptAfter(long after) {
        long kept = Math.max(after, trimmed.floor().position());
        return after > 0 && floor() > kept ? kept + 1 : super.oldestKeptAfter(after);
    }

    // ---- the readers' side

    @Override
    long lostPosition() {
        return Math.max(removed.position(), Math.min(floor(), trimmed.floor().position()));
    }

    @Override
    public boolean isGap(long position, long reportedEvictions) {
        if (floor() <= position) {
            return false;
        }
        Floor gone = trimmed.floor();
        boolean isTrimmed = gone.position() > position && Math.max(gone.eviction(), lastEviction()) > reportedEvictions;
        return isTrimmed || removed.isGap(position, reportedEvictions);
    }
}
