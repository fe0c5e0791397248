package io.sluice.sse.topic;

import io.sluice.sse.Event;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Objects;

/**
 * An event with its topics and recipients, for {@code Hub.publish} and {@code Hub.publishAll}. Immutable.
 *
 * <p>An event that is published to several topics is still one event. It has one position in the sequence and one id,
 * and a client that subscribes to more than one of the topics receives it once. Each topic keeps the event within its
 * own bounds.
 *
 * @param topics one to {@link #MAX_TOPICS} topic names; duplicates are removed
 * @param event an event with data
 * @param recipients the subscribers that receive the event
 * @param last whether this is the last event of its topics, which end with it
 */
public record Publication(List<String> topics, Event event, Recipients recipients, boolean last) {

    /** The maximum number of topics of one publication. */
    public static final int MAX_TOPICS = 100;

    /**
     * Checks the topic names.
     *
     * @throws IllegalArgumentException if there is no topic, if there are too many topics, or if a name breaks a rule
     *     of {@link TopicPattern#checkName}
     */
    public Publication {
        for (String topic : Objects.requireNonNull(topics, "topics")) {
            Objects.requireNonNull(topic, "topic");
        }
        topics = List.copyOf(topics.size() == 1 ? topics : new LinkedHashSet<>(topics)); // no copy of a List.of
        if (topics.isEmpty() || topics.size() > MAX_TOPICS) {
            throw new IllegalArgumentException("topics: " + topics.size() + " (expected: 1 to " + MAX_TOPICS + ")");
        }
        for (String topic : topics) {
            TopicName.check(topic);
        }
        Objects.requireNonNull(event, "event");
        Objects.requireNonNull(recipients, "recipients");
    }

    /** An event that does not end its topics. */
    public Publication(List<String> topics, Event event, Recipients recipients) {
        this(topics, event, recipients, false);
    }

    /** An event for every subscriber of one topic. */
    public Publication(String topic, Event event) {
        this(List.of(Objects.requireNonNull(topic, "topic")), event, Recipients.everybody());
    }

    /** An event for every subscriber of at least one of these topics. */
    @CheckReturnValue
    public static Publication of(Event event, String... topics) {
        return new Publication(Arrays.asList(Objects.requireNonNull(topics, "topics")), event, Recipients.everybody());
    }

    /** An event for every subscriber of at least one of these topics. */
    @CheckReturnValue
    public static Publication of(Event event, Collection<String> topics) {
        return new Publication(
                new ArrayList<>(Objects.requireNonNull(topics, "topics")), event, Recipients.everybody());
    }

    /** Returns the same publication for these recipients only. */
    @CheckReturnValue
    public Publication to(Recipients others) {
        return new Publication(topics, event, others, last);
    }

    /**
     * Returns the same publication as the last one of its topics: they end with it, see {@code Hub.end}. Several
     * publications of a batch may end topics. None of them may follow the end of its own topic.
     */
    @CheckReturnValue
    public Publication asLast() {
        return new Publication(topics, event, recipients, true);
    }

    /** The first topic. */
    public String topic() {
        return topics.get(0);
    }
}
