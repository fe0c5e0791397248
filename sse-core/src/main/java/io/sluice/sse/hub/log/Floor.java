package io.sluice.sse.hub.log;

/**
 * How far a topic, or several, have let events go. Immutable.
 *
 * @param position that of the last evicted event: whoever stands below it has missed something
 * @param eviction its number among all evictions of the hub: whoever was told of a gap has been told of those so far
 * @param nanos when that event was published, by the hub's clock: whoever asks for what came since has missed something
 */
public record Floor(long position, long eviction, long nanos) {

    /** Nothing was ever evicted. */
    static final Floor NONE = new Floor(0, 0, 0);

    /** A floor for both: it may say a gap too much for somebody who was just told of one, but never one too few. */
    Floor max(Floor other) {
        Floor higher = position >= other.position ? this : other;
        return new Floor(higher.position, Math.max(eviction, other.eviction), higher.nanos);
    }

    /** Whether somebody who stands at {@code at}, and was told of the evictions up to {@code told}, missed something. */
    boolean isGap(long at, long told) {
        return position > at && eviction > told;
    }

    /** Whether an event that was published at {@code since} or later, by the hub's clock, was lost. */
    public boolean isLostSince(long since) {
        return position > 0 && nanos - since >= 0;
    }
}
