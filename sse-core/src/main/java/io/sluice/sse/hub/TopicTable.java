package io.sluice.sse.hub;

import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Name → topic, and who listens by pattern. Patterns meet topics when somebody subscribes or a topic is born, never when
 * an event is published. Guarded by the hub's lock.
 */
final class TopicTable {

    private static final String ANY = "*";

    private final int maxTopics;
    private final TopicOptions options;
    private final Map<String, Topic> topics = new HashMap<>();
    private final Map<TopicPattern, PatternTopics> patterns = new HashMap<>();
    /** The same patterns by their first segment, so that a birth looks only at those that can match. */
    private final Map<String, List<PatternTopics>> patternsByFirstSegment = new HashMap<>();

    private final ForgottenFloors forgottenFloors;

    TopicTable(int maxTopics, TopicOptions options) {
        this.maxTopics = maxTopics;
        this.options = options;
        this.forgottenFloors = new ForgottenFloors(options);
    }

    int size() {
        return topics.size();
    }

    Collection<Topic> all() {
        return topics.values();
    }

    @Nullable
    Topic find(String name) {
        return topics.get(name);
    }

    /** @throws TopicLimitException if it would be new and there is no place for it */
    Topic findOrBear(String name) {
        Topic topic = topics.get(name);
        if (topic != null) {
            return topic;
        }
        if (topics.size() >= maxTopics) {
            throw new TopicLimitException(name, maxTopics);
        }
        topic = new Topic(name, forgottenFloors.take(name), options);
        topics.put(name, topic);
        bornUnder(firstSegment(name), topic);
        bornUnder(ANY, topic);
        return topic;
    }

    private void bornUnder(String firstSegment, Topic topic) {
        for (PatternTopics pattern : patternsByFirstSegment.getOrDefault(firstSegment, List.of())) {
            if (pattern.pattern.matches(topic.name)) {
                pattern.add(topic);
                for (Audience.OfPattern audience : pattern.audiences) {
                    topic.listenOn(audience.lane).add(audience);
                }
            }
        }
    }

    /** Forgets the topic if nothing is kept in it and nobody named it. */
    void forgetIfIdle(Topic topic) {
        if (topic.isForgotten() || !topic.isIdle()) {
            return;
        }
        topics.remove(topic.name);
        topic.setForgotten();
        forgottenFloors.put(topic.name, topic.log.floorAsLeft());
        for (String segment : List.of(firstSegment(topic.name), ANY)) {
            for (PatternTopics pattern : patternsByFirstSegment.getOrDefault(segment, List.of())) {
                if (pattern.pattern.matches(topic.name)) {
                    pattern.forgot(topic);
                }
            }
        }
    }

    /** The topics of a pattern, looked for among all topics if nobody listens to it yet. */
    PatternTopics findOrResolve(TopicPattern pattern) {
        PatternTopics known = patterns.get(pattern);
        if (known != null) {
            return known;
        }
        PatternTopics resolved = new PatternTopics(pattern, forgottenFloors.of(pattern));
        for (Topic topic : topics.values()) {
            if (pattern.matches(topic.name)) {
                resolved.add(topic);
            }
        }
        patterns.put(pattern, resolved);
        patternsByFirstSegment
                .computeIfAbsent(firstSegment(pattern), segment -> new ArrayList<>(1))
                .add(resolved);
        return resolved;
    }

    /** Nobody listens to the pattern any more. */
    void drop(PatternTopics pattern) {
        patterns.remove(pattern.pattern);
        String segment = firstSegment(pattern.pattern);
        List<PatternTopics> peers = patternsByFirstSegment.get(segment);
        if (peers != null && peers.remove(pattern) && peers.isEmpty()) {
            patternsByFirstSegment.remove(segment);
        }
    }

    private static String firstSegment(String name) {
        int slash = name.indexOf('/');
        return slash < 0 ? name : name.substring(0, slash);
    }

    private static String firstSegment(TopicPattern pattern) {
        String first = firstSegment(pattern.toString());
        return first.indexOf('*') >= 0 ? ANY : first;
    }

    /** For tests. */
    ForgottenFloors forgottenFloors() {
        return forgottenFloors;
    }
}
