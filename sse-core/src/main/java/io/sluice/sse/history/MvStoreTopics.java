package io.sluice.sse.history;

import java.util.Collection;
import java.util.Comparator;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.TreeSet;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/**
 * The topics of a store, ordered by their oldest event, and their total size. Updated by the writer's thread; {@link
 * #find} may be called by any thread.
 */
final class MvStoreTopics {

    /** The number of topics without events that keep their own floor. Older ones are removed and share one maximum. */
    static final int MAX_EMPTY_TOPICS = 4096;

    private final ConcurrentHashMap<String, MvStoreTopic> byName = new ConcurrentHashMap<>();
    /**
     * A topic is taken out before its sort key changes. The number makes keys unique, because one event can be the
     * oldest of several topics.
     */
    private final TreeSet<MvStoreTopic> byOldest = new TreeSet<>(
            Comparator.comparingLong((MvStoreTopic topic) -> topic.oldest).thenComparingInt(topic -> topic.number));

    private final LinkedHashMap<Integer, MvStoreTopic> empty = new LinkedHashMap<>();

    private int nextNumber;
    private long weight;
    private long removedFloor;
    private long removedFloorMillis;

    MvStoreTopics(int nextNumber, long removedFloor, long removedFloorMillis) {
        this.nextNumber = nextNumber;
        this.removedFloor = removedFloor;
        this.removedFloorMillis = removedFloorMillis;
    }

    @Nullable
    MvStoreTopic find(String name) {
        return byName.get(name);
    }

    Collection<MvStoreTopic> all() {
        return byName.values();
    }

    int nextNumber() {
        return nextNumber;
    }

    long weight() {
        return weight;
    }

    long removedFloor() {
        return removedFloor;
    }

    /** When the event at that floor was published. */
    long removedFloorMillis() {
        return removedFloorMillis;
    }

    /** The topic with the oldest event of all; null if there is no event. */
    @Nullable
    MvStoreTopic first() {
        return byOldest.isEmpty() ? null : byOldest.first();
    }

    /** Adds a topic from the store. */
    MvStoreTopic add(int number, StoredTopic stored, long oldestMillis) {
        MvStoreTopic topic = new MvStoreTopic(number, stored.name());
        topic.floor = stored.floor();
        topic.floorMillis = stored.floorMillis();
        topic.events = stored.events();
        topic.wireBytes = stored.wireBytes();
        topic.oldest = stored.oldest();
        topic.oldestMillis = oldestMillis;
        topic.newest = stored.newest();
        byName.put(topic.name, topic);
        weight += StoreBounds.weight(topic.events, topic.wireBytes);
        if (topic.events == 0) {
            empty.put(number, topic);
        } else {
            byOldest.add(topic);
        }
        return topic;
    }

    MvStoreTopic getOrCreate(String name) {
        MvStoreTopic topic = byName.get(name);
        return topic != null
                ? topic
                : add(nextNumber++, new StoredTopic(name, removedFloor, removedFloorMillis, 0, 0, 0, 0), 0);
    }

    /** An event was added to the topic. */
    void onAppended(MvStoreTopic topic, long position, long timeMillis, int wireBytes) {
        if (topic.events == 0) {
            empty.remove(topic.number);
            topic.oldest = position;
            topic.oldestMillis = timeMillis;
            byOldest.add(topic);
        }
        topic.events++;
        topic.wireBytes += wireBytes;
        topic.newest = position;
        weight += StoreBounds.weight(1, wireBytes);
    }

    /**
     * The oldest event of the topic was evicted.
     *
     * @param nextOldest the position of the next event; 0 if there is none
     */
    void onEvicted(MvStoreTopic topic, int wireBytes, long nextOldest, long nextMillis) {
        byOldest.remove(topic);
        topic.floor = topic.oldest;
        topic.floorMillis = topic.oldestMillis;
        topic.events--;
        topic.wireBytes -= wireBytes;
        topic.oldest = nextOldest;
        topic.oldestMillis = nextMillis;
        weight -= StoreBounds.weight(1, wireBytes);
        if (topic.events == 0) {
            empty.put(topic.number, topic);
        } else {
            byOldest.add(topic);
        }
    }

    /**
     * Removes the topic that has been empty for the longest time, if there are too many. Its floor is kept in the
     * maximum. @return the removed topic; null if none was removed
     */
    @Nullable
    MvStoreTopic removeOneEmpty() {
        if (empty.size() <= MAX_EMPTY_TOPICS) {
            return null;
        }
        Iterator<MvStoreTopic> eldest = empty.values().iterator();
        MvStoreTopic topic = eldest.next();
        eldest.remove();
        byName.remove(topic.name);
        if (topic.floor > removedFloor) {
            removedFloor = topic.floor;
            removedFloorMillis = topic.floorMillis;
        }
        return topic;
    }
}
