package io.sluice.sse.hub.log;

import io.sluice.sse.history.History;
import io.sluice.sse.topic.OverflowPolicy;
import io.sluice.sse.topic.TopicPattern;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * The options of a hub that concern its log. Immutable.
 *
 * @param retention how much of what was published stays in memory
 * @param topics what holds for topics, by their names
 * @param conflation the bounds of the table of a topic that conflates
 * @param clocks what the log takes for the time
 * @param history where events go beyond memory; null if they stay in memory only
 */
public record LogOptions(
        Retention retention,
        TopicRules topics,
        ConflationBounds conflation,
        Clocks clocks,
        @Nullable HistoryOptions history) {

    /**
     * How much stays in memory.
     *
     * @param events events per topic
     * @param bytes bytes per topic
     * @param age age of an event
     * @param totalBytes bytes of all topics together
     */
    public record Retention(int events, long bytes, Duration age, long totalBytes) {}

    /**
     * What holds for topics.
     *
     * @param maxTopics how many there may be
     * @param overflow the overflow policy of a topic that no pattern matches
     * @param overflows overflow policies by pattern; the first match wins
     * @param conflated the topics of these patterns conflate
     */
    public record TopicRules(
            int maxTopics, OverflowPolicy overflow, List<PatternPolicy> overflows, List<TopicPattern> conflated) {

        /** Copies the lists. */
        public TopicRules {
            overflows = List.copyOf(overflows);
            conflated = List.copyOf(conflated);
        }
    }

    /** The topics of a pattern have this overflow policy. */
    public record PatternPolicy(TopicPattern pattern, OverflowPolicy policy) {}

    /**
     * The bounds of a conflation table.
     *
     * @param keys how many keys it holds
     * @param bytes how many bytes its entries have together
     */
    public record ConflationBounds(int keys, long bytes) {}

    /**
     * What the log takes for the time.
     *
     * @param nanos the monotonic clock by which events age
     * @param wall the time of day
     * @param timer runs delayed work
     */
    public record Clocks(LongSupplier nanos, InstantSource wall, Expirer.Timer timer) {}

    /**
     * Where events go beyond memory.
     *
     * @param store the history
     * @param queueBytes how many bytes may wait to be written to it
     */
    public record HistoryOptions(History store, long queueBytes) {}
}
