package io.sluice.sse.hub.lane;

import io.sluice.sse.hub.core.HubCounters;
import io.sluice.sse.hub.log.Entries;
import io.sluice.sse.hub.log.LogEntry;
import java.util.List;

/**
 * Makes the frames of a lane and releases them; no other part calls the {@link Framer}. It records in each frame how
 * far it brings a client. Confined to the lane.
 */
final class LaneFrames {

    private final Framer framer;
    private final HubCounters counters;
    private final Entries blocks = new Entries();
    private final Batch batch = new Batch();

    LaneFrames(Framer framer, HubCounters counters) {
        this.framer = framer;
        this.counters = counters;
    }

    // ---- making

    /** Frames a range of hub events. The caller releases the frame. */
    Frame range(Entries entries, int from, int to) {
        Frame frame = framer.frame(batch.set(entries, from, to));
        frame.events = to - from;
        frame.lastPosition = entries.get(to - 1).position;
        frame.lastSentPosition = lastSentPositionOf(entries, to - 1);
        counters.addFrame();
        return frame;
    }

    /**
     * Frames blocks of frames that exist already. The caller releases the frame.
     *
     * @param last the last entry of the splice
     */
    Frame splice(Splice splice, int events, Entries entries, int last) {
        Frame frame = framer.splice(splice);
        frame.events = events;
        frame.lastPosition = entries.get(last).position;
        frame.lastSentPosition = lastSentPositionOf(entries, last);
        return frame;
    }

    /**
     * Frames one block that is no event of the hub, such as a heartbeat. The caller releases the frame.
     *
     * @param lastSentPosition the position that a client knows after the block; 0 if the block has no id of the hub
     */
    Frame block(byte[] wire, long lastSentPosition) {
        blocks.clear();
        blocks.add(new LogEntry(lastSentPosition, 0, "", wire));
        return frameOfBlocks(lastSentPosition);
    }

    /** Frames a block as {@link #block}, writes it to one sink and releases the frame. */
    void writeBlock(LaneSink sink, byte[] wire, long lastSentPosition, HubLane lane) {
        Frame frame = block(wire, lastSentPosition);
        try {
            sink.put(frame, lane);
        } finally {
            release(frame);
        }
    }

    /** Frames direct sends as {@link #block}, writes the frame to one sink and releases it. */
    void writeBlocks(LaneSink sink, DirectSends sends, HubLane lane) {
        Frame frame = frameOf(sends);
        try {
            sink.put(frame, lane);
        } finally {
            release(frame);
        }
    }

    /** As {@link #writeBlocks}, and sends the frame. @return as {@link SinkTransport#putAndFlush} */
    boolean writeBlocksAndFlush(LaneSink sink, DirectSends sends, HubLane lane) {
        Frame frame = frameOf(sends);
        try {
            return sink.putAndFlush(frame, lane);
        } finally {
            release(frame);
        }
    }

    private Frame frameOf(DirectSends sends) {
        blocks.clear();
        for (DirectSend send = sends.first(); send != null; send = send.next) {
            blocks.add(new LogEntry(0, 0, "", send.wire));
        }
        return frameOfBlocks(0);
    }

    /** Frames the blocks that {@link #blocks} holds, and forgets them. */
    private Frame frameOfBlocks(long lastSentPosition) {
        try {
            Frame frame = framer.frame(batch.set(blocks, 0, blocks.size()));
            frame.events = 0;
            frame.lastPosition = lastSentPosition;
            frame.lastSentPosition = lastSentPosition;
            return frame;
        } finally {
            blocks.clear();
        }
    }

    /** A client does not learn its position from an id of the publisher, which the hub may forget before it returns. */
    private static long lastSentPositionOf(Entries entries, int last) {
        LogEntry entry = entries.get(last);
        return entry.publisherId() == null ? entry.position : 0;
    }

    // ---- releasing

    /** As {@link Framer#release}. */
    void release(Frame frame) {
        framer.release(frame);
    }

    /** Releases the frames of a list and clears it. Each frame is released once, also if that fails. */
    void releaseAll(List<Frame> frames) {
        while (!frames.isEmpty()) {
            framer.release(frames.remove(frames.size() - 1));
        }
    }

    /** As {@link Framer#releaseSent}. */
    void releaseSent() {
        framer.releaseSent();
    }

    /** As {@link Framer#inFlight}. */
    int inFlight() {
        return framer.inFlight();
    }

    /** As {@link Framer#heldBytes}. */
    long heldBytes() {
        return framer.heldBytes();
    }
}
