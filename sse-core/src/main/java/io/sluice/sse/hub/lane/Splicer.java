package io.sluice.sse.hub.lane;

import io.sluice.sse.hub.log.Entries;
import io.sluice.sse.hub.log.LogEntry;
import java.util.Arrays;

/** Merges the topics of a set by position, out of the frames that the topics have alone. Confined to its lane. */
final class Splicer {

    private final HubLane lane;

    /** What the pass that runs has copied. */
    private final Entries entries;

    private final DirtyTopics dirty;

    private final Splice splice = new Splice();
    private long[] order = new long[64];

    Splicer(HubLane lane, Entries entries, DirtyTopics dirty) {
        this.lane = lane;
        this.entries = entries;
        this.dirty = dirty;
    }

    /** Adds the frames of a set of several topics to it; each topic has its own frame already. */
    void spliceInto(DirtySet set) {
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
                // Position and index in one number: what is dirty together spans fewer than 2^31 positions.
                order[count++] = ((entries.get(i).position - base) << 32) | i;
            }
        }
        Arrays.sort(order, 0, count);
        long previous = lane.position;
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
        Frame frame = lane.framer().splice(splice);
        frame.events = events;
        frame.lastPosition = entries.get(lastIndex).position;
        frame.lastSentPosition = LaneFrames.lastSentPositionOf(entries, lastIndex, lastIndex + 1);
        splice.clear();
        return frame;
    }
}
