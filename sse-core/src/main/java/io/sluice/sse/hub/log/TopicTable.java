package io.sluice.sse.hub.log;

import io.sluice.sse.topic.TopicLimitException;
import io.sluice.sse.topic.TopicPattern;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * The topics of a hub by name, and the patterns that have subscribers. Patterns are matched when a client subscribes or
 * a topic is created or removed, never when an event is published. Guarded by the hub's lock.
 */
public final class TopicTable {

    private final TopicOptions options;
    private final ReentrantLock hubLock;
    private final Map<String, Topic> topics = new HashMap<>();
    private final Map<TopicPattern, PatternTopics> patterns = new HashMap<>();
    private final PatternTrie patternTrie = new PatternTrie();
    private final TopicIndex index;
    private final RemovedTopicFloors removedFloors;
    private final PatternMatches patternMatches;

    TopicTable(TopicOptions options, TopicIndex index, ReentrantLock hubLock) {
        this.options = options;
        this.hubLock = hubLock;
        this.index = index;
        this.removedFloors = new RemovedTopicFloors(options);
        this.patternMatches = new PatternMatches(options.maxTopics());
    }

    public int size() {
        return topics.size();
    }

    public Collection<Topic> all() {
        assert hubLock.isHeldByCurrentThread();
        return topics.values();
    }

    @Nullable
    public Topic find(String name) {
        assert hubLock.isHeldByCurrentThread();
        return topics.get(name);
    }

    /** @throws TopicLimitException if the topic does not exist and the hub has its maximum number of topics */
    public Topic getOrCreate(String name) {
        assert hubLock.isHeldByCurrentThread();
        Topic existing = topics.get(name);
        if (existing != null) {
            return existing;
        }
        if (topics.size() >= options.maxTopics()) {
            throw new TopicLimitException(name, options.maxTopics());
        }
        Topic topic = new Topic(name, removedFloors.take(name), options);
        topics.put(name, topic);
        patternTrie.forEachMatch(name, pattern -> pattern.onCreated(topic));
        index.onCreated(topic, hasPatterns());
        return topic;
    }

    /** Removes the topic if it keeps no event and no subscriber named it. */
    public void removeIfIdle(Topic topic) {
        assert hubLock.isHeldByCurrentThread();
        if (topic.isRemoved() || !topic.isIdle()) {
            return;
        }
        topics.remove(topic.name);
        topic.setRemoved();
        removedFloors.put(topic.name, topic.log.lostFloor());
        index.onRemoved(hasPatterns());
        patternTrie.forEachMatch(topic.name, pattern -> pattern.onRemoved(topic));
    }

    /**
     * Finds the topics of those patterns that have no subscribers yet. The caller then subscribes to them. It passes
     * all patterns of a stream at once, so that each topic is checked at most once for all of them.
     *
     * @throws TopicLimitException if the patterns include too many topics; nothing is changed then
     */
    public void resolve(List<TopicPattern> requested) {
        assert hubLock.isHeldByCurrentThread();
        List<PatternTopics> unresolved = new ArrayList<>();
        for (TopicPattern pattern : requested) {
            if (!patterns.containsKey(pattern)) {
                unresolved.add(new PatternTopics(pattern, removedFloors.matching(pattern), patternMatches));
            }
        }
        if (unresolved.isEmpty()) {
            return;
        }
        patternMatches.beginStream(topics.size());
        try {
            index.resolve(unresolved, topics.values());
        } catch (RuntimeException | Error e) {
            unresolved.forEach(PatternTopics::dropped);
            throw e;
        }
        for (PatternTopics resolved : unresolved) {
            patterns.put(resolved.pattern(), resolved);
            patternTrie.add(resolved);
        }
    }

    /** The topics of a pattern that was resolved. */
    public PatternTopics resolved(TopicPattern pattern) {
        assert hubLock.isHeldByCurrentThread();
        return Objects.requireNonNull(patterns.get(pattern));
    }

    /** Removes a pattern that has no subscribers any more. */
    public void drop(PatternTopics pattern) {
        assert hubLock.isHeldByCurrentThread();
        patterns.remove(pattern.pattern());
        patternTrie.remove(pattern);
        pattern.dropped();
    }

    /** Whether any pattern has subscribers. */
    boolean hasPatterns() {
        return !patterns.isEmpty();
    }

    /** For tests. */
    PatternMatches patternMatches() {
        return patternMatches;
    }

    /** For tests. */
    TopicIndex index() {
        return index;
    }

    /** The floors of removed topics. */
    RemovedTopicFloors removedFloors() {
        return removedFloors;
    }
}
