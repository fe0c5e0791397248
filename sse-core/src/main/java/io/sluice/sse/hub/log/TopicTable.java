package io.sluice.sse.hub.log;

import io.sluice.sse.topic.TopicLimitException;
import io.sluice.sse.topic.TopicPattern;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Consumer;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * The topics of a hub by name, and the patterns that have subscribers. Patterns are matched when a client subscribes or
 * a topic is created or removed, never when an event is published. Guarded by the hub's lock.
 */
public final class TopicTable {

    private static final int MAX_SETTLED_CHECKS = 64;

    private final TopicOptions options;
    private final ReentrantLock hubLock;
    private final Map<String, Topic> topics = new HashMap<>();
    private final Map<TopicPattern, PatternTopics> patterns = new HashMap<>();
    private final PatternTrie patternTrie = new PatternTrie();
    private final TopicIndex index;
    private final RemovedTopicFloors removedFloors;
    /** The floors of what has left the memory and is not lost with that; used with a backplane only. */
    private final RemovedTopicFloors evictedFloors;
    /** Events up to this floor were never in memory; used as the floors before it. */
    private Floor begin = Floor.NONE;

    private final SubscribedTopics subscribed;
    private final EndedTopics endedTopics;
    private final PatternMatches patternMatches;

    /**
     * The topics that keep nothing but the latest events of keys, all of them older than the age of events: those that
     * were published to last come last. Nothing else evicts them, so they are evicted when the hub has too many topics.
     */
    private final LinkedHashSet<Topic> settled = new LinkedHashSet<>();

    private Consumer<Topic> evictor = topic -> {};

    TopicTable(TopicOptions options, TopicIndex index, ReentrantLock hubLock, LongSupplier clock) {
        this.options = options;
        this.hubLock = hubLock;
        this.index = index;
        this.removedFloors = new RemovedTopicFloors(options);
        this.evictedFloors = new RemovedTopicFloors(options);
        this.subscribed = new SubscribedTopics(options.maxTopics(), options.maxTotalBytes());
        this.endedTopics = new EndedTopics(options.maxTopics(), options.maxTotalBytes());
        this.patternMatches = new PatternMatches(options.maxTopics(), clock);
    }

    public int size() {
        return topics.size();
    }

    public Collection<Topic> all() {
        assert hubLock.isHeldByCurrentThread();
        return topics.values();
    }

    /** Whether a topic of this name is live-only, whether it exists or not. */
    boolean isLiveOnly(String name) {
        return options.isLiveOnly(name);
    }

    /** Whether a topic of this name conflates, whether it exists or not. */
    boolean conflates(String name) {
        return options.conflates(name);
    }

    @Nullable
    public Topic find(String name) {
        assert hubLock.isHeldByCurrentThread();
        return topics.get(name);
    }

    /**
     * The topic of an event that is published. Topics that are there for their subscribers only do not count.
     *
     * @throws TopicLimitException if the hub has its maximum number of topics with events, none of which can be evicted
     */
    public Topic getOrCreate(String name) {
        assert hubLock.isHeldByCurrentThread();
        Topic existing = topics.get(name);
        if (existing != null && existing.isPublished()) {
            return existing;
        }
        if (hasMaximum() && !evictSettled()) {
            throw new TopicLimitException(name, options.maxTopics());
        }
        if (existing != null) {
            subscribed.remove(existing);
        }
        Topic topic = existing == null ? create(name) : existing;
        topic.setPublished(true);
        return topic;
    }

    /**
     * The topic that a stream names.
     *
     * @param isLarge whether the stream names many topics, so that the last free ones are not for it
     * @throws TopicLimitException if the topic does not exist, and the hub has its maximum number of topics, or of
     *     bytes of topics that are there for their subscribers only
     */
    public Topic getOrCreateForSubscriber(String name, boolean isLarge) {
        assert hubLock.isHeldByCurrentThread();
        Topic existing = topics.get(name);
        if (existing != null) {
            return existing;
        }
        if (topics.size() >= options.maxTopics() && !evictSettled()) {
            throw new TopicLimitException(name, options.maxTopics());
        }
        subscribed.requireRoomFor(name, isLarge, topics.size());
        Topic topic = create(name);
        subscribed.add(topic);
        return topic;
    }

    private Topic create(String name) {
        RemovedTopicFloors.Removed before = removedFloors.take(name);
        // A topic that conflates loses what it evicts. Only events from before the begin of the hub can be read again.
        Floor evicted =
                options.conflates(name) ? begin : evictedFloors.take(name).floor();
        Topic topic = new Topic(name, before, evicted, options);
        topic.setEnded(endedTopics.contains(name));
        boolean stateReturns = before.stateLost() && before.isKnown();
        topics.put(name, topic);
        patternTrie.forEachMatch(name, pattern -> pattern.onCreated(topic, stateReturns));
        index.onCreated(topic, hasPatterns());
        return topic;
    }

    /** The topic gets an event. An earlier event of the same batch may have left it without one. */
    void markPublished(Topic topic) {
        if (!topic.isPublished()) {
            subscribed.remove(topic);
            topic.setPublished(true);
        }
    }

    private boolean hasMaximum() {
        return topics.size() - subscribed.count() >= options.maxTopics();
    }

    /** @throws TopicLimitException if {@link #getOrCreate} could not create the topic now */
    void requireRoomFor(String name) {
        assert hubLock.isHeldByCurrentThread();
        Topic existing = topics.get(name);
        if (hasMaximum() && settled.isEmpty() && (existing == null || !existing.isPublished())) {
            throw new TopicLimitException(name, options.maxTopics());
        }
    }

    /** @param evictAll evicts what a topic keeps, at least in part */
    void evictWith(Consumer<Topic> evictAll) {
        evictor = evictAll;
    }

