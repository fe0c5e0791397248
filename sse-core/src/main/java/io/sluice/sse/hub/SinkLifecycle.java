package io.sluice.sse.hub;

import io.sluice.sse.CloseReason;
import io.sluice.sse.ClosedException;
import io.sluice.sse.Event;
import io.sluice.sse.Gap;
import io.sluice.sse.Ledger;
import io.sluice.sse.wire.EventEncoder;
import org.jspecify.annotations.Nullable;

/** How sinks open on a lane, and how they leave it: first block, last words, and what counts them. Confined to the lane. */
final class SinkLifecycle {

    /** Of the last event of a stream whose client shall stay away. */
    static final String END_EVENT_NAME = "end";

    private final HubLane lane;
    private final Hub hub;

    SinkLifecycle(HubLane lane) {
        this.lane = lane;
        this.hub = lane.hub();
    }

    /** As {@link LaneSink#open}, but for the source. */
    void open(LaneSink sink, @Nullable Selector selector, StartPosition start) {
        assert lane.lane().inLane();
        if (sink.scope().isClosed()) {
            throw new ClosedException("sink " + sink.id(), sink.scope().reason());
        }
        if (sink.opened) {
            throw new IllegalStateException("sink " + sink.id() + " is open already");
        }
        // Either this sees the closed hub, or the closing hub, which comes to this lane next, sees the sink.
        hub.log().requireOpen();
        lane.nowNanos = lane.lane().nanoTime();
        ResumePoint opening = selector == null ? null : lane.subscriptions.begin(sink, selector, start);
        sink.opened = true;
        sink.openedNanos = lane.nowNanos;
        sink.progressNanos = lane.ticker.observedNanos();
        lane.sinks.add(sink);
        hub.ledger().add(Ledger.Kind.SINKS, 1);
        hub.presences().opened(sink);
        lane.ticker.start();
        hub.counters().opened(sink);
        if (sink.gone) { // an observer has closed it: whoever holds the connection answers
            throw new ClosedException("sink " + sink.id(), sink.scope().reason());
        }
        writeFirstBlock(sink, opening);
        lane.catchUp.add(sink);
        lane.wake();
    }

    /** One block for both: a client that is cut inside it knows neither the position nor the gap. */
    private void writeFirstBlock(LaneSink sink, @Nullable ResumePoint opening) {
        Gap gap = opening == null ? null : opening.gap();
        Event.Builder first = gap == null ? Event.builder() : gap.toEvent().toBuilder();
        if (gap == null && opening != null && !sink.isAwaitingStart()) {
            first.id(hub.sequencer().idOf(opening.position()));
        }
        Event block = first.retry(lane.options().drawRetry()).build();
        lane.frames.writeOwn(sink, EventEncoder.encode(block), 0);
        if (gap != null) {
            hub.counters().gap(sink, gap); // before the flush, which may end the sink
        }
        sink.flush();
    }

    /** The sink ends: it hears nothing from here on, and leaves its topics before the next pass. */
    void leave(LaneSink sink, CloseReason reason, boolean forGood) {
        if (sink.opened && isOrderly(reason)) {
            lane.flushBeforeTheEndOf(sink);
        }
        sink.gone = true;
        try {
            writeEndEvent(sink, reason, forGood);
        } finally {
            lane.subscriptions.endAll(sink);
        }
    }

    /** Whether the client can still hear how its stream ends. */
    static boolean isOrderly(CloseReason reason) {
        return switch (reason) {
            case CLIENT_LEFT, RESET, WRITE_TIMEOUT, SLOW_CONSUMER, PROTOCOL_ERROR -> false;
            default -> true;
        };
    }

    private void writeEndEvent(LaneSink sink, CloseReason reason, boolean forGood) {
        if (sink.opened && reason == CloseReason.SOURCE_COMPLETED) {
            lane.catchUp.writeDirectSends(sink, true);
        }
        if (sink.opened && forGood) {
            Event end = Event.builder()
                    .name(END_EVENT_NAME)
                    .id(Hub.END_ID_PREFIX + hub.sequencer().idOf(hub.log().head()))
                    .data("{\"reason\":\"" + reason.tag() + "\"}")
                    .build();
            lane.frames.writeOwn(sink, EventEncoder.encode(end), 0);
        }
    }

    /** It has ended: out of the lane's sinks, and counted. */
    void closed(LaneSink sink, CloseReason reason) {
        lane.sinks.remove(sink);
        lane.framer().sweep();
        if (lane.sinks.size() == 0) {
            lane.ticker.stop();
        }
        hub.ledger().add(Ledger.Kind.SINKS, -1);
        hub.counters().closed(sink, reason);
        hub.presences().closed(sink);
        if (lane.sinks.size() == 0) {
            lane.pacing.hurry();
        }
    }
}
