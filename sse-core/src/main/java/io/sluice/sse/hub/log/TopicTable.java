package io.sluice.sse.hub.log;

import io.sluice.sse.topic.TopicLimitException;
import io.sluice.sse.topic.TopicPattern;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * Name → topic, and who listens by pattern. Patterns meet topics when somebody subscribes or a topic is born, never when
 * an event is published. Guarded by the hub's lock.
 */
public final class TopicTable {

    private final TopicOptions options;
    private final Map<String, Topic> topics = new HashMap<>();
    private final Map<TopicPattern, PatternTopics> patterns = new HashMap<>();
    private final PatternTrie patternTrie = new PatternTrie();
    private final TopicIndex index;
    private final RemovedTopicFloors forgottenFloors;

    TopicTable(TopicOptions options, TopicIndex index) {
        this.options = options;
        this.index = index;
        this.forgottenFloors = new RemovedTopicFloors(options);
    }

    public int size() {
        return topics.size();
    }

    public Collection<Topic> all() {
        return topics.values();
    }

    @Nullable
    public Topic find(String name) {
        return topics.get(name);
    }

    /** @throws TopicLimitException if it would be new and there is no place for it */
    public Topic getOrCreate(String name) {
        Topic topic = topics.get(name);
        if (topic != null) {
            return topic;
        }
        if (topics.size() >= options.maxTopics()) {
            throw new TopicLimitException(name, options.maxTopics());
        }
        topic = new Topic(name, forgottenFloors.take(name), options);
        topics.put(name, topic);
        Topic born = topic;
        patternTrie.forEachOf(name, pattern -> topicCreatedUnder(pattern, born));
        index.onCreated(born, hasPatterns());
        return born;
    }

    private static void topicCreatedUnder(PatternTopics pattern, Topic topic) {
        pattern.add(topic);
        for (PatternListener listener : pattern.listeners) {
            listener.topicCreated(topic);
        }
    }

    /** Forgets the topic if nothing is kept in it and nobody named it. */
    public void removeIfIdle(Topic topic) {
        if (topic.isRemoved() || !topic.isIdle()) {
            return;
        }
        topics.remove(topic.name);
        topic.setRemoved();
        forgottenFloors.put(topic.name, topic.log.floorAsLeft());
        index.onRemoved(hasPatterns());
        patternTrie.forEachOf(topic.name, pattern -> pattern.onRemoved(topic));
    }

    /**
     * Finds the topics of those patterns to which nobody listens yet; somebody does next. All patterns of a stream at once,
     * so that no more than one look at each topic is needed for them.
     */
    public void resolve(List<TopicPattern> wanted) {
        List<PatternTopics> unknown = new ArrayList<>();
        for (TopicPattern pattern : wanted) {
            if (!patterns.containsKey(pattern)) {
                unknown.add(new PatternTopics(pattern, forgottenFloors.of(pattern)));
            }
        }
        if (unknown.isEmpty()) {
            return;
        }
        index.resolve(unknown, topics.values());
        for (PatternTopics resolved : unknown) {
            patterns.put(resolved.pattern, resolved);
            patternTrie.add(resolved);
        }
    }

    /** The topics of a pattern that was resolved. */
    public PatternTopics resolved(TopicPattern pattern) {
        return Objects.requireNonNull(patterns.get(pattern));
    }

    /** Nobody listens to the pattern any more. */
    public void drop(PatternTopics pattern) {
        patterns.remove(pattern.pattern);
        patternTrie.remove(pattern);
    }

    /** Whether anybody listens by pattern. */
    boolean hasPatterns() {
        return !patterns.isEmpty();
    }

    /** For tests. */
    TopicIndex index() {
        return index;
    }

    /** For tests. */
    RemovedTopicFloors forgottenFloors() {
        return forgottenFloors;
    }
}
