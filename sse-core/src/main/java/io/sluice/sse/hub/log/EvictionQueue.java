package io.sluice.sse.hub.log;

import java.util.PriorityQueue;
import org.jspecify.annotations.Nullable;

/**
 * Finds what holds the oldest entry of all: of the rings, or of the tables of topics that conflate. A heap whose ranks may
 * lag behind: an oldest position only rises, so a stale rank is a lower bound, and it is enough to put a holder right when
 * it comes to the top. Appending costs nothing for a holder that is in the heap already. Guarded by the hub's lock.
 */
final class EvictionQueue<T extends EvictionQueue.Ranked> {

    /** Holds entries. */
    abstract static class Ranked {

        /** The position under which it stands in the heap, at most that of its oldest entry. */
        long rank;

        boolean ranked;

        /** The oldest entry that is held here, or null. */
        @Nullable
        abstract LogEntry oldest();
    }

    private final PriorityQueue<T> heap = new PriorityQueue<>((a, b) -> Long.compare(a.rank, b.rank));

    /** Says that {@code holder} has entries, the oldest of them at {@code position} or later. */
    void add(T holder, long position) {
        if (!holder.ranked) {
            holder.ranked = true;
            holder.rank = position;
            heap.add(holder);
        }
    }

    /** The holder of the oldest entry of all; null if nothing is kept. */
    @Nullable
    T first() {
        for (T top = heap.peek(); top != null; top = heap.peek()) {
            LogEntry oldest = top.oldest();
            if (oldest != null && oldest.position == top.rank) {
                return top;
            }
            heap.poll();
            top.ranked = false;
            if (oldest != null) {
                add(top, oldest.position);
            }
        }
        return null;
    }
}
