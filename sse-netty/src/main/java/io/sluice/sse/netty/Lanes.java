package io.sluice.sse.netty;

import io.netty.channel.EventLoop;
import io.sluice.sse.hub.Hub;
import io.sluice.sse.hub.TransportAccess;
import io.sluice.sse.hub.lane.HubLane;
import io.sluice.sse.hub.lane.LaneOptions;
import java.util.List;
import java.util.concurrent.ConcurrentHashMap;

/** Maps each event loop to the hub's lane on it, which the first stream there creates. Thread-safe. */
final class Lanes {

    private final Hub hub;
    private final LaneOptions options;
    private final ConcurrentHashMap<EventLoop, Joined> byLoop = new ConcurrentHashMap<>();

    Lanes(Hub hub, LaneOptions options) {
        NettyVersion.check(); // before any class of a newer Netty is needed
        this.hub = hub;
        this.options = options;
    }

    /** A lane and its framer. */
    record Joined(HubLane lane, BatchFramer framer) {}

    Joined on(EventLoop loop) {
        Joined lane = byLoop.get(loop);
        return lane != null ? lane : byLoop.computeIfAbsent(loop, this::join);
    }

    private Joined join(EventLoop loop) {
        BatchFramer framer = new BatchFramer(hub.ledger());
        return new Joined(TransportAccess.of(hub).join(new EventLoopLane(loop), framer, options), framer);
    }

    List<HubLane> all() {
        return byLoop.values().stream().map(Joined::lane).toList();
    }

    /** Removes all lanes from the hub. Only after the event loops have ended. */
    void leave() {
        all().forEach(TransportAccess.of(hub)::leave);
        byLoop.clear();
    }
}
