package io.sluice.sse.netty;

import io.netty.channel.EventLoop;
import io.sluice.sse.hub.Hub;
import io.sluice.sse.hub.HubLane;
import io.sluice.sse.hub.LaneOptions;
import java.util.Collection;
import java.util.concurrent.ConcurrentHashMap;

/** Event loop → the hub's lane on it, made with the first stream there. Thread-safe. */
final class Lanes {

    private final Hub hub;
    private final LaneOptions options;
    private final ConcurrentHashMap<EventLoop, HubLane> byLoop = new ConcurrentHashMap<>();

    Lanes(Hub hub, LaneOptions options) {
        this.hub = hub;
        this.options = options;
    }

    HubLane on(EventLoop loop) {
        HubLane lane = byLoop.get(loop);
        return lane != null ? lane : byLoop.computeIfAbsent(loop, this::join);
    }

    private HubLane join(EventLoop loop) {
        return hub.join(new EventLoopLane(loop), new BatchFramer(hub.ledger()), options);
    }

    Collection<HubLane> all() {
        return byLoop.values();
    }

    Hub hub() {
        return hub;
    }
}
