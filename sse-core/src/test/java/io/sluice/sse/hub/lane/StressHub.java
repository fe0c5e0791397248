package io.sluice.sse.hub.lane;

import io.sluice.sse.CloseReason;
import io.sluice.sse.Event;
import io.sluice.sse.hub.Hub;
import io.sluice.sse.hub.HubBuilder;
import io.sluice.sse.hub.HubTestAccess;
import io.sluice.sse.hub.TransportAccess;
import io.sluice.sse.test.DiscardingFramer;
import io.sluice.sse.test.MemorySink;
import io.sluice.sse.test.QueueLane;
import io.sluice.sse.test.RecordingSink;
import io.sluice.sse.topic.Selector;
import io.sluice.sse.topic.StartPosition;
import java.util.ArrayList;
import java.util.List;

/**
 * A minimal hub with one lane and one sink, which a stress test creates a million times. The lane's queue has no locks,
 * like that of an event loop, so it adds no memory ordering that the lane does not have itself.
 */
public abstract class StressHub {

    static final Event EVENT = Event.of("x");

    final QueueLane lane = new QueueLane(() -> 0);
    public final Hub hub;
    final HubLane hubLane;
    final CountingSink sink;

    public StressHub(int keep, String... terms) {
        HubBuilder builder = Hub.builder().historyEvents(keep).userExecutor(Runnable::run);
        hub = HubTestAccess.epoch(builder, 7).build();
        hubLane = TransportAccess.of(hub).join(lane, new DiscardingFramer(), RecordingSink.QUIET);
        sink = new CountingSink(hubLane);
        lane.run(() -> sink.open(terms.length == 0 ? null : Selector.of(terms), StartPosition.live(), null));
        lane.runAll();
    }

    public final void publish(String topic) {
        hub.publish(topic, EVENT);
    }

    /** Always writable; counts the events it receives. */
    static final class CountingSink extends MemorySink {
        private final List<Long> positions = new ArrayList<>();
        private int ends;

        CountingSink(HubLane lane) {
            super(lane);
        }

        /** The number of received events, or the error in their order. */
        String received() {
            for (int i = 1; i < positions.size(); i++) {
                if (positions.get(i) <= positions.get(i - 1)) {
                    return "out of order: " + positions;
                }
            }
            return Long.toString(((SinkState) this).delivered());
        }

        int ends() {
            return ends;
        }

        @Override
        protected void write(Frame frame) {
            if (frame.events > 0) {
                positions.add(frame.lastPosition);
            }
        }

        @Override
        protected void end(CloseReason reason, boolean orderly) {
            ends++;
        }
    }
}
