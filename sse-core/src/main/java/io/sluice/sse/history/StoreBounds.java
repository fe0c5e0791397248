package io.sluice.sse.history;

import java.time.Duration;

/**
 * How much a store keeps.
 *
 * @param events of a topic
 * @param bytes of a topic
 * @param age of an event
 * @param totalBytes of all topics
 * @param publisherIds of events whose publishers chose an id, in all topics: the hub has these ids in memory
 */
record StoreBounds(int events, long bytes, Duration age, long totalBytes, int publisherIds) {

    /** What an event costs beside its block. An estimate. */
    static final int OVERHEAD_BYTES = 64;

    static long weight(long events, long wireBytes) {
        return events * OVERHEAD_BYTES + wireBytes;
    }
}
