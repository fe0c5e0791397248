package io.sluice.sse.topic;

import java.util.List;

/**
 * One client as it stands now, for operators.
 *
 * @param id the connection's name in logs
 * @param topics topic names and patterns that it subscribes to
 * @param openNanos how long it has been open
 * @param silentNanos how long ago the lane last wrote to it
 * @param pendingBytes bytes written and not yet sent
 * @param lag how many positions it stands behind the hub's head; 0 while nothing waits for it
 * @param delivered events written to it
 * @param sink the client itself
 */
public record SinkInfo(
        String id,
        List<String> topics,
        long openNanos,
        long silentNanos,
        long pendingBytes,
        long lag,
        long delivered,
        HubSink sink) {}
