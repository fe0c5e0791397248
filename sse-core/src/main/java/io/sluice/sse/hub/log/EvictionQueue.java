package io.sluice.sse.hub.log;

import java.util.PriorityQueue;
import org.jspecify.annotations.Nullable;

/**
 * Finds the holder of the oldest entry, among rings or among conflation tables. It is a heap with lazy ranks: the
 * position of a holder's oldest entry only rises, so an outdated rank is a lower bound. The rank is corrected when the
 * holder comes to the top. So an append costs nothing for a holder that is in the heap already. Guarded by the hub's
 * lock.
 */
final class EvictionQueue<T extends EvictionQueue.Holder> {

    /** Holds entries: a topic with its ring, or a conflation table. */
    abstract static class Holder {

        /** The rank in the heap: a position that is not higher than that of the oldest entry. */
        long rank;

        boolean inHeap;

        /** The position of the oldest entry of this holder; 0 if it has none. */
        abstract long oldestPosition();
    }

    private final PriorityQueue<T> heap = new PriorityQueue<>((a, b) -> Long.compare(a.rank, b.rank));

    /** Adds a holder, unless it is in the heap already. Its oldest entry is at or after {@code position}. */
    void add(T holder, long position) {
        if (!holder.inHeap) {
            holder.inHeap = true;
            holder.rank = position;
            heap.add(holder);
        }
    }

    /** The holder of the oldest entry; null if no holder has an entry. */
    @Nullable
    T first() {
        for (T top = heap.peek(); top != null; top = heap.peek()) {
            long oldest = top.oldestPosition();
            if (oldest > 0 && oldest == top.rank) {
                return top;
            }
            heap.poll();
            top.inHeap = false;
            if (oldest > 0) {
                add(top, oldest);
            }
        }
        return null;
    }
}
