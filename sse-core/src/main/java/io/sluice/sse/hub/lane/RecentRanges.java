package io.sluice.sse.hub.lane;

import io.sluice.sse.hub.log.Entries;
import io.sluice.sse.topic.Recipients;
import java.util.Arrays;
import java.util.BitSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * The last ranges that were framed for a sink that is behind. Clients that were cut together come back together, so they are
 * kept while the lane stands where it stood. Confined to its lane.
 */
final class RecentRanges {

    private final HubLane lane;
    private final @Nullable Range[] recent = new @Nullable Range[8];
    private int oldest;

    /** A range as it was framed for one sink, for others with the same selection and position, to whom the same is due. */
    static final class Range {
        private final SubscriberList[] lists;
        private final @Nullable EventView view;
        private final long after;
        private final long lanePosition;
        /** Of what is not meant for everybody: whom it is meant for, and to which of these the first sink belongs. */
        private final List<Recipients> recipients;

        private final BitSet belongsTo = new BitSet(0);

        /** Up to where it is whole. */
        long end;

        /** Null if nothing of it was due. */
        @Nullable
        Frame frame;

        /** @param entries all that lies in the range, whoever it is meant for */
        Range(LaneSink sink, long lanePosition, Entries entries) {
            this.lists = sink.requireSelection().lists();
            this.view = sink.view();
            this.after = sink.position();
            this.lanePosition = lanePosition;
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

    RecentRanges(HubLane lane) {
        this.lane = lane;
    }

    /** A sink with several subscriptions, or one that began late, is compared with nobody: it is served by itself. */
    static boolean isSharing(LaneSink sink) {
        Selection selection = sink.requireSelection();
        return selection.isSingle() && selection.hasBegun(sink.position());
    }

    @Nullable
    Range find(LaneSink sink) {
        if (!isSharing(sink)) {
            return null;
        }
        for (Range range : recent) {
            if (range != null && range.serves(sink, lane.position)) {
                return range;
            }
        }
        return null;
    }

    /** Takes the frame over. */
    void remember(Range range) {
        Range last = recent[oldest];
        recent[oldest] = range;
        oldest = (oldest + 1) % recent.length;
        forget(last);
    }

    /** Lets the recent ranges go; without this the last replay's buffers would stay until the next one. */
    void forgetAll() {
        for (int i = 0; i < recent.length; i++) {
            Range range = recent[i];
            recent[i] = null;
            forget(range);
        }
    }

    private void forget(@Nullable Range range) {
        if (range != null && range.frame != null) {
            lane.framer().done(range.frame);
        }
    }
}
