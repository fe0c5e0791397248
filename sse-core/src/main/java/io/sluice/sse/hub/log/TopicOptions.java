package io.sluice.sse.hub.log;

import io.sluice.sse.topic.OverflowPolicy;
import io.sluice.sse.topic.TopicPattern;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * The options of a topic, by its name. Patterns are matched when a topic is created or removed, never when an event is
 * published or read. Immutable.
 */
final class TopicOptions {

    private final LogOptions.TopicRules rules;
    private final Conflation conflation;
    private final boolean stored;

    TopicOptions(LogOptions options, ReentrantLock hubLock) {
        this.rules = options.topics();
        this.conflation =
                new Conflation(options.conflation().keys(), options.conflation().bytes(), hubLock);
        this.stored = options.history() != null;
    }

    /** The policy of the first pattern that matches the topic, otherwise the policy of the hub. */
    OverflowPolicy overflow(String topic) {
        for (LogOptions.PatternPolicy each : rules.overflows()) {
            if (each.pattern().matches(topic)) {
                return each.policy();
            }
        }
        return rules.overflow();
    }

    /** The policy of topics whose names are not known any more. */
    OverflowPolicy overflow() {
        return rules.overflow();
    }

    int maxTopics() {
        return rules.maxTopics();
    }

    /** Whether the hub has a history beyond its memory. */
    boolean isStored() {
        return stored;
    }

    /**
     * Whether the topic is live-only, see {@link LogOptions.TopicRules}. Such a topic neither conflates nor is stored.
     */
    boolean isLiveOnly(String topic) {
        return rules.liveOnly() != null && rules.liveOnly().test(topic);
    }

    /** How the topic conflates, or null if it does not. */
    @Nullable
    Conflation conflation(String topic) {
        for (TopicPattern pattern : rules.conflated()) {
            if (pattern.matches(topic)) {
                return conflation;
            }
        }
        return null;
    }

    /**
     * How topics conflate.
     *
     * @param keys the maximum number of keys of a topic's table
     * @param bytes the maximum number of bytes of its entries
     * @param hubLock guards the table; readers of the table take it too
     */
    record Conflation(int keys, long bytes, ReentrantLock hubLock) {}
}
