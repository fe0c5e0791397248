package io.sluice.sse.hub;

/**
 * How far a topic, or several, have let events go. Immutable.
 *
 * @param position that of the last evicted event: whoever stands below it has missed something
 * @param eviction its number among all evictions of the hub: whoever was told of a gap has been told of those so far
 */
record Floor(long position, long eviction) {

    /** Nothing was ever evicted. */
    static final Floor NONE = new Floor(0, 0);

    /** A floor for both: it may say a gap too much for somebody who was just told of one, but never one too few. */
    Floor max(Floor other) {
        return new Floor(Math.max(position, other.position), Math.max(eviction, other.eviction));
    }

    /** Whether somebody who stands at {@code at}, and was told of the evictions up to {@code told}, missed something. */
    boolean isGap(long at, long told) {
        return position > at && eviction > told;
    }
}
