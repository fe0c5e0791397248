package io.sluice.sse.hub;

import io.sluice.sse.CloseReason;
import io.sluice.sse.hub.lane.LaneOptions;
import java.util.Map;

/**
 * The figures of a hub at one moment. Totals count from the creation of the hub.
 *
 * @param topics topics
 * @param events events kept; an event in several topics counts once for each topic that keeps it
 * @param bytes the memory of these events
 * @param published events published
 * @param delivered events written to sinks
 * @param framed ranges framed
 * @param gaps gaps reported to clients
 * @param opened sinks opened
 * @param closed sinks closed, by reason
 * @param userCodeFailures failures of sources, tasks, listeners, filters and observers
 * @param lanesBlocked how often a lane was blocked for longer than {@link LaneOptions#blockedLaneAfter}
 * @param rejectedSends direct sends that were rejected or dropped, because the queue of their sink was full
 * @param failedPublishes publications that the hub did not accept, or that its history could not store later
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
        long lanesBlocked,
        long rejectedSends,
        long failedPublishes) {}
