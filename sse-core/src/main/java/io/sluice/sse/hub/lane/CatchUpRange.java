package io.sluice.sse.hub.lane;

import io.sluice.sse.hub.log.Entries;
import io.sluice.sse.hub.log.LogEntry;
import io.sluice.sse.hub.log.LoggedEvent;
import io.sluice.sse.hub.log.StartBounds;
import io.sluice.sse.hub.log.Topic;
import io.sluice.sse.hub.log.TopicLog;
import org.jspecify.annotations.Nullable;

/**
 * The next events for one sink that is behind, at most one frame of them: from the rings, or from a page of the
 * history. Reused for each sink. Confined to the lane.
 */
final class CatchUpRange {

    private final Entries entries = new Entries();
    /** For a sink with a view: the events that go to it, in its form. */
    private final Entries due = new Entries();

    // Of the copy that runs.
    private int room;
    /** Everything up to here is copied. */
    private long limit;
    /** How many topics have contributed. */
    private int topics;

    /** All events of the range, also those that are not meant for the sink. */
    Entries entries() {
        return entries;
    }

    /** The events that {@link #collectDue} has taken from the range. */
    Entries due() {
        return due;
    }

    /** Releases every entry. */
    void clear() {
        entries.clear();
        due.clear();
    }

    /**
     * Copies the events between the sink and its lane, at most a frame.
     *
     * @return the position up to which the copy is complete
     */
    long collect(LaneSink sink, int frameBytes, long lanePosition) {
        room = frameBytes;
        limit = lanePosition;
        topics = 0;
        sink.requireSelection().copyInto(this, sink.position());
        if (topics > 1) {
            sort(sink);
        }
        return shorten(frameBytes);
    }

    /**
     * Copies the events of a topic. Nothing above the limit is copied: another topic fills the frame below it. A client
     * that begins without any state gets only the latest event of each key.
     */
    void copy(Topic topic, long after, StartBounds bounds) {
        int before = entries.size();
        if (topic.log.copy(bounds.after(topic, after), limit, room, entries) == TopicLog.Copied.UP_TO_ROOM) {
            limit = Math.min(limit, entries.get(entries.size() - 1).position);
        }
        if (bounds.state() > 0 && topic.conflates()) {
            entries.dropSuperseded(before, bounds.state());
        }
        topics += entries.size() > before ? 1 : 0;
    }

    /** Keeps the events that fit into a frame and stand at or below the limit. */
    private long shorten(int frameBytes) {
        int left = frameBytes;
        for (int i = 0; i < entries.size(); i++) {
            LogEntry entry = entries.get(i);
            if (i > 0 && entry.position == entries.get(i - 1).position) {
                continue; // the same event: both copies stay, or neither
            }
            if (entry.position > limit) {
                entries.truncate(i);
                return limit;
            }
            if (i > 0 && entry.wire.length > left) {
                long end = entries.get(i - 1).position;
                entries.truncate(i);
                return end;
            }
            left -= entry.wire.length;
        }
        return limit;
    }

    /**
     * Takes the events of a page that the sink subscribes to.
     *
     * @return the position up to which the page is complete
     */
    long take(HistoryPager.Page page, LaneSink sink) {
        boolean takesAll = RecentRanges.isSharing(sink);
        Selection selection = sink.requireSelection();
        for (LogEntry entry : page.entries()) {
            if (takesAll || selection.matches(entry)) {
                entries.add(entry);
            }
        }
        sort(sink);
        return page.end();
    }

    private void sort(LaneSink sink) {
        entries.sortByPosition();
        if (!sink.hasView()) { // a filter sees each copy
            entries.dropRepeats();
        }
    }

    /**
     * Takes the events for this sink from the range, in the form in which it gets them.
     *
     * @return the position up to which they are complete
     */
    long collectDue(LaneSink sink, int frameBytes, long completeUpTo) {
        EventView view = sink.view();
        int left = frameBytes;
        long last = sink.position();
        for (int i = 0; i < entries.size(); i++) {
            LogEntry entry = entries.get(i);
            LogEntry form = entry.position == last ? null : formFor(entry, sink, view);
            if (form == null) {
                continue;
            }
            if (!due.isEmpty() && form.wire.length > left) {
                return form.position - 1;
            }
            due.add(form);
            left -= form.wire.length;
            last = form.position;
        }
        return completeUpTo;
    }

    /** The view sees the same event in another topic only if it rejected the event before. */
    private static @Nullable LogEntry formFor(LogEntry entry, LaneSink sink, @Nullable EventView view) {
        return EventView.formFor(new LoggedEvent(entry), sink, view);
    }
}
