package io.sluice.sse.hub;

import java.util.LinkedHashMap;
import java.util.Map;

/**
 * What is left of topics that were forgotten: their floors. The latest of them are kept by name, so that a topic that is
 * born again says a gap to those who missed something and to nobody else; the others leave one maximum for all, which
 * may say a gap too much but never one too few. Guarded by the hub's lock.
 */
final class ForgottenFloors {

    /** About half a megabyte at the most. */
    static final int NAMES = 4096;

    private final LinkedHashMap<String, Floor> byName = new LinkedHashMap<>();
    private Floor others = Floor.NONE;

    void put(String topic, Floor floor) {
        if (floor.position() == 0) {
            return; // it never lost an event
        }
        byName.remove(topic); // so that it stands last again
        byName.put(topic, floor);
        if (byName.size() > NAMES) {
            var eldest = byName.entrySet().iterator();
            others = others.max(eldest.next().getValue());
            eldest.remove();
        }
    }

    /** The floor with which {@code topic} is born. */
    Floor take(String topic) {
        Floor floor = byName.remove(topic);
        return floor == null ? others : floor;
    }

    /** The highest floor of the forgotten topics that {@code pattern} stands for. */
    Floor of(TopicPattern pattern) {
        Floor highest = others;
        for (Map.Entry<String, Floor> topic : byName.entrySet()) {
            if (pattern.matches(topic.getKey())) {
                highest = highest.max(topic.getValue());
            }
        }
        return highest;
    }
}
