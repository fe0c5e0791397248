package io.sluice.sse.hub.lane;

import io.sluice.sse.CloseReason;
import io.sluice.sse.Event;
import io.sluice.sse.Gap;
import io.sluice.sse.wire.EventEncoder;
import org.jspecify.annotations.Nullable;

/** Writes a block that sets a client's position, and reports the gap if the block is one. Confined to the lane. */
final class GapNotice {

    private GapNotice() {}

    /**
     * Writes the block, counts the gap and flushes. The flush may find the client gone and close the sink.
     *
     * @param position the position that the client knows after this block; 0 if the block changes nothing
     * @param gap what the block reports, or null
     */
    static void send(HubLane lane, LaneSink sink, Event block, long position, @Nullable Gap gap) {
        lane.frames.writeBlock(sink, EventEncoder.encode(block), position, lane);
        if (gap != null) {
            lane.core().counters().addGap(sink, gap); // before the flush, which may close the sink
        }
        sink.flush();
    }

    /**
     * Counts the gap of a bare stream and closes its sink. The protocol of such a stream has no block for a gap, and
     * the client must not take the stream for complete.
     */
    static void endBare(HubLane lane, LaneSink sink, Gap gap) {
        lane.core().counters().addGap(sink, gap);
        sink.close(CloseReason.SLOW_CONSUMER);
    }
}
