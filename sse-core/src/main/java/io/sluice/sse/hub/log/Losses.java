package io.sluice.sse.hub.log;

import java.util.Arrays;

/**
 * Where events of whatever topic may be lost, in a hub that shares its sequence with other nodes. A client that passes
 * such a position gets a gap there. Immutable.
 */
final class Losses {

    /** Older ones are merged: a client before them gets its gap at once, even if an event before the loss is kept. */
    static final int MAX_POSITIONS = 64;

    static final Losses NONE = new Losses(0, 0, new long[0], 0);

    /** Clients at position 0 have connected before the sequence began. They have missed what is up to this position. */
    private final long begin;

    private final long merged;
    private final long[] positions;
    /** When the last loss was found, by the hub's clock. */
    private final long nanos;

    private Losses(long begin, long merged, long[] positions, long nanos) {
        this.begin = begin;
        this.merged = merged;
        this.positions = positions;
        this.nanos = nanos;
    }

    /** These losses, of a sequence that begins after this position. */
    Losses begunAfter(long position) {
        return new Losses(position, merged, positions, nanos);
    }

    /** These losses, and one of the events up to a position that is higher than all before. */
    Losses with(long position, long foundNanos) {
        if (position <= last()) {
            return this;
        }
        boolean isFull = positions.length == MAX_POSITIONS;
        long[] all = Arrays.copyOfRange(positions, isFull ? 1 : 0, positions.length + 1);
        all[all.length - 1] = position;
        return new Losses(begin, isFull ? positions[0] : merged, all, foundNanos);
    }

    /** The last position up to which events may be lost; 0 if none are. */
    long last() {
        return positions.length == 0 ? Math.max(begin, merged) : positions[positions.length - 1];
    }

    /**
     * Up to where a client at {@code position} can be sent events before its next gap.
     *
     * @return at least {@code position}; {@link Long#MAX_VALUE} if no gap follows
     */
    long limitAfter(long position) {
        if (isStale(position)) {
            return position;
        }
        for (long each : positions) {
            if (each > position) {
                return each - 1;
            }
        }
        return Long.MAX_VALUE;
    }

    /** The position at which a client is after the gap that follows its position. */
    long after(long position) {
        if (isStale(position)) {
            return Math.max(merged, position == 0 ? begin : 0);
        }
        long limit = limitAfter(position);
        return limit == Long.MAX_VALUE ? position : limit + 1;
    }

    private boolean isStale(long position) {
        return position < merged || (position == 0 && begin > 0);
    }

    boolean isLostSince(long since) {
        return (positions.length > 0 || merged > 0) && nanos - since >= 0;
    }
}
