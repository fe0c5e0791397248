package io.sluice.sse.hub.log;

/**
 * The low-water mark of one topic or of several: the last event that was lost by eviction. Immutable.
 *
 * @param position the position of that event: a client at a lower position has missed events
 * @param eviction the number of its eviction in the hub: it makes no new gap for a client to which that number was
 *     already reported
 * @param nanos when that event was published, by the hub's clock: a client that requests events since an earlier time
 *     has missed events
 */
record Floor(long position, long eviction, long nanos) {

    /** No event was ever evicted. */
    static final Floor NONE = new Floor(0, 0, 0);

    /** One floor that covers both. It may cause a superfluous gap soon after another gap, but never hides one. */
    Floor max(Floor other) {
        Floor higher = position >= other.position ? this : other;
        return new Floor(higher.position, Math.max(eviction, other.eviction), higher.nanos);
    }

    /**
     * Whether a client has missed events.
     *
     * @param at the position of the client
     * @param reportedEvictions the evictions up to this number were already reported to the client
     */
    boolean isGap(long at, long reportedEvictions) {
        return position > at && eviction > reportedEvictions;
    }

    /** Whether an event that was published at or after {@code since}, by the hub's clock, was lost. */
    boolean isLostSince(long since) {
        return position > 0 && nanos - since >= 0;
    }
}
