package io.sluice.sse.netty.frame;

import io.sluice.sse.CloseReason;
import io.sluice.sse.hub.Hub;
import io.sluice.sse.hub.TransportAccess;
import io.sluice.sse.hub.lane.HubLane;
import io.sluice.sse.hub.lane.LaneOptions;
import io.sluice.sse.test.ManualLane;
import io.sluice.sse.topic.Selector;
import io.sluice.sse.topic.StartPosition;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/** A hub with lanes that a test controls, whose clients are {@link GzipTwin}s. */
final class GzipLanes implements AutoCloseable {

    final Hub hub;
    final List<OneLane> lanes = new ArrayList<>();

    /** A lane and its framer. */
    static final class OneLane {
        final ManualLane lane = new ManualLane();
        final BatchFramer framer;
        final HubLane hubLane;

        OneLane(Hub hub, LaneOptions options) {
            framer = new BatchFramer(hub.ledger());
            hubLane = TransportAccess.of(hub).join(lane, framer, options);
        }
    }

    GzipLanes(Hub hub, int count, LaneOptions options) {
        this.hub = hub;
        for (int i = 0; i < count; i++) {
            lanes.add(new OneLane(hub, options));
        }
    }

    /** Opens a client. Its principal is {@code p} and the number. */
    GzipTwin open(int lane, int number, boolean own, Selector selector, StartPosition start) {
        OneLane on = lanes.get(lane);
        return on.lane.call(() -> {
            GzipFrames frames = on.framer.gzip();
            GzipStream gzip = own ? new GzipStream.Own(frames, () -> {}) : new GzipStream.Shared(frames);
            GzipTwin twin = new GzipTwin(on.hubLane, gzip, "p" + number);
            twin.open(selector, start, null);
            return twin;
        });
    }

    void run() {
        lanes.forEach(each -> each.lane.runAll());
    }

    void advance(Duration time) {
        lanes.forEach(each -> each.lane.advance(time));
    }

    @Override
    public void close() {
        for (OneLane each : lanes) {
            each.lane.run(() -> each.hubLane.forEachSink(sink -> sink.close(CloseReason.SERVER_DRAINING)));
            each.lane.runAll();
            each.lane.advance(Duration.ofSeconds(1));
            TransportAccess.of(hub).leave(each.hubLane);
            each.lane.terminate();
        }
        hub.close();
    }
}
