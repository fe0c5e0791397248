package io.sluice.sse.hub;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.PriorityQueue;

/** Selects a page of many values without sorting all of them: a heap keeps the smallest that were seen. */
final class SmallestFirst {

    private SmallestFirst() {}

    /**
     * Returns the smallest values in order. Most values cost one comparison, however many there are.
     *
     * @param limit how many values to return at most; at least 1
     */
    static <T> List<T> select(Iterable<T> values, Comparator<? super T> order, int limit) {
        PriorityQueue<T> smallest = new PriorityQueue<>(order.reversed());
        for (T value : values) {
            if (smallest.size() < limit) {
                smallest.add(value);
            } else if (order.compare(value, smallest.element()) < 0) {
                smallest.remove();
                smallest.add(value);
            }
        }
        List<T> page = new ArrayList<>(smallest);
        page.sort(order);
        return page;
    }
}
