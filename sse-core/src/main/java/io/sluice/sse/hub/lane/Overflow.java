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

    /** Closes the sink, or moves it on and sends its client the gap. */
    static void carryOut(HubLane lane, LaneSink sink) {
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
        Gap gap = new Gap(Gap.Reason.EVICTED, before, lane.sequencer().idOf(sink.position()));
        GapNotice.send(lane, sink, gap.toEvent(), sink.position(), gap);
        if (sink.selection() != selection) {
            return; // the flush has ended the subscriptions
        }
        for (LaneSubscription each = selection.first(); each != null; each = each.next()) {
            lane.core().presence().missed(sink, each.selector());
        }
    }
}
