package io.sluice.sse.hub;

import io.sluice.sse.CloseReason;
import io.sluice.sse.Gap;
import io.sluice.sse.wire.EventEncoder;

/** The history has passed a sink by that is behind: the one place where that is found and where its policy is carried out. */
final class Overflow {

    private Overflow() {}

    /** Whether something behind the sink is lost that its client was not told of. */
    static boolean isLapped(LaneSink sink) {
        return GapDetector.isGap(sink.subscriptions(), sink.position, sink.reportedEvictions);
    }

    /** Ends the sink, or moves it on and tells its client the gap. On the lane. */
    static void carryOut(HubLane lane, LaneSink sink) {
        Subscription subscription = sink.subscriptions();
        Hub hub = lane.hub();
        HubLog log = hub.log();
        String before = hub.sequencer().idOf(sink.position);
        OverflowPolicy policy = log.locked(() -> {
            OverflowPolicy met = GapDetector.overflow(hub, subscription, sink.position, sink.reportedEvictions);
            if (met != OverflowPolicy.DISCONNECT) {
                // Up to the head, not to the lane's position: what was evicted in between is missed as well.
                sink.position = met == OverflowPolicy.LATEST
                        ? log.head()
                        : GapDetector.beforeOldestKept(subscription, sink.position, log.head());
                sink.reportedEvictions = log.bounds.evictions();
            }
            return met;
        });
        if (policy == OverflowPolicy.DISCONNECT) {
            sink.close(CloseReason.SLOW_CONSUMER);
            return;
        }
        Gap gap = new Gap(Gap.Reason.EVICTED, before, hub.sequencer().idOf(sink.position));
        lane.frames.writeOwn(sink, EventEncoder.encode(gap.toEvent()), sink.position);
        hub.counters().gap(sink, gap); // before the flush, which may end the sink
        sink.flush();
    }
}
