package io.sluice.sse.hub.lane;

import io.sluice.sse.hub.log.Entries;
import io.sluice.sse.hub.log.LogEntry;
import io.sluice.sse.hub.log.LoggedEvent;
import io.sluice.sse.topic.Recipients;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.BitSet;
import java.util.Comparator;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What the sinks of a set receive that is not plain: only what is meant for them, through their filter, in an envelope.
 * Framed once for all sinks of a set to whom the same is due. Confined to its lane.
 */
final class ViewFrames {

    /** As {@link Entries#sortByPosition}. */
    private static final Comparator<LoggedEvent> BY_POSITION = Comparator.comparingLong(
                    (LoggedEvent event) -> event.entry.position)
            .thenComparing(LoggedEvent::topic);

    private final HubLane lane;

    /** What the pass that runs has copied, and beside it what filters have seen of it. */
    private final Entries entries;

    private @Nullable LoggedEvent[] events = new @Nullable LoggedEvent[0];

    private final List<LoggedEvent> merged = new ArrayList<>();
    private final Entries due = new Entries();
    private final BitSet belongsTo = new BitSet();

    ViewFrames(HubLane lane, Entries entries) {
        this.lane = lane;
        this.entries = entries;
    }

    List<Frame> of(DirtySet set, LaneSink sink) {
        List<Recipients> recipients = set.recipients(entries);
        belongsTo.clear();
        for (int i = 0; i < recipients.size(); i++) {
            if (recipients.get(i).include(sink)) {
                belongsTo.set(i);
            }
        }
        List<Frame> frames = set.framesFor(belongsTo);
        if (frames == null) {
            frames = frame(set, sink);
            set.setFramesFor(belongsTo, frames);
        }
        return frames;
    }

    private List<Frame> frame(DirtySet set, LaneSink sink) {
        List<Frame> frames = new ArrayList<>(1);
        try {
            merge(set);
            collectDue(set.view(), sink);
            int from = 0;
            int bytes = 0;
            for (int i = 0; i < due.size(); i++) {
                int next = due.get(i).wire.length;
                if (i > from && bytes + next > HubLane.FRAME_BYTES) {
                    frames.add(lane.frames.range(due, from, i));
                    from = i;
                    bytes = 0;
                }
                bytes += next;
            }
            if (due.size() > from) {
                frames.add(lane.frames.range(due, from, due.size()));
            }
            return frames;
        } catch (RuntimeException | Error e) {
            DirtySet.release(frames, lane.framer());
            throw e;
        } finally {
            merged.clear();
            due.clear();
        }
    }

    private void merge(DirtySet set) {
        for (DirtySet at = set; at != null; at = at.parent()) {
            for (int i = at.last().from; i < at.last().to; i++) {
                merged.add(event(i));
            }
        }
        if (!set.isSingle()) {
            merged.sort(BY_POSITION);
        }
    }

    private void collectDue(@Nullable EventView view, LaneSink sink) {
        long last = lane.position;
        for (int i = 0; i < merged.size(); i++) {
            LoggedEvent event = merged.get(i);
            // The same event in another of its topics is asked about only if it was not let through before.
            LogEntry form = event.entry.position == last ? null : EventView.formFor(event, sink, view);
            if (form != null) {
                due.add(form);
                last = form.position;
            }
        }
    }

    /** One for all views, so that an event is read and put into its envelope once. */
    private LoggedEvent event(int index) {
        if (index >= events.length) {
            events = Arrays.copyOf(events, Math.max(64, entries.size() * 2));
        }
        LoggedEvent event = events[index];
        if (event == null) {
            event = new LoggedEvent(entries.get(index));
            events[index] = event;
        }
        return event;
    }

    /** The pass has ended, and its entries belong to rings alone again. */
    void end() {
        if (events.length > 0) {
            events = new @Nullable LoggedEvent[0];
        }
    }
}
