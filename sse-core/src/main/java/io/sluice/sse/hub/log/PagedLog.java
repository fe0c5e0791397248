package io.sluice.sse.hub.log;

/**
 * The log of a topic whose events are still kept elsewhere when they leave the ring. So two values differ here: what
 * the ring no longer has ({@link #floor}) and what was lost ({@link #lostPosition}). A lane copies only from the ring.
 * Older events are read in pages ({@link PastEvents}).
 */
abstract sealed class PagedLog extends TopicLog permits BackplaneLog, StoredLog {

    PagedLog(Floor floor) {
        super(floor);
    }

    @Override
    abstract long lostPosition();

    @Override
    abstract Floor lostFloor();

    @Override
    public final long lapPosition() {
        return floor();
    }

    @Override
    public final long historyUpTo(long position) {
        long floor = floor();
        return floor > position && floor > lostPosition() ? floor : 0;
    }

    @Override
    public final boolean isInHistorySince(long since) {
        return historyUpTo(0) > 0 && ringFloor().isLostSince(since);
    }

    @Override
    public final boolean hasAfter(long position) {
        return super.hasAfter(position) || historyUpTo(position) > 0;
    }
}
