package io.sluice.sse.history;

import java.time.Duration;

/**
 * The limits of a store.
 *
 * @param events events per topic
 * @param bytes bytes per topic
 * @param age the maximum age of an event
 * @param totalBytes bytes of all topics
 * @param publisherIds events with a publisher-supplied id in all topics; the hub keeps these ids in memory
 */
record StoreBounds(int events, long bytes, Duration age, long totalBytes, int publisherIds) {

    /** The estimated cost of an event in addition to its encoded bytes. */
    static final int OVERHEAD_BYTES = 64;

    static long weight(long events, long wireBytes) {
        return events * OVERHEAD_BYTES + wireBytes;
    }
}
