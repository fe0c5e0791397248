package io.sluice.sse.hub.lane;

import io.sluice.sse.hub.log.Entries;
import io.sluice.sse.hub.log.LogEntry;

/**
 * Makes the frames of a lane, says of each what it tells its clients, and writes blocks of the lane's own. Confined to its
 * lane.
 */
final class LaneFrames {

    private final HubLane lane;
    private final Entries own = new Entries();
    private final Batch batch = new Batch();

    LaneFrames(HubLane lane) {
        this.lane = lane;
    }

    /** Writes one block of the lane's own, which is no event of the hub. */
    void writeOwn(LaneSink sink, byte[] block, long lastSentPosition) {
        Frame frame = own(block, lastSentPosition);
        try {
            sink.put(frame, lane);
        } finally {
            lane.framer().done(frame);
        }
    }

    /** Frames one block of the lane's own; the caller says when it is done with it. */
    Frame own(byte[] block, long lastSentPosition) {
        own.clear();
        own.add(new LogEntry(lastSentPosition, 0, "", block));
        Frame frame = lane.framer().frame(batch.set(own, 0, 1));
        frame.events = 0;
        frame.lastPosition = lastSentPosition;
        frame.lastSentPosition = lastSentPosition;
        own.clear();
        return frame;
    }

    /** Frames a range of hub events. */
    Frame range(Entries entries, int from, int to) {
        Frame frame = lane.framer().frame(batch.set(entries, from, to));
        frame.events = to - from;
        frame.lastPosition = entries.get(to - 1).position;
        frame.lastSentPosition = lastSentPositionOf(entries, from, to);
        lane.core().counters().addFrame();
        return frame;
    }

    /** Events with chosen ids do not tell a client its position, unless the hub still keeps them when it comes back. */
    static long lastSentPositionOf(Entries entries, int from, int to) {
        LogEntry last = entries.get(to - 1);
        return last.publisherId() == null ? last.position : 0;
    }
}