    /** The ring of the topic has become empty by the age of its events. */
    void setSettled(Topic topic) {
        if (!topic.isRemoved() && topic.log.keptEvents() > 0) {
            settled.add(topic);
        }
    }

    /** An event is published to the topic. */
    void setActive(Topic topic) {
        settled.remove(topic);
    }

    /**
     * Evicts the settled topic that nobody has published to for the longest time, unless a subscriber named it. The
     * work is bounded: a topic with very many keys is evicted by several calls.
     *
     * @return whether a topic was removed
     */
    private boolean evictSettled() {
        for (int i = Math.min(settled.size(), MAX_SETTLED_CHECKS); i > 0; i--) {
            Topic topic = settled.iterator().next();
            if (topic.isPinned() || topic.hasExactSubscribers()) {
                settled.remove(topic); // to the end: the others are more likely to be removable
                settled.add(topic);
                continue;
            }
            evictor.accept(topic);
            removeIfIdle(topic);
            return topic.isRemoved();
        }
        return false;
    }

    /**
     * Evicts what the topic holds up to {@code position}, on request: at most {@code max} entries. A topic that is
     * empty then, and that no subscriber named, is removed.
     *
     * @return whether nothing up to that position is left
     */
    boolean clear(String name, long position, int max, LogBounds bounds) {
        assert hubLock.isHeldByCurrentThread();
        Topic topic = topics.get(name);
        if (topic == null) {
            return true;
        }
        boolean isDone = topic.log.evictUpTo(position, max, bounds);
        if (isDone) {
            topic.log.forgetLostState(); // what is lost on request is not missed by a later client
        }
        removeIfIdle(topic);
        return isDone;
    }

    /** The topics that have ended. */
    EndedTopics ended() {
        assert hubLock.isHeldByCurrentThread();
        return endedTopics;
    }

    /** The last event of the topic was published. */
    void setEnded(Topic topic, long position, long nanos) {
        topic.setEnded(true);
        addEnd(topic.name, position, nanos);
    }

    /** The topic has ended before a restart. It is created later, if it keeps events. */
    void restoreEnd(String name, long position, long nanos) {
        if (!isLiveOnly(name)) {
            addEnd(name, position, nanos);
        }
    }

    private void addEnd(String name, long position, long nanos) {
        assert hubLock.isHeldByCurrentThread();
        EndedTopics.End forgotten =
                endedTopics.add(new EndedTopics.End(name, position, nanos + options.endAgeNanos(name)));
        if (forgotten != null) {
            onEndForgotten(forgotten.topic());
        }
    }

    /**
     * Forgets that a topic has ended: its name is new again. Its subscribers stay, and get what is published to it.
     *
     * @return whether it had ended
     */
    boolean forgetEnd(String name) {
        assert hubLock.isHeldByCurrentThread();
        boolean hadEnded = endedTopics.remove(name);
        if (hadEnded) {
            onEndForgotten(name);
        }
        return hadEnded;
    }

    private void onEndForgotten(String name) {
        Topic topic = topics.get(name);
        if (topic != null) {
            topic.setEnded(false);
        }
    }

    /** Removes the topic if it keeps no event and no subscriber named it. */
    public void removeIfIdle(Topic topic) {
        assert hubLock.isHeldByCurrentThread();
        if (topic.isRemoved() || topic.log.keptEvents() > 0) {
            return;
        }
        if (topic.hasExactSubscribers()) {
            if (topic.isPublished() && !topic.isPinned()) {
                topic.setPublished(false);
                subscribed.add(topic);
            }
            return;
        }
        if (!topic.isPublished()) {
            subscribed.remove(topic);
        }
        topics.remove(topic.name);
        topic.setRemoved();
        settled.remove(topic);
        removedFloors.put(topic.name, topic.log.lostFloor(), topic.isStateLost());
        evictedFloors.put(topic.name, topic.log.evictedFloor(), false);
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
                PatternTopics found = new PatternTopics(
                        pattern, removedFloors.matching(pattern), removedFloors.stateLost(pattern), patternMatches);
                if (options.trimmed() != null) {
                    found.keptByBackplane(options.trimmed(), evictedFloors.matching(pattern));
                }
                unresolved.add(found);
            }
        }
        if (unresolved.isEmpty()) {
            return;
        }
        patternMatches.beginStream(topics.size());
        int added = 0;
        try {
            for (PatternTopics pattern : unresolved) {
                patternTrie.add(pattern);
                added++;
                patternMatches.requireOverlap(pattern.pattern(), patternTrie.overlap());
            }
            index.resolve(unresolved, topics.values());
        } catch (RuntimeException | Error e) {
            unresolved.subList(0, added).forEach(patternTrie::remove);
            unresolved.forEach(PatternTopics::dropped);
            throw e;
        }
        unresolved.forEach(resolved -> patterns.put(resolved.pattern(), resolved));
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
    PatternTrie patternTrie() {
        return patternTrie;
    }

    /** For tests. */
    TopicIndex index() {
        return index;
    }

    /** The floors of removed topics. */
    RemovedTopicFloors removedFloors() {
        return removedFloors;
    }

    /**
     * Events up to this floor, of whatever topic, were never in memory: lost, unless the backplane keeps them. Clients
     * may have subscribed to topics before.
     */
    void beginAfter(Floor floor) {
        if (options.trimmed() == null) {
            removedFloors.putOthers(floor);
            return;
        }
        begin = floor;
        evictedFloors.putOthers(floor);
        topics.values().forEach(topic -> topic.log.beginAfter(floor));
        patterns.values().forEach(pattern -> pattern.beginAfter(options.overflow(), floor));
    }
}
