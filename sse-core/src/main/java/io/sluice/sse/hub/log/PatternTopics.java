package io.sluice.sse.hub.log;

import io.sluice.sse.topic.OverflowPolicy;
import io.sluice.sse.topic.TopicPattern;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * The topics that match a pattern. They are searched once, when the pattern gets its first subscriber, and updated as
 * topics are created and removed. Changed under the hub's lock. A lane may call {@link #list} and {@link #isGap}
 * without it.
 */
public final class PatternTopics {

    /**
     * An append-only list of topics, some of which may have been removed from the hub. It is replaced when it must
     * grow, or when many of its topics were removed.
     */
    public static final class TopicList {
        private final @Nullable Topic[] array;
        private volatile int size;

        TopicList(int capacity) {
            array = new @Nullable Topic[capacity];
        }

        public int size() {
            return size;
        }

        public Topic get(int index) {
            return Objects.requireNonNull(array[index]);
        }
    }

    private final TopicPattern pattern;
    private final PatternMatches matches;
    private final List<PatternListener> listeners = new ArrayList<>(1);

    // Written under the hub's lock, read anywhere.
    private volatile TopicList list = new TopicList(8);
    /** The highest floors of removed topics. A reader reads them after the topics, see {@link #isGap}. */
    private volatile Floors removedFloors;
    /** The same for live-only topics, whose events a later client does not miss. */
    private volatile Floors removedLiveFloors = Floors.NONE;

    /** What a backplane has trimmed, if it keeps what the rings evict; otherwise null. */
    private @Nullable TrimmedSequence trimmed;
    /** With a backplane: the highest floors of what removed topics have evicted. The backplane may keep it. */
    private volatile Floors evictedFloors = Floors.NONE;

    /** How many removed topics have lost the latest event of a key. Guarded by the hub's lock. */
    private int removedStateLost;

    /** How many topics of the list were removed from the hub. Guarded by the hub's lock. */
    private int removed;

    PatternTopics(TopicPattern pattern, Floors removedFloors, int removedStateLost, PatternMatches matches) {
        this.pattern = pattern;
        this.matches = matches;
        this.removedStateLost = removedStateLost;
        this.removedFloors = removedFloors;
    }

    /** Called before the pattern has subscribers. */
    void keptByBackplane(TrimmedSequence newTrimmed, Floors evicted) {
        trimmed = newTrimmed;
        evictedFloors = evicted;
    }

    /** As {@link TopicTable#beginAfter}, for topics with this policy. */
    void beginAfter(OverflowPolicy policy, Floor floor) {
        evictedFloors = evictedFloors.max(policy, floor);
    }

    public TopicPattern pattern() {
        return pattern;
    }

    // ---- changes, under the hub's lock

    public void addListener(PatternListener listener) {
        listeners.add(listener);
    }

    public void removeListener(PatternListener listener) {
        listeners.remove(listener);
    }

    public boolean hasListeners() {
        return !listeners.isEmpty();
    }

    /**
     * A topic that matches was created.
     *
     * @param returns whether it is a removed topic that has lost state, and is known by its name
     */
    void onCreated(Topic topic, boolean returns) {
        removedStateLost -= returns ? 1 : 0; // the topic itself has lost it from now on
        add(topic);
        for (PatternListener listener : listeners) {
            listener.topicCreated(topic);
        }
    }

    /**
     * A topic matches, for a stream that subscribes.
     *
     * @throws io.sluice.sse.topic.TopicLimitException if the stream has too many
     */
    void addResolved(Topic topic) {
        matches.requireRoom();
        add(topic);
    }

    void add(Topic topic) {
        matches.add(1);
        TopicList current = list;
        if (current.size == current.array.length) {
            current = copyOf(current);
            list = current;
        }
        int last = current.size;
        current.array[last] = topic;
        current.size = last + 1; // this volatile write publishes the topic; only one thread at a time has the lock
    }

    /** A topic that matches was removed. It stays in the list until more than half of the list was removed. */
    void onRemoved(Topic topic) {
        removedStateLost += topic.isStateLost() ? 1 : 0;
        if (topic.isLiveOnly) {
            removedLiveFloors = removedLiveFloors.max(topic.overflow(), topic.log.lostFloor());
        } else {
            removedFloors = removedFloors.max(topic.overflow(), topic.log.lostFloor());
            Floor evicted = topic.log.evictedFloor();
            if (evicted.position() > 0) {
                evictedFloors = evictedFloors.max(topic.overflow(), evicted);
            }
        }
        // After the floor: a reader that no longer finds the topic then finds its floor.
        if (++removed > list.size / 2) {
            int before = list.size;
            list = copyOf(list);
            matches.add(list.size - before);
            removed = 0;
        }
    }

