package io.sluice.sse.hub.log;

import io.sluice.sse.topic.TopicPattern;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * What is left of topics that were forgotten: their floors. The latest of them are kept by name, so that a topic that is
 * born again says a gap to those who missed something and to nobody else; the others leave one maximum for all, which
 * may say a gap too much but never one too few. Guarded by the hub's lock.
 */
final class RemovedTopicFloors {

    /** About half a megabyte at the most. */
    static final int NAMES = 4096;

    private final TopicOptions options;
    private final LinkedHashMap<String, Floor> byName = new LinkedHashMap<>();
    private Floors others = Floors.NONE;

    RemovedTopicFloors(TopicOptions options) {
        this.options = options;
    }

    void put(String topic, Floor floor) {
        if (floor.position() == 0) {
            return; // it never lost an event
        }
        byName.remove(topic); // so that it stands last again
        byName.put(topic, floor);
        if (byName.size() > NAMES) {
            var eldest = byName.entrySet().iterator();
            Map.Entry<String, Floor> goes = eldest.next();
            others = others.max(options.overflow(goes.getKey()), goes.getValue());
            eldest.remove();
        }
    }

    /** A floor of topics whose names nobody knows any more. */
    void putOthers(Floor floor) {
        if (floor.position() > 0) {
            others = others.max(options.overflow(), floor);
        }
    }

    /** The floor with which {@code topic} is born. */
    Floor take(String topic) {
        Floor floor = byName.remove(topic);
        return floor == null ? others.highest() : floor;
    }

    /** The highest floors of the forgotten topics that {@code pattern} stands for. */
    Floors of(TopicPattern pattern) {
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
