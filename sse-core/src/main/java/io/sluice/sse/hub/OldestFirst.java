package io.sluice.sse.hub;

import java.util.PriorityQueue;
import org.jspecify.annotations.Nullable;

/**
 * Finds the topic that holds the hub's oldest entry. A heap whose ranks may lag behind: a topic's oldest position only
 * rises, so a stale rank is a lower bound, and it is enough to put a topic right when it comes to the top. Appending
 * costs nothing for a topic that is in the heap already. Guarded by the hub's lock.
 */
final class OldestFirst {

    private final PriorityQueue<Topic> heap = new PriorityQueue<>((a, b) -> Long.compare(a.rank, b.rank));

    /** Says that {@code topic} has entries, the oldest of them at {@code position} or later. */
    void add(Topic topic, long position) {
        if (!topic.ranked) {
            topic.ranked = true;
            topic.rank = position;
            heap.add(topic);
        }
    }

    /** The topic with the oldest entry of all; null if nothing is kept. */
    @Nullable
    Topic first() {
        for (Topic top = heap.peek(); top != null; top = heap.peek()) {
            LogEntry oldest = top.log.oldest();
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
