package io.sluice.sse.hub.lane;

import io.sluice.sse.hub.log.Entries;
import io.sluice.sse.hub.log.StartBounds;
import io.sluice.sse.topic.Recipients;
import java.util.Arrays;
import java.util.BitSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * The last ranges that were framed for sinks that are behind. Clients that were disconnected together reconnect
 * together, so the ranges are kept while the lane's position does not move. Confined to the lane.
 */
final class RecentRanges {

    private final LaneFrames frames;
    private final @Nullable Range[] recent = new @Nullable Range[8];
    /** The place of the oldest range, which the next one takes. */
    private int oldest;

    /**
     * A range that was framed for one sink. It also serves sinks with the same lists, view and position for which the
     * same events are meant.
     */
    static final class Range {
        private final SubscriberList[] lists;
        private final @Nullable EventView view;
        private final StartBounds bounds;
        private final long after;
        private final long lanePosition;
        /** The recipients of the events that are not meant for every subscriber. */
        private final List<Recipients> recipients;
        /** Which of the recipients include the first sink. */
        private final BitSet belongsTo = new BitSet(0);

        /** The bytes of the range, if it is one event that is larger than a small frame; otherwise 0. */
        private final int largeBytes;

        /** The position up to which the range is complete. */
        long end;

        /** The events; null if none of them is meant for these sinks. */
        @Nullable
        Frame frame;

        /** @param entries all events of the range, also those that are not meant for the sink */
        Range(LaneSink sink, long lanePosition, Entries entries) {
            this.lists = sink.requireSelection().lists();
            this.view = sink.view();
            this.bounds = boundsOf(sink);
            this.after = sink.position();
            this.lanePosition = lanePosition;
            int first = entries.size() == 1 ? entries.get(0).wire.length : 0;
            this.largeBytes = first > HubLane.SMALL_FRAME_BYTES ? first : 0;
            this.recipients = entries.hasRecipients() ? recipientsOf(entries) : List.of();
            for (int i = 0; i < recipients.size(); i++) {
                belongsTo.set(i, recipients.get(i).include(sink));
            }
        }

        private static List<Recipients> recipientsOf(Entries entries) {
            Set<Recipients> found = new LinkedHashSet<>();
            entries.collectRecipients(0, entries.size(), found);
            return List.copyOf(found);
        }

        private boolean serves(LaneSink sink, long position) {
            return after == sink.position()
                    && lanePosition == position
                    && Arrays.equals(lists, sink.requireSelection().lists())
                    && Objects.equals(view, sink.view())
                    && bounds.equals(boundsOf(sink))
                    && belongsToTheSame(sink);
        }

        private boolean belongsToTheSame(LaneSink sink) {
            for (int i = 0; i < recipients.size(); i++) {
                if (recipients.get(i).include(sink) != belongsTo.get(i)) {
                    return false;
                }
            }
            return true;
        }
    }

    RecentRanges(LaneFrames frames) {
        this.frames = frames;
    }

    /** Whether a sink may share ranges: only with a single subscription that has begun before its position. */
    static boolean isSharing(LaneSink sink) {
        Selection selection = sink.requireSelection();
        return selection.isSingle() && selection.first().since() <= sink.position();
    }

    /** What a single subscription still leaves out. */
    static StartBounds boundsOf(LaneSink sink) {
        return sink.requireSelection().first().bounds().remaining(sink.position());
    }

    /** The range that serves the sink, or null. */
    @Nullable
    Range find(LaneSink sink, long lanePosition) {
        if (!isSharing(sink)) {
            return null;
        }
        for (Range range : recent) {
            if (range != null && range.serves(sink, lanePosition)) {
                return range;
            }
        }
        return null;
    }

    /** Keeps the range. Its frame belongs to this object from now on. */
    void remember(Range range) {
        Range last = recent[oldest];
        recent[oldest] = range;
        oldest = (oldest + 1) % recent.length;
        release(last);
    }

    /** The bytes of the large events in these ranges. Clients may hold them too; {@code Framer} counts them later. */
    long largeBytes() {
        long bytes = 0;
        for (Range range : recent) {
            bytes += range == null ? 0 : range.largeBytes;
        }
        return bytes;
    }

    /** Releases all ranges. Otherwise the buffers of the last replay would stay until the next one. */
    void releaseAll() {
        for (int i = 0; i < recent.length; i++) {
            Range range = recent[i];
            recent[i] = null;
            release(range);
        }
    }

    private void release(@Nullable Range range) {
        if (range != null && range.frame != null) {
            frames.release(range.frame);
        }
    }
}
