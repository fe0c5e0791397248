package io.sluice.sse.topic;

import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * What a subscription listens to: topic names and patterns; and, where it has them, a filter, an overflow policy of its own,
 * and whether events come in an envelope.
 * Immutable, checked when it is made.
 */
public final class Selector {

    /** The most topics and patterns of one selector. */
    public static final int MAX_TERMS = 100;

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
    public static Selector of(String... terms) {
        return of(List.of(terms));
    }

    /**
     * A selector of these names and patterns; one given twice counts once.
     *
     * @throws IllegalArgumentException if there is none, if there are more than {@link #MAX_TERMS}, or if one breaks a
     *     rule of {@link TopicName} or {@link TopicPattern}
     */
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
        return new Selector(List.copyOf(topics), List.copyOf(patterns));
    }

    /** The same topics and patterns, for a subscription whose own policy this is: it beats those of the topics. */
    public Selector withOverflow(OverflowPolicy policy) {
        return new Selector(topics, patterns, Objects.requireNonNull(policy, "overflow"), filter, enveloped);
    }

    /**
     * The same topics and patterns, but only what {@code newFilter} lets through. It replaces a filter that this selector has.
     *
     * <p>What a topic lets go before the client has read it is a gap, whether the filter would have let it through or not:
     * nobody asks a filter about what is no longer there. {@link StartPosition#replay} counts events before the filter, too.
     */
    public Selector filtered(EventFilter newFilter) {
        return new Selector(topics, patterns, overflow, Objects.requireNonNull(newFilter, "filter"), enveloped);
    }

    /**
     * The same topics and patterns, for a client that wants to be told each event's topic: id and name of the event stay,
     * and its data become one line of JSON, {@code {"topic":"orders/7","data":"…the data as a string…"}}. Of an event in
     * several of its topics it is told the one whose name comes first. What is no event of a topic (gaps, heartbeats, the
     * end of a stream, direct sends) comes without.
     */
    public Selector withEnvelope() {
        return new Selector(topics, patterns, overflow, filter, true);
    }

    /** The filter; null if there is none. */
    public @Nullable EventFilter filter() {
        return filter;
    }

    /** Whether events come in an envelope. */
    public boolean isEnveloped() {
        return enveloped;
    }

    /** Whether it has this topic, by name or by pattern. */
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

    /** The subscription's own overflow policy; null if the topics' holds. */
    public @Nullable OverflowPolicy overflow() {
        return overflow;
    }

    /** The topics named outright. */
    public List<String> topics() {
        return topics;
    }

    /** The patterns. */
    public List<TopicPattern> patterns() {
        return patterns;
    }

    /** Names and patterns as text. */
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
