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
    private final LinkedHashMap<String, Floor> byName = new LinkedHashMap<>();
    private Floors others = Floors.NONE;

    RemovedTopicFloors(TopicOptions options) {
        this.options = options;
    }

    void put(String topic, Floor floor) {
        if (floor.position() == 0 || options.isLiveOnly(topic)) {
            return; // the topic never lost an event, or none that a client could miss which begins later
        }
        byName.remove(topic); // so that the next line makes it the most recent one
        byName.put(topic, floor);
        if (byName.size() > MAX_NAMES) {
            var eldest = byName.entrySet().iterator();
            Map.Entry<String, Floor> merged = eldest.next();
            others = others.max(options.overflow(merged.getKey()), merged.getValue());
            eldest.remove();
        }
    }

    /** Adds the floor of topics whose names are not known any more. */
    void putOthers(Floor floor) {
        if (floor.position() > 0) {
            others = others.max(options.overflow(), floor);
        }
    }

    /** Removes and returns the floor with which {@code topic} is created. */
    Floor take(String topic) {
        Floor floor = byName.remove(topic);
        return floor == null ? others.highest() : floor;
    }

    /** The highest floors of removed topics that {@code pattern} matches. */
    Floors matching(TopicPattern pattern) {
        Floors highest = others;
        for (Map.Entry<String, Floor> topic : byName.entrySet()) {
            if (pattern.matches(topic.getKey())) {
                highest = highest.max(options.overflow(topic.getKey()), topic.getValue());
            }
        }
        return highest;
    }

    /** For tests. */
    int size() {
        return byName.size();
    }
}
