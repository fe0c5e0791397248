package io.sluice.sse.hub.log;

import io.sluice.sse.topic.TopicLimitException;

/**
 * How many topics the patterns of a hub include, each topic counted once for each pattern. Each costs a place in two
 * lists, and patterns multiply with topics, so the number has a bound of its own. Guarded by the hub's lock.
 */
final class PatternMatches {

    /** What one stream may have above the number of topics: its patterns may overlap that much. */
    static final int MAX_OVERLAP = 250_000;

    private static final long MIN_MAX = 1_000_000;
    private static final int PER_TOPIC = 4;

    private final long max;
    private long count;
    /** How many more the patterns of the stream that subscribes now may have. */
    private long left;

    PatternMatches(int maxTopics) {
        this.max = Math.max(MIN_MAX, (long) PER_TOPIC * maxTopics);
    }

    /** A stream subscribes: its new patterns may include these topics once, and some of them again. */
    void beginStream(int topics) {
        left = (long) topics + MAX_OVERLAP;
    }

    /**
     * A pattern of the stream includes another topic.
     *
     * @throws TopicLimitException if these are too many
     */
    void requireRoom() {
        if (left-- <= 0) {
            throw TopicLimitException.ofPatterns("this stream", MAX_OVERLAP);
        }
        if (count >= max) {
            throw TopicLimitException.ofPatterns("all streams together", max);
        }
    }

    void add(int topics) {
        count += topics;
    }

    long count() {
        return count;
    }
}
