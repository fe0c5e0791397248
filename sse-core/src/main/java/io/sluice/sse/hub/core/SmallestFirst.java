package io.sluice.sse.hub.core;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.PriorityQueue;

/**
 * Selects the smallest of many values without sorting all of them: a heap keeps the smallest that were offered. Most
 * values cost one comparison, however many there are. For one thread.
 */
public final class SmallestFirst<T> {

    private final Comparator<? super T> order;
    private final int limit;
    /** The greatest value first: it makes room for a smaller one. */
    private final PriorityQueue<T> kept;

    /** @param limit how many values to keep at most; at least 1 */
    public SmallestFirst(Comparator<? super T> order, int limit) {
        this.order = order;
        this.limit = limit;
        this.kept = new PriorityQueue<>(order.reversed());
    }

    /** Keeps a value, unless {@code limit} smaller ones were offered. */
    public void offer(T value) {
        if (kept.size() < limit) {
            kept.add(value);
        } else if (order.compare(value, kept.element()) < 0) {
            kept.remove();
            kept.add(value);
        }
    }

    /** The smallest values that were offered, in order. */
    public List<T> selected() {
        List<T> page = new ArrayList<>(kept);
        page.sort(order);
        return page;
    }
}