    /** The pattern has no subscribers any more. */
    void dropped() {
        matches.add(-list.size);
    }

    private static TopicList copyOf(TopicList old) {
        int alive = 0;
        for (int i = 0; i < old.size; i++) {
            alive += old.get(i).isRemoved() ? 0 : 1;
        }
        TopicList copy = new TopicList(Math.max(8, alive * 2));
        int filled = 0;
        for (int i = 0; i < old.size; i++) {
            if (!old.get(i).isRemoved()) {
                copy.array[filled++] = old.get(i);
            }
        }
        copy.size = filled;
        return copy;
    }

    // ---- reads

    /** All topics that match, and perhaps topics that were removed meanwhile. */
    public TopicList list() {
        return list;
    }

    /** As {@link StartBounds#isGap}, for all topics that match, including removed ones. */
    public boolean isGap(long position, long reportedEvictions, StartBounds bounds) {
        // The topics first: a topic that is removed meanwhile is found here, or its floor is found below.
        TopicList topics = list;
        for (int i = 0; i < topics.size; i++) {
            if (bounds.isGap(topics.get(i), position, reportedEvictions)) {
                return true;
            }
        }
        return removedFloors.isGap(position, reportedEvictions)
                || (isTrimmed(position) && evictedFloors.isGap(position, evictionsBefore(reportedEvictions)))
                || removedLiveFloors.isGap(Math.max(position, bounds.live()), reportedEvictions);
    }

    private boolean isTrimmed(long position) {
        return trimmed != null && trimmed.floor().position() > position;
    }

    /**
     * What a removed topic has evicted is lost when the backplane trims it. An event that is evicted later is lost at
     * its eviction: a client may have had a gap between the two, since rings reach below the trimmed position.
     *
     * @return evictions with a higher number, below the trimmed position, were not reported to the client
     */
    private long evictionsBefore(long reportedEvictions) {
        boolean isReported = trimmed == null || trimmed.floor().eviction() <= reportedEvictions;
        return isReported ? reportedEvictions : -1;
    }

    /** As {@link TopicLog#historyUpTo}, for the removed topics. */
    public long removedUpTo(long position) {
        long floor = evictedFloors.highest().position();
        return trimmed != null && floor > position && floor > trimmed.floor().position() ? floor : 0;
    }

    /** As {@link TopicLog#isInHistorySince}, for the removed topics. */
    public boolean isRemovedInHistorySince(long since) {
        return removedUpTo(0) > 0 && evictedFloors.strictestLostSince(since) != null;
    }

    /** As {@link Topic#isStateLost}, for any of these topics, including removed ones. Under the hub's lock. */
    public boolean isStateLost() {
        TopicList topics = list;
        for (int i = 0; i < topics.size; i++) {
            if (topics.get(i).isStateLost()) {
                return true;
            }
        }
        return removedStateLost > 0;
    }

    /**
     * The strictest policy of these topics, including removed ones, that lost an event published at or after
     * {@code since}; null if there is none. Under the hub's lock.
     */
    @Nullable
    public OverflowPolicy strictestLostSince(long since) {
        OverflowPolicy strictest = removedFloors.strictestLostSince(since);
        if (trimmed != null && trimmed.floor().isLostSince(since)) {
            strictest = OverflowPolicy.strictest(strictest, evictedFloors.strictestLostSince(since));
        }
        TopicList topics = list;
        for (int i = 0; i < topics.size; i++) {
            if (!topics.get(i).isLiveOnly && topics.get(i).log.isLostSince(since)) {
                strictest = OverflowPolicy.strictest(strictest, topics.get(i).overflow());
            }
        }
        return strictest;
    }

    /** The strictest policy of these topics, including removed ones, that have a gap; null if there is none. */
    @Nullable
    public OverflowPolicy strictestGap(long position, long reportedEvictions, StartBounds bounds) {
        OverflowPolicy strictest = removedLiveFloors.strictestGap(Math.max(position, bounds.live()), reportedEvictions);
        TopicList topics = list;
        for (int i = 0; i < topics.size; i++) {
            if (bounds.isGap(topics.get(i), position, reportedEvictions)) {
                strictest = OverflowPolicy.strictest(strictest, topics.get(i).overflow());
            }
        }
        if (isTrimmed(position)) {
            strictest = OverflowPolicy.strictest(
                    strictest, evictedFloors.strictestGap(position, evictionsBefore(reportedEvictions)));
        }
        return OverflowPolicy.strictest(strictest, removedFloors.strictestGap(position, reportedEvictions));
    }
}
