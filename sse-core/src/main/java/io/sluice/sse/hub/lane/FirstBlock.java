package io.sluice.sse.hub.lane;

import io.sluice.sse.Event;
import io.sluice.sse.Gap;
import io.sluice.sse.wire.EventEncoder;
import org.jspecify.annotations.Nullable;

/**
 * The beginning of a stream. A stream of the hub's own form begins with a block without data: the reconnection time,
 * the position, and the gap if there is one. A bare stream begins with the event of its route, or with no block at all.
 * Confined to the lane.
 */
final class FirstBlock {

    private FirstBlock() {}

    /**
     * Writes and flushes the first block of a sink that opens. Position and gap are one block: a client that is cut
     * inside it knows neither of them.
     */
    static void write(HubLane lane, LaneSink sink, @Nullable ResumePoint point) {
        SinkOptions options = sink.options();
        boolean knowsPosition = point != null && !sink.isAwaitingStart();
        if (options.isBare()) {
            if (point == null || knowsPosition) {
                writeBare(lane, sink, point == null ? 0 : point.position());
            } else { // the first event follows with its id when the history has answered
                sink.begin();
                sink.flush();
            }
            return;
        }
        Gap gap = point == null ? null : point.gap();
        Event.Builder first = gap == null ? Event.builder() : gap.toEvent().toBuilder();
        if (gap == null && point != null && knowsPosition) {
            first.id(lane.sequencer().idOf(point.position()));
        }
        if (options.sendsRetry()) {
            first.retry(lane.options().drawRetry());
        } else if (gap == null && !knowsPosition) { // nothing is left to write
            sink.begin();
            sink.flush();
            return;
        }
        GapNotice.send(lane, sink, first.build(), 0, gap);
    }

    /**
     * Writes the first event of a bare stream, if it has one, and flushes.
     *
     * @param position the position of the client, which is the id of an event without an id; 0 if it has none
     */
    static void writeBare(HubLane lane, LaneSink sink, long position) {
        Event first = sink.options().firstEvent();
        if (first == null) {
            sink.begin();
            sink.flush();
            return;
        }
        Event block = position == 0 || first.id() != null
                ? first
                : first.toBuilder().id(lane.sequencer().idOf(position)).build();
        lane.frames.writeBlock(sink, EventEncoder.encode(block), 0, lane);
        sink.flush();
    }
}
