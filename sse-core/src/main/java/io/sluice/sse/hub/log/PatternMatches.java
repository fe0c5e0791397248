package io.sluice.sse.hub.log;

import io.sluice.sse.topic.TopicLimitException;
import io.sluice.sse.topic.TopicPattern;
import java.util.function.LongSupplier;

/**
 * How many topics the patterns of a hub include, each topic counted once for each pattern. Each costs a place in two
 * lists, and patterns multiply with topics, so the number has a bound of its own. Guarded by the hub's lock.
 */
final class PatternMatches {

    /** What one stream may have above the number of topics: its patterns may overlap that much. */
    static final int MAX_OVERLAP = 250_000;

    /**
     * How many topics new patterns may include in a second. Adding them takes the hub's lock and about 0.2 µs each, so
     * clients that come and go with large patterns use a tenth of the time under the lock.
     */
    static final long PER_SECOND = 500_000;

    /** What a new pattern may always include. Most patterns include fewer topics. */
    static final int SMALL = 100;

    /**
     * How many patterns of all streams one name may match. A new topic visits each of them under the hub's lock. Short
     * patterns are always accepted: not many of them can match one name.
     */
    static final int MAX_FOR_A_NAME = 128;

    /** A pattern with at most this many segments is short. At most 31 short patterns match one name. */
    static final int SHORT = 4;

    private static final long MIN_MAX = 1_000_000;
    private static final int PER_TOPIC = 4;

    private final LongSupplier clock;
    private final long max;
    private long count;
    /** How many more the patterns of the stream that subscribes now may have. */
    private long left;
    /** How many of them are free, even if the rate is used up. */
    private int small;
    /** What is left for all new patterns; {@link #refilledNanos} is the time of the last refill. */
    private double tokens = Double.MAX_VALUE;

    private long refilledNanos;

    PatternMatches(int maxTopics, LongSupplier clock) {
        this.max = Math.max(MIN_MAX, (long) PER_TOPIC * maxTopics);
        this.clock = clock;
        this.refilledNanos = clock.getAsLong();
    }

    /** A stream subscribes: its new patterns may include these topics once, and some of them again. */
    void beginStream(int topics) {
        left = (long) topics + MAX_OVERLAP;
        small = SMALL;
        long now = clock.getAsLong();
        double refilled = (now - refilledNanos) / 1e9 * PER_SECOND;
        tokens = Math.min(2.0 * left, tokens + refilled); // two streams with all that one may have, at once
        refilledNanos = now;
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
        if (tokens >= 1) {
            tokens--;
        } else if (--small < 0) {
            throw TopicLimitException.ofNewPatterns(PER_SECOND);
        }
    }

    /**
     * Checks a new pattern.
     *
     * @param overlap how many patterns can match the same name, the new one included
     * @throws TopicLimitException if these are too many
     */
    void requireOverlap(TopicPattern added, int overlap) {
        if (overlap > MAX_FOR_A_NAME && PatternSegments.of(added).length > SHORT) {
            throw TopicLimitException.ofOverlap(added.toString(), MAX_FOR_A_NAME);
        }
    }

    void add(int topics) {
        count += topics;
    }

    long count() {
        return count;
    }
}
