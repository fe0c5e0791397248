package io.sluice.sse.history;

import java.util.List;

/**
 * What a history lets go of one topic.
 *
 * @param topic its name
 * @param floor the position of the last event that goes: everything of the topic up to it
 * @param floorMillis when that was published, in milliseconds since 1970
 * @param oldest the position of the oldest event that stays; 0 if none does
 * @param events how many go
 * @param wireBytes the sum of their blocks
 * @param publisherIds the ids of those among them whose publishers had chosen one
 */
public record Eviction(
        String topic,
        long floor,
        long floorMillis,
        long oldest,
        int events,
        long wireBytes,
        List<String> publisherIds) {}
