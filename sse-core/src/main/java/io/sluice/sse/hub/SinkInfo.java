package io.sluice.sse.hub;

import java.util.List;

/**
 * One client as it stands now, for operators.
 *
 * @param id the connection's name in logs
 * @param topics what it listens to
 * @param openNanos how long it has been open
 * @param silentNanos how long ago it was last written to
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
        LaneSink sink) {

    static SinkInfo of(LaneSink sink, HubLane lane) {
        long now = lane.lane().nanoTime();
        return new SinkInfo(
                sink.id(),
                Subscription.terms(sink.subscription),
                now - sink.openedNanos,
                now - sink.lastWriteNanos,
                sink.pendingBytes(),
                lane.lagOf(sink),
                sink.delivered,
                sink);
    }
}
