package io.sluice.sse.hub.log;

import io.sluice.sse.topic.TopicPattern;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * The floors of removed topics. The most recent ones are kept by name, so that a topic that is created again reports a
 * gap only to clients that have missed its events. The older ones are merged into one maximum for all topics. That may
 * cause a superfluous gap, but never hides one. Guarded by the hub's lock.
 */
final class RemovedTopicFloors {

    /** At most about half a megabyte. */
    static final int MAX_NAMES = 4096;

    private final TopicOptions options;
    /**
     * What is left of a removed topic.
     *
     * @param floor the floor of its lost events
     * @param stateLost whether it conflated and has lost the latest event of a key
     */
    record Removed(Floor floor, boolean stateLost) {}

    private final LinkedHashMap<String, Removed> byName = new LinkedHashMap<>();
    private Floors others = Floors.NONE;

    RemovedTopicFloors(TopicOptions options) {
        this.options = options;
    }

    void put(String topic, Floor floor, boolean stateLost) {
        if (floor.position() == 0 || options.isLiveOnly(topic)) {
            return; // the topic never lost an event, or none that a client could miss which begins later
        }
        byName.remove(topic); // so that the next line makes it the most recent one
        byName.put(topic, new Removed(floor, stateLost));
        if (byName.size() > MAX_NAMES) {
            var eldest = byName.entrySet().iterator();
            Map.Entry<String, Removed> merged = eldest.next();
            others = others.max(
                    options.of(merged.getKey()).overflow(), merged.getValue().floor());
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
        return before == null ? new Removed(others.highest(), false) : before;
    }

    /** Whether a removed topic that {@code pattern} matches has lost the latest event of a key. */
    boolean isStateLost(TopicPattern pattern) {
        for (Map.Entry<String, Removed> topic : byName.entrySet()) {
            if (topic.getValue().stateLost() && pattern.matches(topic.getKey())) {
                return true;
            }
        }
        return false;
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
