package io.sluice.sse.hub.lane;

import io.sluice.sse.ClosedException;

/**
 * Writes what was sent to sinks directly. Events that wait together become one frame. Confined to the lane.
 *
 * <p>A write can end another sink, whose last events are written within it. So each call has a list of its own.
 */
final class DirectSendWriter {

    private final HubLane lane;
    private final LaneFrames frames;

    DirectSendWriter(HubLane lane) {
        this.lane = lane;
        this.frames = lane.frames;
    }

    /**
     * Writes the direct sends of a sink while its connection takes them.
     *
     * @return whether all direct sends are written
     */
    boolean write(LaneSink sink) {
        assert lane.isConfined();
        if (!sink.hasDirectSends()) {
            return true;
        }
        DirectSendQueue queue = sink.directSends();
        DirectSends batch = new DirectSends();
        boolean written = false;
        while (sink.canWrite()) {
            boolean none = queue.moveTo(batch, Math.min(HubLane.FRAME_BYTES, sink.room()));
            if (batch.isEmpty()) {
                break;
            }
            if (none && !written) {
                writeAndFlush(sink, batch);
                queue.notifyIfWritable();
                return queue.isEmpty();
            }
            write(sink, batch);
            written = true;
        }
        if (written) {
            sink.flush();
            queue.notifyIfWritable();
        }
        return queue.isEmpty();
    }

    /** Writes all direct sends of a sink whose stream ends. A full connection takes them, too: the queue is bounded. */
    void writeLast(LaneSink sink) {
        assert lane.isConfined();
        if (!sink.hasDirectSends()) {
            return;
        }
        DirectSendQueue queue = sink.directSends();
        DirectSends batch = new DirectSends();
        while (!queue.isEmpty()) {
            queue.moveTo(batch, HubLane.FRAME_BYTES);
            write(sink, batch);
        }
        sink.flush();
    }

    private void write(LaneSink sink, DirectSends batch) {
        try {
            frames.writeBlocks(sink, batch, lane);
        } catch (RuntimeException | Error e) {
            batch.fail(e);
            throw e;
        }
        succeed(sink, batch);
    }

    /** For the only frame of a flush, the usual case: the transport may have a cheaper way for it. */
    private void writeAndFlush(LaneSink sink, DirectSends batch) {
        boolean passed;
        try {
            passed = frames.writeBlocksAndFlush(sink, batch, lane);
        } catch (RuntimeException | Error e) {
            batch.fail(e);
            throw e;
        }
        if (passed) {
            succeed(sink, batch);
        } else {
            batch.fail(new ClosedException("sink " + sink.id(), sink.scope().reason()));
        }
    }

    private void succeed(LaneSink sink, DirectSends batch) {
        for (DirectSend send = batch.first(); send != null; send = send.next) {
            if (send.isGap()) {
                lane.core().counters().addGap(sink, DirectSend.GAP);
            }
        }
        batch.succeed();
    }
}
