package io.sluice.sse.hub;

import io.sluice.sse.CloseReason;
import io.sluice.sse.hub.lane.LaneOptions;
import java.util.Map;

/**
 * A hub's figures at a moment. Totals count since the hub was made.
 *
 * @param topics topics known
 * @param events events kept; one that was published to several topics counts in each that keeps it
 * @param bytes what they cost
 * @param published events published
 * @param delivered events written to sinks
 * @param framed ranges framed
 * @param gaps gaps said
 * @param opened sinks opened
 * @param closed sinks closed, by reason
 * @param userCodeFailures failures of sources, tasks, listeners, filters and observers
 * @param lanesBlocked how often a lane stood still for longer than {@link LaneOptions#blockedLaneAfter}
 */
public record HubStats(
        long topics,
        long events,
        long bytes,
        long published,
        long delivered,
        long framed,
        long gaps,
        long opened,
        Map<CloseReason, Long> closed,
        long userCodeFailures,
        long lanesBlocked) {}
