package io.sluice.sse.history;

import java.util.Collection;
import java.util.Comparator;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.TreeSet;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/**
 * The topics of a store, which of them holds the oldest event of all, and the sums. Written by the writer's thread;
 * {@link #find} is for any.
 */
final class TopicRecords {

    /** Topics of which only the floor is left, kept by name; the others leave one maximum for all. */
    static final int EMPTY_NAMES = 4096;

    private final ConcurrentHashMap<String, TopicRecord> byName = new ConcurrentHashMap<>();
    /** Changed before what it is in order of: one event can be the oldest of several topics. */
    private final TreeSet<TopicRecord> byOldest = new TreeSet<>(
            Comparator.comparingLong((TopicRecord topic) -> topic.oldest).thenComparingInt(topic -> topic.number));

    private final LinkedHashMap<Integer, TopicRecord> empty = new LinkedHashMap<>();

    private int nextNumber;
    private long weight;
    private long forgottenFloor;
    private long forgottenMillis;

    TopicRecords(int nextNumber, long forgottenFloor, long forgottenMillis) {
        this.nextNumber = nextNumber;
        this.forgottenFloor = forgottenFloor;
        this.forgottenMillis = forgottenMillis;
    }

    @Nullable
    TopicRecord find(String name) {
        return byName.get(name);
    }

    Collection<TopicRecord> all() {
        return byName.values();
    }

    int nextNumber() {
        return nextNumber;
    }

    long weight() {
        return weight;
    }

    long forgottenFloor() {
        return forgottenFloor;
    }

    /** When the event at that floor was published. */
    long forgottenMillis() {
        return forgottenMillis;
    }

    /** The topic with the oldest event of all; null if there is no event. */
    @Nullable
    TopicRecord first() {
        return byOldest.isEmpty() ? null : byOldest.first();
    }

    /** A topic as it was found when the store was opened. */
    TopicRecord add(int number, StoredTopic stored, long oldestMillis) {
        TopicRecord topic = new TopicRecord(number, stored.name());
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

    TopicRecord findOrAdd(String name) {
        TopicRecord topic = byName.get(name);
        return topic != null
                ? topic
                : add(nextNumber++, new StoredTopic(name, forgottenFloor, forgottenMillis, 0, 0, 0, 0), 0);
    }

    /** An event has come. */
    void came(TopicRecord topic, long position, long timeMillis, int wireBytes) {
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
     * The oldest event of the topic goes.
     *
     * @param nextOldest the position of the next one; 0 if there is none
     */
    void goes(TopicRecord topic, int wireBytes, long nextOldest, long nextMillis) {
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

    /** Forgets the topic that has been empty for longest, if there are many; only its floor stays, in the maximum. */
    @Nullable
    TopicRecord forgetOne() {
        if (empty.size() <= EMPTY_NAMES) {
            return null;
        }
        Iterator<TopicRecord> eldest = empty.values().iterator();
        TopicRecord topic = eldest.next();
        eldest.remove();
        byName.remove(topic.name);
        if (topic.floor > forgottenFloor) {
            forgottenFloor = topic.floor;
            forgottenMillis = topic.floorMillis;
        }
        return topic;
    }
}
