package io.sluice.sse.hub.log;

import java.util.Arrays;

/**
 * Where a backplane has nothing in the middle of what it keeps, for example because another program has deleted
 * entries. A client that is served from the backplane gets a gap there. A client whose events are in memory misses
 * nothing. Immutable.
 */
final class Holes {

    /** Older ones are merged: a client before them gets its gap at once, even if an event before the hole is kept. */
    static final int MAX_HOLES = 64;

    static final Holes NONE = new Holes(new long[0], new long[0]);

    // In their order: each hole is after the position of its begin, up to and including the position of its end.
    private final long[] begins;
    private final long[] ends;

    private Holes(long[] begins, long[] ends) {
        this.begins = begins;
        this.ends = ends;
    }

    /** These holes and another one. Holes that touch are one. */
    Holes with(long begin, long end) {
        int before = 0; // how many are before it
        while (before < ends.length && ends[before] < begin) {
            before++;
        }
        int after = before; // the first one after it
        long first = begin;
        long last = end;
        while (after < begins.length && begins[after] <= end) {
            first = Math.min(first, begins[after]);
            last = Math.max(last, ends[after]);
            after++;
        }
        return new Holes(replaced(begins, before, after, first), replaced(ends, before, after, last)).bounded();
    }

    /** Without those that end at or before a position up to which the backplane keeps nothing: no client is there. */
    Holes withoutThoseUpTo(long trimmed) {
        int first = 0;
        while (first < ends.length && ends[first] <= trimmed) {
            first++;
        }
        if (first == 0) {
            return this;
        }
        return new Holes(
                Arrays.copyOfRange(begins, first, begins.length), Arrays.copyOfRange(ends, first, ends.length));
    }

    /** How many there are. */
    int count() {
        return ends.length;
    }

    private static long[] replaced(long[] all, int from, int to, long by) {
        long[] changed = new long[all.length - (to - from) + 1];
        System.arraycopy(all, 0, changed, 0, from);
        changed[from] = by;
        System.arraycopy(all, to, changed, from + 1, all.length - to);
        return changed;
    }

    private Holes bounded() {
        if (begins.length <= MAX_HOLES) {
            return this;
        }
        return new Holes(replaced(begins, 0, 2, 0), replaced(ends, 0, 2, ends[1]));
    }

    /**
     * Up to where the backplane has everything after {@code position}.
     *
     * @return at least {@code position}; {@link Long#MAX_VALUE} if no hole follows
     */
    long limitAfter(long position) {
        for (int i = 0; i < ends.length; i++) {
            if (ends[i] > position) {
                return Math.max(begins[i], position);
            }
        }
        return Long.MAX_VALUE;
    }

    /** The end of the hole in which {@code position} is; {@code position} if it is in none. */
    long after(long position) {
        for (int i = 0; i < ends.length; i++) {
            if (ends[i] > position) {
                return begins[i] <= position ? ends[i] : position;
            }
        }
        return position;
    }
}
