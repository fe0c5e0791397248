package io.sluice.sse.hub.log;

import io.sluice.sse.topic.TopicLimitException;

/**
 * Counts the topics of a hub that keep no event: they are there for subscribers that named them, and are removed with
 * the last of these. They do not take the place of topics with events, so clients that subscribe to many names cannot
 * stop publishers. They have bounds of their own. Guarded by the hub's lock.
 */
final class SubscribedTopics {

    /** Their bytes may be this part of the bytes of the hub. */
    private static final int PART_OF_TOTAL = 4;

    private static final long MIN_MAX_BYTES = 1 << 20;

    private final int maxOfLargeStreams;
    private final long maxBytes;
    private int count;
    private long bytes;

    SubscribedTopics(int maxTopics, long maxTotalBytes) {
        this.maxOfLargeStreams = maxTopics - maxTopics / 4;
        this.maxBytes = Math.max(MIN_MAX_BYTES, maxTotalBytes / PART_OF_TOTAL);
    }

    /**
     * @param isLarge whether the stream names many topics; a quarter of the topics is left for the other streams
     * @param topics how many topics the hub has
     */
    void requireRoomFor(String name, boolean isLarge, int topics) {
        if (isLarge && topics >= maxOfLargeStreams) {
            throw TopicLimitException.ofLargeStream(name, topics);
        }
        if (bytes + cost(name) > maxBytes) {
            throw TopicLimitException.ofSubscribedTopics(name, maxBytes);
        }
    }

    void add(Topic topic) {
        count++;
        bytes += cost(topic.name);
    }

    void remove(Topic topic) {
        count--;
        bytes -= cost(topic.name);
    }

    int count() {
        return count;
    }

    private static int cost(String name) {
        return LogBounds.TOPIC_BYTES + name.length();
    }
}
