package io.sluice.sse.hub.lane;

import io.sluice.sse.hub.log.Entries;
import io.sluice.sse.hub.log.LogEntry;
import io.sluice.sse.hub.log.StartBounds;
import io.sluice.sse.hub.log.Topic;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * The next events of a sink that is behind in many topics, in the order of their positions. A pattern is searched for
 * them once, and they serve several frames; otherwise each frame would look at every topic of the pattern. Also for
 * other sinks with the same lists that are within this range.
 *
 * <p>It has topics and positions, but no entries. A ring may therefore evict an entry meanwhile, which {@link #entry}
 * and {@link #isLost} report. The topics are searched again then. Immutable. Confined to the lane.
 */
final class UpcomingEvents {

    /** A search of fewer topics than this is repeated for each frame. */
    static final int MANY_TOPICS = 64;

    /** At most this many events are kept of one search: about twelve bytes each. */
    private static final int MAX_EVENTS = 2048;

    private final SubscriberList[] lists;
    private final StartBounds bounds;
    private final long reportedEvictions;

    private final long after;
    private final long end;
    private final long[] positions;
    private final Topic[] topics;

    private UpcomingEvents(LaneSink sink, long after, long end, long[] positions, Topic[] topics) {
        this.lists = sink.requireSelection().lists();
        this.bounds = sink.requireSelection().first().bounds();
        this.reportedEvictions = sink.reportedEvictions();
        this.after = after;
        this.end = end;
        this.positions = positions;
        this.topics = topics;
    }

    /**
     * Takes the next events from the merge, which has no further event at or below {@code after}.
     *
     * @param limit the position up to which the merge has all events
     */
    static UpcomingEvents take(LaneSink sink, TopicMerge merge, long after, long limit) {
        long[] positions = new long[MAX_EVENTS];
        Topic[] topics = new Topic[MAX_EVENTS];
        int size = 0;
        LogEntry next = merge.first();
        for (; next != null && size < MAX_EVENTS; next = merge.first()) {
            positions[size] = next.position;
            topics[size++] = merge.firstTopic();
            merge.advance(limit);
        }
        long end = next == null ? limit : next.position - 1;
        while (size > 0 && positions[size - 1] > end) {
            size--; // the same event in a further topic
        }
        return new UpcomingEvents(sink, after, end, Arrays.copyOf(positions, size), Arrays.copyOf(topics, size));
    }

    /** Whether they serve the sink at its position. */
    boolean serve(LaneSink sink) {
        long position = sink.position();
        // What this sink has missed, the sink of the search had missed too, and no gap was due to that one.
        return position >= after
                && position < end
                && sink.reportedEvictions() >= reportedEvictions
                && RecentRanges.isSharing(sink)
                && Arrays.equals(lists, sink.requireSelection().lists())
                && bounds.remaining(position).equals(RecentRanges.boundsOf(sink));
    }

    /** The position up to which no event is left out. */
    long end() {
        return end;
    }

    int size() {
        return positions.length;
    }

    /** The index of the first event after a position. */
    int indexAfter(long position) {
        int found = Arrays.binarySearch(positions, position + 1);
        int index = found < 0 ? -found - 1 : found;
        while (index > 0 && positions[index - 1] > position) {
            index--; // the same event in several topics
        }
        return index;
    }

    /** An event; null if its topic does not keep it any more, or if the sink does not need it. */
    @Nullable
    LogEntry entry(int index, Entries buffer) {
        Topic topic = topics[index];
        long position = positions[index];
        topic.log.copy(position - 1, end, 1, buffer);
        LogEntry entry = buffer.isEmpty() ? null : buffer.get(0);
        buffer.clear();
        if (entry == null || entry.position != position) {
            return null;
        }
        boolean isOldState = topic.conflates() && position <= bounds.state() && entry.isSuperseded();
        return isOldState ? null : entry;
    }

    /** Whether an event that {@link #entry} has not found may be lost, or in the history. To be called afterwards. */
    boolean isLost(int index) {
        return topics[index].log.isLapped(positions[index] - 1);
    }
}
