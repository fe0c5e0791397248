package io.sluice.sse.history;

import java.util.Collection;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/**
 * The topics of a store, which of them holds the oldest event of all, and the sums. Written by the writer's thread;
 * {@link #find} is for any.
 */
final class KeptTopics {

    /** Topics of which only the floor is left, kept by name; the others leave one maximum for all. */
    static final int EMPTY_NAMES = 4096;

    private final ConcurrentHashMap<String, KeptTopic> byName = new ConcurrentHashMap<>();
    private final TreeMap<Long, KeptTopic> byOldest = new TreeMap<>();
    private final LinkedHashMap<Integer, KeptTopic> empty = new LinkedHashMap<>();

    private int nextNumber;
    private long weight;
    private long forgottenFloor;

    KeptTopics(int nextNumber, long forgottenFloor) {
        this.nextNumber = nextNumber;
        this.forgottenFloor = forgottenFloor;
    }

    @Nullable
    KeptTopic find(String name) {
        return byName.get(name);
    }

    Collection<KeptTopic> all() {
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

    /** The topic with the oldest event of all; null if there is no event. */
    @Nullable
    KeptTopic first() {
        Map.Entry<Long, KeptTopic> first = byOldest.firstEntry();
        return first == null ? null : first.getValue();
    }

    /** A topic as it was found when the store was opened. */
    KeptTopic add(int number, StoredTopic stored, long oldestMillis) {
        KeptTopic topic = new KeptTopic(number, stored.name());
        topic.floor = stored.floor();
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
            byOldest.put(topic.oldest, topic);
        }
        return topic;
    }

    KeptTopic findOrAdd(String name) {
        KeptTopic topic = byName.get(name);
        return topic != null ? topic : add(nextNumber++, new StoredTopic(name, forgottenFloor, 0, 0, 0, 0), 0);
    }

    /** An event has come. */
    void came(KeptTopic topic, long position, long timeMillis, int wireBytes) {
        if (topic.events == 0) {
            empty.remove(topic.number);
            topic.oldest = position;
            topic.oldestMillis = timeMillis;
            byOldest.put(position, topic);
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
    void goes(KeptTopic topic, int wireBytes, long nextOldest, long nextMillis) {
        byOldest.remove(topic.oldest);
        topic.floor = topic.oldest;
        topic.events--;
        topic.wireBytes -= wireBytes;
        topic.oldest = nextOldest;
        topic.oldestMillis = nextMillis;
        weight -= StoreBounds.weight(1, wireBytes);
        if (topic.events == 0) {
            topic.newest = 0;
            empty.put(topic.number, topic);
        } else {
            byOldest.put(nextOldest, topic);
        }
    }

    /** Forgets the topic that has been empty for longest, if there are many; only its floor stays, in the maximum. */
    @Nullable
    KeptTopic forgetOne() {
        if (empty.size() <= EMPTY_NAMES) {
            return null;
        }
        Iterator<KeptTopic> eldest = empty.values().iterator();
        KeptTopic topic = eldest.next();
        eldest.remove();
        byName.remove(topic.name);
        forgottenFloor = Math.max(forgottenFloor, topic.floor);
        return topic;
    }
}
