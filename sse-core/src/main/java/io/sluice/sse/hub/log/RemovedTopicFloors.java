package io.sluice.sse.hub.log;

import io.sluice.sse.topic.TopicPattern;
import java.util.BitSet;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The floors of removed topics. The most recent ones are kept by name, so that a topic that is created again reports a
 * gap only to clients that have missed its events. The older ones are merged into one maximum for all topics. That may
 * cause a superfluous gap, but never hides one. Which of the older ones have lost state is kept as bits of their names,
 * so another name is rarely taken for one of them: for one new topic in a thousand after 40,000 such names, and for
 * every tenth after 250,000. Guarded by the hub's lock.
 */
final class RemovedTopicFloors {

    /** At most about half a megabyte. */
    static final int MAX_NAMES = 4096;

    /** The bits of the names that are merged and have lost state: 128 KiB, from the first such name on. */
    private static final int NAME_BITS = 1 << 20;

    private static final int BITS_PER_NAME = 4;

    private final TopicOptions options;
    /**
     * What is left of a removed topic.
     *
     * @param floor the floor of its lost events
     * @param stateLost whether it conflated and has lost the latest event of a key
     * @param isKnown whether its name is known
     */
    record Removed(Floor floor, boolean stateLost, boolean isKnown) {}

    private final LinkedHashMap<String, Removed> byName = new LinkedHashMap<>();
    private Floors others = Floors.NONE;
    private @Nullable BitSet othersStateLost;

    RemovedTopicFloors(TopicOptions options) {
        this.options = options;
    }

    void put(String topic, Floor floor, boolean stateLost) {
        if (floor.position() == 0 || options.isLiveOnly(topic)) {
            return; // the topic never lost an event, or none that a client could miss which begins later
        }
        byName.remove(topic); // so that the next line makes it the most recent one
        byName.put(topic, new Removed(floor, stateLost, true));
        if (byName.size() > MAX_NAMES) {
            var eldest = byName.entrySet().iterator();
            Map.Entry<String, Removed> merged = eldest.next();
            others = others.max(
                    options.of(merged.getKey()).overflow(), merged.getValue().floor());
            if (merged.getValue().stateLost()) {
                addToOthers(merged.getKey());
            }
            eldest.remove();
        }
    }

    /** Adds the floor of topics whose names are not known any more. */
    void putOthers(Floor floor) {
        if (floor.position() > 0) {
            others = others.max(options.overflow(), floor);
        }
    }

    /** Removes and returns what {@code topic} is created with. */
    Removed take(String topic) {
        Removed before = byName.remove(topic);
        return before == null ? new Removed(others.highest(), mayBeOfOthers(topic), false) : before;
    }

    /**
     * How many removed topics that {@code pattern} matches have lost the latest event of a key. The topics whose names
     * are not known any more count as one.
     */
    int stateLost(TopicPattern pattern) {
        int count = othersStateLost == null ? 0 : 1;
        for (Map.Entry<String, Removed> topic : byName.entrySet()) {
            if (topic.getValue().stateLost() && pattern.matches(topic.getKey())) {
                count++;
            }
        }
        return count;
    }

    private void addToOthers(String topic) {
        BitSet bits = othersStateLost;
        if (bits == null) {
            bits = new BitSet(NAME_BITS);
            othersStateLost = bits;
        }
        long hash = hash(topic);
        for (int i = 0; i < BITS_PER_NAME; i++) {
            bits.set(bit(hash, i));
        }
    }

    private boolean mayBeOfOthers(String topic) {
        BitSet bits = othersStateLost;
        if (bits == null) {
            return false;
        }
        long hash = hash(topic);
        for (int i = 0; i < BITS_PER_NAME; i++) {
            if (!bits.get(bit(hash, i))) {
                return false;
            }
        }
        return true;
    }

    private static int bit(long hash, int index) {
        return (int) ((hash >>> 32) + index * (hash | 1)) & (NAME_BITS - 1);
    }

    /** FNV-1a of 64 bits, whose bits are mixed once more. */
    private static long hash(String name) {
        long hash = 0xcbf29ce484222325L;
        for (int i = 0; i < name.length(); i++) {
            hash = (hash ^ name.charAt(i)) * 0x100000001b3L;
        }
        return (hash ^ (hash >>> 29)) * 0xbf58476d1ce4e5b9L;
    }

    /** The highest floors of removed topics that {@code pattern} matches. */
    Floors matching(TopicPattern pattern) {
        Floors highest = others;
        for (Map.Entry<String, Removed> topic : byName.entrySet()) {
            if (pattern.matches(topic.getKey())) {
                highest = highest.max(
                        options.of(topic.getKey()).overflow(), topic.getValue().floor());
            }
        }
        return highest;
    }

    /** For tests. */
    int size() {
        return byName.size();
    }
}
