package io.sluice.sse.hub.lane;

import io.sluice.sse.CloseReason;
import io.sluice.sse.Gap;
import io.sluice.sse.hub.log.HubLog;
import io.sluice.sse.topic.OverflowPolicy;

/**
 * Overflow: a ring has evicted events that a sink which is behind has not been sent. This is the one place that detects
 * it and carries out the overflow policy. Confined to the lane.
 */
final class Overflow {

    private Overflow() {}

    /** Whether an event after the sink's position is lost and was not reported to its client. */
    static boolean isLapped(LaneSink sink) {
        return sink.requireSelection().isGap(sink.position(), sink.reportedEvictions());
    }

    /**
     * Closes the sink, or moves it on and sends its client the gap.
     *
     * @param isSlow whether the client was too slow, so that the policy may disconnect it. It was not if the events
     *     were lost before the client asked for them
     */
    static void carryOut(HubLane lane, LaneSink sink, boolean isSlow) {
        Selection selection = sink.requireSelection();
        HubLog log = lane.log();
        String before = lane.sequencer().idOf(sink.position());
        OverflowPolicy policy = log.locked(() -> {
            OverflowPolicy met = selection.overflowPolicy(
                    sink.position(),
                    sink.reportedEvictions(),
                    lane.core().options().overflow());
            if (sink.options().isBare()) {
                return OverflowPolicy.DISCONNECT; // its protocol has no event for a gap
            }
            if (met == OverflowPolicy.DISCONNECT && !isSlow) {
                met = OverflowPolicy.GAP;
            }
            if (met != OverflowPolicy.DISCONNECT) {
                // Up to the head, not to the lane's position: what was evicted in between is missed as well.
                long position = met == OverflowPolicy.LATEST
                        ? log.head()
                        : selection.beforeOldestKept(sink.position(), log.head());
                sink.skipTo(position, log.bounds().evictions());
            }
            return met;
        });
        if (policy == OverflowPolicy.DISCONNECT) {
            sink.close(CloseReason.SLOW_CONSUMER);
            return;
        }
        report(lane, sink, selection, Gap.Reason.EVICTED, before);
    }

    /**
     * The client has been sent everything up to a position after which events of whatever topic may be lost, because
     * the backplane may have lost them. It is sent the gap. That is no fault of the client, so it stays connected.
     */
    static void reportLoss(HubLane lane, LaneSink sink) {
        if (sink.options().isBare()) {
            sink.close(CloseReason.SLOW_CONSUMER); // its protocol has no event for a gap
            return;
        }
        Selection selection = sink.requireSelection();
        HubLog log = lane.log();
        String before = lane.sequencer().idOf(sink.lastSentPosition());
        log.runLocked(() -> {
            OverflowPolicy policy =
                    selection.overflowPolicyOfAll(lane.core().options().overflow());
            sink.skipTo(
                    policy == OverflowPolicy.LATEST ? log.head() : log.afterLoss(sink.position()),
                    sink.reportedEvictions());
        });
        report(lane, sink, selection, Gap.Reason.LOST, before);
    }

    private static void report(
            HubLane lane, LaneSink sink, Selection selection, Gap.Reason reason, String lastEventId) {
        Gap gap = new Gap(reason, lastEventId, lane.sequencer().idOf(sink.position()));
        GapNotice.send(lane, sink, gap.toEvent(), sink.position(), gap);
        if (sink.selection() != selection) {
            return; // the flush has ended the subscriptions
        }
        for (LaneSubscription each = selection.first(); each != null; each = each.next()) {
            lane.core().presence().missed(sink, each.selector());
        }
    }
}
