package io.sluice.sse.hub.log;

import io.sluice.sse.topic.OverflowPolicy;
import io.sluice.sse.topic.TopicPattern;
import java.util.concurrent.locks.Lock;
import org.jspecify.annotations.Nullable;

/**
 * What the hub's options say about a topic of some name. Patterns are matched when a topic is created or removed, never
 * when an event is published or read. Immutable.
 */
final class TopicOptions {

    private final LogOptions.TopicRules rules;
    private final Conflation conflation;
    private final boolean stored;

    TopicOptions(LogOptions options, Lock hubLock) {
        this.rules = options.topics();
        this.conflation =
                new Conflation(options.conflation().keys(), options.conflation().bytes(), hubLock);
        this.stored = options.history() != null;
    }

    /** The policy of the first pattern that matches the topic, else the hub's. */
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

    /** Whether the hub has a history beyond its rings. */
    boolean isStored() {
        return stored;
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
     * @param keys how many keys a topic's table holds at most
     * @param bytes how many bytes its entries may have together
     * @param hubLock guards the table; its readers take it too
     */
    record Conflation(int keys, long bytes, Lock hubLock) {}
}
