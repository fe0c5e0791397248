package io.sluice.sse.history;

import java.util.List;

/**
 * The events that a history evicts from one topic.
 *
 * @param topic the name of the topic
 * @param floor the position of the last evicted event; all events of the topic up to it are evicted
 * @param floorMillis when that event was published, in milliseconds since 1970
 * @param oldest the position of the oldest remaining event; 0 if none remains
 * @param events the number of evicted events
 * @param wireBytes the sum of their encoded sizes
 * @param publisherIds the publisher-supplied ids of those evicted events that have one
 */
public record Eviction(
        String topic,
        long floor,
        long floorMillis,
        long oldest,
        int events,
        long wireBytes,
        List<String> publisherIds) {}
