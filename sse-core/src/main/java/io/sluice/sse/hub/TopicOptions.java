package io.sluice.sse.hub;

import java.util.List;
import java.util.concurrent.locks.Lock;
import org.jspecify.annotations.Nullable;

/**
 * What the hub's options say about a topic of some name. Patterns are matched when a topic is born or forgotten, never
 * when an event is published or read. Immutable.
 */
final class TopicOptions {

    /** The topics of a pattern have this policy. */
    record OverflowOf(TopicPattern pattern, OverflowPolicy policy) {}

    private final List<OverflowOf> overflows;
    private final OverflowPolicy otherwise;
    private final List<TopicPattern> conflated;
    private final Conflation conflation;
    private final boolean stored;

    TopicOptions(HubBuilder options, Lock hubLock) {
        this.overflows = List.copyOf(options.overflows);
        this.otherwise = options.overflow;
        this.conflated = List.copyOf(options.conflated);
        this.conflation = new Conflation(options.conflationKeys, options.conflationBytes, hubLock);
        this.stored = options.history != null;
    }

    /** The policy of the first pattern that stands for the topic, else the hub's. */
    OverflowPolicy overflow(String topic) {
        for (OverflowOf each : overflows) {
            if (each.pattern.matches(topic)) {
                return each.policy;
            }
        }
        return otherwise;
    }

    /** The policy of topics of which nothing is known, not even the name. */
    OverflowPolicy overflow() {
        return otherwise;
    }

    /** Whether the hub has a history beyond its rings. */
    boolean isStored() {
        return stored;
    }

    /** How the topic conflates, or null if it does not. */
    @Nullable
    Conflation conflation(String topic) {
        for (TopicPattern pattern : conflated) {
            if (pattern.matches(topic)) {
                return conflation;
            }
        }
        return null;
    }

    /**
     * How topics conflate.
     *
     * @param keys how many keys a topic's table holds at the most
     * @param bytes how many bytes its entries may have together
     * @param hubLock guards the table; its readers take it too
     */
    record Conflation(int keys, long bytes, Lock hubLock) {}
}
