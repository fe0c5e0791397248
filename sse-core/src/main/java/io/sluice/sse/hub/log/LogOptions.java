package io.sluice.sse.hub.log;

import io.sluice.sse.history.History;
import io.sluice.sse.topic.OverflowPolicy;
import io.sluice.sse.topic.TopicPattern;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import java.util.function.LongSupplier;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * The options of a hub that concern its log. Immutable.
 *
 * @param retention how many events stay in memory
 * @param topics the rules for topics, by their names
 * @param conflation the bounds of the table of a topic that conflates
 * @param clocks the clocks and the timer
 * @param history the history beyond memory; null if events stay in memory only
 * @param isKeptByBackplane whether a backplane keeps events that have left the memory of this hub
 */
public record LogOptions(
        Retention retention,
        TopicRules topics,
        ConflationBounds conflation,
        Clocks clocks,
        @Nullable HistoryOptions history,
        boolean isKeptByBackplane) {

    /**
     * The maxima of what stays in memory.
     *
     * @param events the events of a topic
     * @param bytes the bytes of a topic
     * @param age the age of an event
     * @param totalBytes the bytes of all topics together
     */
    public record Retention(int events, long bytes, Duration age, long totalBytes) {}

    /**
     * The rules for topics.
     *
     * @param maxTopics the maximum number of topics
     * @param overflow the overflow policy of a topic for which no pattern has another one
     * @param byPattern the options of topics by pattern; the first pattern that matches a topic wins
     * @param liveOnly whether a topic of this name is live-only: a new client gets only what is published after it has
     *     begun, and no history stores the topic. Null if the hub has no such topics
     */
    public record TopicRules(
            int maxTopics,
            OverflowPolicy overflow,
            List<TopicRule> byPattern,
            @Nullable Predicate<String> liveOnly) {

        /** Copies the list. */
        public TopicRules {
            byPattern = List.copyOf(byPattern);
        }
    }

    /**
     * The options of the topics of a pattern. What is null is as for the other topics of the hub.
     *
     * @param events the maximum number of events of a topic
     * @param bytes the maximum number of bytes of a topic
     * @param age the maximum age of an event
     * @param overflow the overflow policy
     * @param conflates whether the topics conflate
     */
    public record TopicRule(
            TopicPattern pattern,
            @Nullable Integer events,
            @Nullable Long bytes,
            @Nullable Duration age,
            @Nullable OverflowPolicy overflow,
            boolean conflates) {}

    /**
     * The bounds of a conflation table.
     *
     * @param keys the maximum number of keys
     * @param bytes the maximum number of bytes of its entries
     */
    public record ConflationBounds(int keys, long bytes) {}

    /**
     * The clocks and the timer of the log.
     *
     * @param nanos the monotonic clock by which events age
     * @param wall the time of day
     * @param timer runs delayed work
     */
    public record Clocks(LongSupplier nanos, InstantSource wall, Expirer.Timer timer) {}

    /**
     * The history beyond memory.
     *
     * @param store the history
     * @param queueBytes the maximum number of bytes that wait to be written to it
     */
    public record HistoryOptions(History store, long queueBytes) {}
}
