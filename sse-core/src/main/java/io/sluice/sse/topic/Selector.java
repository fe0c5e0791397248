package io.sluice.sse.topic;

import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * What a client subscribes to: topic names and patterns. A selector may also have a filter, its own overflow policy,
 * and the option that events are sent in an envelope. Immutable.
 */
public final class Selector {

    /** The maximum number of topics and patterns of one selector. */
    public static final int MAX_TERMS = 1_000;

    /**
     * The maximum number of patterns of one selector. A pattern may include every topic of the hub, so it costs more
     * than a name.
     */
    public static final int MAX_PATTERNS = 100;

    private final List<String> topics;
    private final List<TopicPattern> patterns;
    private final @Nullable OverflowPolicy overflow;
    private final @Nullable EventFilter filter;
    private final boolean enveloped;

    private Selector(
            List<String> topics,
            List<TopicPattern> patterns,
            @Nullable OverflowPolicy overflow,
            @Nullable EventFilter filter,
            boolean enveloped) {
        this.topics = topics;
        this.patterns = patterns;
        this.overflow = overflow;
        this.filter = filter;
        this.enveloped = enveloped;
    }

    private Selector(List<String> topics, List<TopicPattern> patterns) {
        this(topics, patterns, null, null, false);
    }

    /** As {@link #of(Collection)}. */
    @CheckReturnValue
    public static Selector of(String... terms) {
        return of(List.of(terms));
    }

    /**
     * A selector of these names and patterns. Duplicates are removed.
     *
     * @throws IllegalArgumentException if there is no term, if there are more than {@link #MAX_TERMS} terms or more
     *     than {@link #MAX_PATTERNS} patterns, or if one breaks a rule of {@link TopicPattern}
     */
    @CheckReturnValue
    public static Selector of(Collection<String> terms) {
        if (terms.isEmpty()) {
            throw new IllegalArgumentException("no topic: at least one topic or pattern is needed");
        }
        if (terms.size() > MAX_TERMS) {
            throw new IllegalArgumentException(
                    terms.size() + " topics and patterns: at most " + MAX_TERMS + " are allowed on one stream");
        }
        if (terms.size() == 1) {
            String term = terms.iterator().next();
            return TopicPattern.isPattern(term)
                    ? new Selector(List.of(), List.of(TopicPattern.of(term)))
                    : new Selector(List.of(TopicName.check(term)), List.of());
        }
        List<String> topics = new ArrayList<>(terms.size());
        List<TopicPattern> patterns = new ArrayList<>();
        for (String term : new LinkedHashSet<>(terms)) {
            if (TopicPattern.isPattern(term)) {
                patterns.add(TopicPattern.of(term));
            } else {
                topics.add(TopicName.check(term));
            }
        }
        if (patterns.size() > MAX_PATTERNS) {
            throw new IllegalArgumentException(
                    patterns.size() + " patterns: at most " + MAX_PATTERNS + " are allowed on one stream");
        }
        return new Selector(List.copyOf(topics), List.copyOf(patterns));
    }

    /**
     * Returns the same selector with its own overflow policy, which takes precedence over the policies of the topics.
     */
    @CheckReturnValue
    public Selector withOverflow(OverflowPolicy policy) {
        return new Selector(topics, patterns, Objects.requireNonNull(policy, "overflow"), filter, enveloped);
    }

    /**
     * Returns the same selector with this filter. It replaces the filter that this selector may have.
     *
     * <p>An event that a topic evicts before it was written to the client is a gap, even if the filter would have
     * rejected it: a filter cannot be called for an event that is no longer kept. {@link StartPosition#replay} counts
     * the events before they are filtered.
     */
    @CheckReturnValue
    public Selector filtered(EventFilter newFilter) {
        return new Selector(topics, patterns, overflow, Objects.requireNonNull(newFilter, "filter"), enveloped);
    }

    /**
     * Returns the same selector for a client that needs the topic of each event. The event keeps its id and name, and
     * its data become one line of JSON: {@code {"topic":"orders/7","data":"…the data as a string…"}}. If an event is in
     * several topics of the client, the topic whose name sorts first is sent. Gaps, heartbeats, the end of a stream and
     * direct sends are not events of a topic and have no envelope.
     */
    @CheckReturnValue
    public Selector withEnvelope() {
        return new Selector(topics, patterns, overflow, filter, true);
    }

    /** The filter; null if there is none. */
    public @Nullable EventFilter filter() {
        return filter;
    }

    /** Whether events are sent in an envelope. */
    public boolean isEnveloped() {
        return enveloped;
    }

    /** Whether this selector includes the topic, by name or by pattern. */
    public boolean matches(String topic) {
        if (topics.contains(topic)) {
            return true;
        }
        for (TopicPattern pattern : patterns) {
            if (pattern.matches(topic)) {
                return true;
            }
        }
        return false;
    }

    /** The selector's own overflow policy; null if the policies of the topics apply. */
    public @Nullable OverflowPolicy overflow() {
        return overflow;
    }

    /** The topic names, without the patterns. */
    public List<String> topics() {
        return topics;
    }

    /** The patterns. */
    public List<TopicPattern> patterns() {
        return patterns;
    }

    /** The topic names and patterns as text. */
    public List<String> terms() {
        List<String> terms = new ArrayList<>(topics);
        patterns.forEach(pattern -> terms.add(pattern.toString()));
        return terms;
    }

    @Override
    public String toString() {
        return String.join(",", terms());
    }
}
