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

    private final LinkedHashMap<String, Long> byName = new LinkedHashMap<>();
    private long others;

    void put(String topic, long floor) {
        if (floor == 0) {
            return; // it never lost an event
        }
        byName.remove(topic); // so that it stands last again
        byName.put(topic, floor);
        if (byName.size() > NAMES) {
            var eldest = byName.entrySet().iterator();
            others = Math.max(others, eldest.next().getValue());
            eldest.remove();
        }
    }

    /** The floor with which {@code topic} is born. */
    long take(String topic) {
        Long floor = byName.remove(topic);
        return floor == null ? others : floor;
    }

    /** The highest floor of the forgotten topics that {@code pattern} stands for. */
    long of(TopicPattern pattern) {
        long highest = others;
        for (Map.Entry<String, Long> topic : byName.entrySet()) {
            if (topic.getValue() > highest && pattern.matches(topic.getKey())) {
                highest = topic.getValue();
            }
        }
        return highest;
    }
}
