package io.sluice.sse.hub.lane;

import io.sluice.sse.hub.log.Entries;
import io.sluice.sse.hub.log.LogEntry;
import java.util.Arrays;

/** Merges the topics of a set by position, from the blocks of the frames that each topic has. Confined to the lane. */
final class Splicer {

    private final LaneFrames frames;
    /** The events that the running pass has copied. */
    private final Entries entries;

    private final DirtyTopics dirty;

    private final Splice splice = new Splice();
    private long[] order = new long[64];

    Splicer(LaneFrames frames, Entries entries, DirtyTopics dirty) {
        this.frames = frames;
        this.entries = entries;
        this.dirty = dirty;
    }

    /** Adds the frames of a set with several topics to it. Each topic already has a frame of its own. */
    void spliceInto(DirtySet set, long lanePosition) {
        long base = Long.MAX_VALUE;
        for (DirtySet at = set; at != null; at = at.parent()) {
            base = Math.min(base, entries.get(at.last().from).position);
        }
        int count = 0;
        for (DirtySet at = set; at != null; at = at.parent()) {
            TopicSubscribers topic = at.last();
            for (int i = topic.from; i < topic.to; i++) {
                if (count == order.length) {
                    order = Arrays.copyOf(order, count * 2);
                }
                // Position and index in one number: the ranges of a pass span fewer than 2^31 positions.
                order[count++] = ((entries.get(i).position - base) << 32) | i;
            }
        }
        Arrays.sort(order, 0, count);
        long previous = lanePosition;
        int bytes = 0;
        int events = 0;
        int lastIndex = -1;
        splice.clear();
        for (int i = 0; i < count; i++) {
            int index = (int) order[i];
            LogEntry entry = entries.get(index);
            if (entry.position == previous) {
                continue; // published to two topics of this set
            }
            if (events > 0 && bytes + entry.wire.length > HubLane.FRAME_BYTES) {
                set.frames.add(spliced(events, lastIndex));
                bytes = 0;
                events = 0;
            }
            TopicSubscribers topic = dirty.ofEntry(index);
            splice.add(topic.single().frames.get(0), index - topic.from);
            previous = entry.position;
            bytes += entry.wire.length;
            events++;
            lastIndex = index;
        }
        set.frames.add(spliced(events, lastIndex));
    }

    private Frame spliced(int events, int lastIndex) {
        Frame frame = frames.splice(splice, events, entries, lastIndex);
        splice.clear();
        return frame;
    }
}
