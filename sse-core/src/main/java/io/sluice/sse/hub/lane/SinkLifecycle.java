package io.sluice.sse.hub.lane;

import io.sluice.sse.CloseReason;
import io.sluice.sse.ClosedException;
import io.sluice.sse.Ledger;
import io.sluice.sse.hub.core.HubCore;
import io.sluice.sse.topic.Selector;
import io.sluice.sse.topic.StartPosition;
import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;

/** Opens the sinks of a lane and ends them: the first block, the end event, and the counts. Confined to the lane. */
final class SinkLifecycle {

    private final HubLane lane;
    private final HubCore core;
    private final LaneSinks sinks;
    private final LaneTurns turns;
    private final LaneTicker ticker;
    private final LaneSubscriptions subscriptions;

    SinkLifecycle(HubLane lane, LaneSinks sinks, LaneTurns turns, LaneTicker ticker, LaneSubscriptions subscriptions) {
        this.lane = lane;
        this.core = lane.core();
        this.sinks = sinks;
        this.turns = turns;
        this.ticker = ticker;
        this.subscriptions = subscriptions;
    }

    /** As {@link LaneSink#open}, without the source. */
    void open(LaneSink sink, @Nullable Selector selector, StartPosition start) {
        assert lane.isInLane();
        if (sink.scope().isClosed()) {
            throw new ClosedException("sink " + sink.id(), sink.scope().reason());
        }
        if (sink.isOpened()) {
            throw new IllegalStateException("sink " + sink.id() + " is open already");
        }
        // Either this call sees the closed hub, or the closing hub, which comes to this lane next, sees the sink.
        core.log().requireOpen();
        lane.nowNanos = lane.lane().nanoTime();
        ResumePoint point = selector == null ? null : subscriptions.begin(sink, selector, start);
        sink.opened(lane.nowNanos, ticker.stallClockNanos());
        sinks.add(sink);
        core.ledger().add(Ledger.Kind.SINKS, 1);
        core.presence().opened(sink);
        ticker.start();
        core.counters().addOpened(sink);
        if (point != null && point.gap() != null && sink.options().isBare()) {
            GapNotice.endBare(lane, sink, point.gap());
        }
        if (sink.isGone()) { // an observer has closed it, or a gap; the owner of the connection responds
            throw new ClosedException("sink " + sink.id(), sink.scope().reason());
        }
        FirstBlock.write(lane, sink, point);
        ticker.checkIdentity(sink);
        lane.catchUp.add(sink);
        lane.wake();
    }

    /** The sink begins to close: it receives nothing from here on, and leaves its topics before the next pass. */
    void leave(LaneSink sink, CloseReason reason, boolean isComplete) {
        assert lane.isConfined();
        boolean isServed = sink.isOpened() && isOrderly(reason) && !losesAccess(reason);
        boolean isFlushed = !isServed || turns.flushBeforeEndOf(sink);
        sink.setGone();
        try {
            // A source's end is not final for a client that misses events: it reconnects and gets them.
            boolean isFinal = isComplete && (isFlushed || reason != CloseReason.SOURCE_COMPLETED);
            if (isServed) {
                // What the source sent before the end.
                lane.directSends.writeLast(sink);
            }
            if (sink.isOpened() && isFinal && !sink.options().isBare()) {
                writeEndEvent(sink, reason);
            }
        } finally {
            subscriptions.endAll(sink);
        }
    }

    /** Whether the client can still receive the end of its stream. */
    static boolean isOrderly(CloseReason reason) {
        return switch (reason) {
            case CLIENT_LEFT, RESET, WRITE_TIMEOUT, SLOW_CONSUMER, PROTOCOL_ERROR -> false;
            default -> true;
        };
    }

    /** Whether the client must not receive what still waits for it. */
    private static boolean losesAccess(CloseReason reason) {
        return reason == CloseReason.REVOKED || reason == CloseReason.IDENTITY_EXPIRED;
    }

    private void writeEndEvent(LaneSink sink, CloseReason reason) {
        String id = CloseReason.END_ID_PREFIX + core.sequencer().idOf(core.log().head());
        // As text, because the name is reserved: no event with it can be built.
        String end = "id: " + id + "\nevent: " + CloseReason.END_EVENT_NAME + "\ndata: {\"reason\":\"" + reason.tag()
                + "\"}\n\n";
        lane.frames.writeBlock(sink, end.getBytes(StandardCharsets.US_ASCII), 0, lane);
    }

    /** The sink has closed: it leaves the lane and the counts. */
    void closed(LaneSink sink, CloseReason reason) {
        assert lane.isConfined();
        sinks.remove(sink);
        lane.frames.releaseSent();
        if (sinks.size() == 0) {
            ticker.stop();
        }
        core.ledger().add(Ledger.Kind.SINKS, -1);
        core.counters().addClosed(sink, reason);
        core.presence().closed(sink);
        if (sinks.size() == 0) {
            turns.scheduler().onLastSinkClosed();
        }
    }
}
