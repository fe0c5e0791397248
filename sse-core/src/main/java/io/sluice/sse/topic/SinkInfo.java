package io.sluice.sse.topic;

import java.util.List;

/**
 * The present state of one client, for operators.
 *
 * @param id the id of the sink, which also identifies the connection in logs
 * @param topics the topic names and patterns that the client subscribes to
 * @param openNanos how long the sink has been open
 * @param silentNanos how long ago the lane last wrote to the client
 * @param pendingBytes the bytes that were written and are not yet sent
 * @param lag the distance from the client's position to the hub's head; 0 if no event waits for the client
 * @param delivered how many events were written to the client
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
