package io.sluice.sse.hub.lane;

import java.util.Arrays;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * The topics whose next event a later pass takes, ordered by the position of that event: a binary heap over {@link
 * TopicSubscribers#waitsFor}. Each topic is in it at most once. Confined to the lane.
 */
final class WaitingTopics {

    private @Nullable TopicSubscribers[] heap = new @Nullable TopicSubscribers[16];
    private int size;

    /** Adds a topic that is not in the heap. */
    void add(TopicSubscribers topic, long position) {
        if (size == heap.length) {
            heap = Arrays.copyOf(heap, size * 2);
        }
        topic.waitsFor = position;
        int at = size++;
        while (at > 0) {
            int parent = (at - 1) >>> 1;
            if (get(parent).waitsFor <= position) {
                break;
            }
            heap[at] = heap[parent];
            at = parent;
        }
        heap[at] = topic;
    }

    /** Removes the topic with the lowest position, if it is at most {@code limit}. Otherwise returns null. */
    @Nullable
    TopicSubscribers poll(long limit) {
        if (size == 0 || get(0).waitsFor > limit) {
            return null;
        }
        TopicSubscribers first = get(0);
        TopicSubscribers last = get(--size);
        heap[size] = null;
        if (size > 0) {
            siftDown(last);
        }
        first.waitsFor = 0;
        return first;
    }

    /** Puts the topic where the first one was, and then below each child with a lower position. */
    private void siftDown(TopicSubscribers topic) {
        int at = 0;
        for (int child = 1; child < size; child = 2 * at + 1) {
            if (child + 1 < size && get(child + 1).waitsFor < get(child).waitsFor) {
                child++;
            }
            if (get(child).waitsFor >= topic.waitsFor) {
                break;
            }
            heap[at] = heap[child];
            at = child;
        }
        heap[at] = topic;
    }

    private TopicSubscribers get(int index) {
        return Objects.requireNonNull(heap[index]);
    }

    /** Removes all topics. */
    void clear() {
        for (int i = 0; i < size; i++) {
            get(i).waitsFor = 0;
        }
        Arrays.fill(heap, 0, size, null);
        size = 0;
    }
}
