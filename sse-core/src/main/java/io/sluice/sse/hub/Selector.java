package io.sluice.sse.hub;

import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * What a subscription listens to: topic names and patterns; and, if it has one of its own, its overflow policy.
 * Immutable, checked when it is made.
 */
public final class Selector {

    /** The most topics and patterns of one selector. */
    public static final int MAX_TERMS = 100;

    private final List<String> topics;
    private final List<TopicPattern> patterns;
    private final @Nullable OverflowPolicy overflow;

    private Selector(List<String> topics, List<TopicPattern> patterns, @Nullable OverflowPolicy overflow) {
        this.topics = topics;
        this.patterns = patterns;
        this.overflow = overflow;
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
        List<String> topics = new ArrayList<>(1);
        List<TopicPattern> patterns = new ArrayList<>(0);
        for (String term : new LinkedHashSet<>(terms)) {
            if (TopicPattern.isPattern(term)) {
                patterns.add(TopicPattern.of(term));
            } else {
                topics.add(TopicName.check(term));
            }
        }
        return new Selector(List.copyOf(topics), List.copyOf(patterns), null);
    }

    /** The same topics and patterns, for a subscription whose own policy this is: it beats those of the topics. */
    public Selector withOverflow(OverflowPolicy policy) {
        return new Selector(topics, patterns, Objects.requireNonNull(policy, "overflow"));
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
