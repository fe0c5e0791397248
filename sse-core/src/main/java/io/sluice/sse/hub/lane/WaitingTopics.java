package io.sluice.sse.hub.lane;

import java.util.Comparator;
import java.util.PriorityQueue;
import org.jspecify.annotations.Nullable;

/**
 * The topics whose next event a later pass takes, ordered by the position of that event ({@link
 * TopicSubscribers#waitsFor}). Each topic is in it at most once. Confined to the lane.
 */
final class WaitingTopics {

    private final PriorityQueue<TopicSubscribers> queue =
            new PriorityQueue<>(Comparator.comparingLong(topic -> topic.waitsFor));

    /** Adds a topic that does not wait yet. */
    void add(TopicSubscribers topic, long position) {
        topic.waitsFor = position;
        queue.add(topic);
    }

    /** Removes the topic with the lowest position, if it is at most {@code limit}. Otherwise returns null. */
    @Nullable
    TopicSubscribers poll(long limit) {
        TopicSubscribers first = queue.peek();
        if (first == null || first.waitsFor > limit) {
            return null;
        }
        queue.remove();
        first.waitsFor = 0;
        return first;
    }

    /** Removes all topics. */
    void clear() {
        queue.forEach(topic -> topic.waitsFor = 0);
        queue.clear();
    }
}
