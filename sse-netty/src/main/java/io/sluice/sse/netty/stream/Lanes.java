package io.sluice.sse.netty.stream;

import io.netty.channel.EventLoop;
import io.sluice.sse.hub.Hub;
import io.sluice.sse.hub.TransportAccess;
import io.sluice.sse.hub.lane.HubLane;
import io.sluice.sse.hub.lane.LaneOptions;
import io.sluice.sse.netty.frame.BatchFramer;
import io.sluice.sse.netty.socket.NettyVersion;
import io.sluice.sse.netty.socket.TcpInfo;
import java.util.List;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/** Maps each event loop to the hub's lane on it, which the first stream there creates. Thread-safe. */
public final class Lanes {

    private static final long CHECK_MILLIS = 20;

    private final Hub hub;
    private final LaneOptions options;
    private final ConcurrentHashMap<EventLoop, Joined> byLoop = new ConcurrentHashMap<>();
    /** Whether no lane joins any more. Guarded by this object. */
    private boolean leaving;

    public Lanes(Hub hub, LaneOptions options) {
        NettyVersion.check(); // before any class of a newer Netty is needed
        this.hub = hub;
        this.options = options;
    }

    public LaneOptions options() {
        return options;
    }

    /** A lane, and what the sinks of its event loop share. */
    public record Joined(HubLane lane, BatchFramer framer, TcpInfo tcpInfo, Flushes flushes) {}

    public Hub hub() {
        return hub;
    }

    /** The lane of the event loop; null if the lanes leave the hub, since nothing would remove a new one. */
    @Nullable
    public Joined on(EventLoop loop) {
        Joined lane = byLoop.get(loop);
        return lane != null ? lane : join(loop);
    }

    private synchronized @Nullable Joined join(EventLoop loop) {
        if (leaving) {
            return byLoop.get(loop);
        }
        return byLoop.computeIfAbsent(loop, ignored -> {
            BatchFramer framer = new BatchFramer(hub.ledger());
            HubLane lane = TransportAccess.of(hub).join(new EventLoopLane(loop), framer, options);
            return new Joined(lane, framer, new TcpInfo(), new Flushes(loop));
        });
    }

    public List<HubLane> all() {
        return byLoop.values().stream().map(Joined::lane).toList();
    }

    /** Removes all lanes from the hub. Only after the event loops have ended. */
    public void leave() {
        setLeaving();
        byLoop.keySet().forEach(this::leave);
    }

    /** Removes each lane from the hub as soon as it has no sinks, or when its event loop ends. Any thread may call. */
    public void leaveWhenEmpty() {
        setLeaving();
        byLoop.forEach((loop, joined) -> {
            whenEnded(loop, () -> {
                leave(loop);
                TransportAccess.of(hub).leave(joined.lane()); // again: it may have left with tasks that did not run
            });
            try {
                loop.execute(() -> leaveIfEmpty(loop, joined.lane()));
            } catch (RejectedExecutionException e) {
                leave(loop);
            }
        });
    }

    private synchronized void setLeaving() {
        leaving = true;
    }

    /** A sink may still be closing when the drain is over. */
    private void leaveIfEmpty(EventLoop loop, HubLane lane) {
        if (lane.sinkCount() == 0) {
            leave(loop);
            return;
        }
        try {
            loop.schedule(() -> leaveIfEmpty(loop, lane), CHECK_MILLIS, TimeUnit.MILLISECONDS);
        } catch (RejectedExecutionException e) {
            leave(loop);
        }
    }

    private void leave(EventLoop loop) {
        Joined joined = byLoop.remove(loop);
        if (joined != null) {
            TransportAccess.of(hub).leave(joined.lane());
        }
    }

    private static void whenEnded(EventLoop loop, Runnable task) {
        try {
            loop.terminationFuture().addListener(ended -> task.run());
        } catch (UnsupportedOperationException e) {
            // The event loop of an embedded channel never ends.
        }
    }
}
