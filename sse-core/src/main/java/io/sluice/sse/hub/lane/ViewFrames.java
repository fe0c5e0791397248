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
 * Makes the frames of a set that is not plain: only the events that are meant for its sinks, through their filter, in
 * an envelope. They are made once for all sinks of a set that get the same events. Confined to the lane.
 */
final class ViewFrames {

    /** As {@link Entries#sortByPosition}. */
    private static final Comparator<LoggedEvent> BY_POSITION = Comparator.comparingLong(
                    (LoggedEvent event) -> event.entry.position)
            .thenComparing(LoggedEvent::topic);

    private final LaneFrames frames;

    /** The events that the running pass has copied. */
    private final Entries entries;

    /** The same events as filters see them, where a filter has asked. */
    private @Nullable LoggedEvent[] events = new @Nullable LoggedEvent[0];

    private final List<LoggedEvent> merged = new ArrayList<>();
    private final Entries due = new Entries();
    private final BitSet belongsTo = new BitSet();

    ViewFrames(LaneFrames frames, Entries entries) {
        this.frames = frames;
        this.entries = entries;
    }

    /** The frames for one sink of the set. The set owns them. */
    List<Frame> of(DirtySet set, LaneSink sink, long lanePosition) {
        List<Recipients> recipients = set.recipients(entries);
        belongsTo.clear();
        for (int i = 0; i < recipients.size(); i++) {
            if (recipients.get(i).include(sink)) {
                belongsTo.set(i);
            }
        }
        List<Frame> known = set.framesFor(belongsTo);
        if (known == null) {
            known = make(set, sink, lanePosition);
            set.setFramesFor(belongsTo, known);
        }
        return known;
    }

    private List<Frame> make(DirtySet set, LaneSink sink, long lanePosition) {
        List<Frame> made = new ArrayList<>(1);
        try {
            merge(set);
            collectDue(set.view(), sink, lanePosition);
            int from = 0;
            int bytes = 0;
            for (int i = 0; i < due.size(); i++) {
                int next = due.get(i).wire.length;
                if (i > from && bytes + next > HubLane.FRAME_BYTES) {
                    made.add(frames.range(due, from, i));
                    from = i;
                    bytes = 0;
                }
                bytes += next;
            }
            if (due.size() > from) {
                made.add(frames.range(due, from, due.size()));
            }
            return made;
        } catch (RuntimeException | Error e) {
            frames.releaseAll(made);
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

    private void collectDue(@Nullable EventView view, LaneSink sink, long lanePosition) {
        long last = lanePosition;
        for (int i = 0; i < merged.size(); i++) {
            LoggedEvent event = merged.get(i);
            // The view sees the same event in another of its topics only if it rejected the event before.
            LogEntry form = event.entry.position == last ? null : EventView.formFor(event, sink, view);
            if (form != null) {
                due.add(form);
                last = form.position;
            }
        }
    }

    /** One object for all views, so that an event is read and put into its envelope once. */
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

    /** The pass has ended: only the rings hold its entries from now on. */
    void end() {
        if (events.length > 0) {
            events = new @Nullable LoggedEvent[0];
        }
    }
}
