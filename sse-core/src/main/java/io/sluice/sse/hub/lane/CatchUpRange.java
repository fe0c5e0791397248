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

    /** The topics that have more events for the sink, by the position of the next one. */
    private final TopicMerge merge = new TopicMerge();

    // Of the copy that runs.
    private long limit;

    /** All events of the range, also those that are not meant for the sink. */
    Entries entries() {
        return entries;
    }

    /** The events that {@link #collectDue} has taken from the range. */
    Entries due() {
        return due;
    }

    /** How many events were copied so far; for tests. */
    long copied() {
        return entries.added() + merge.copied();
    }

    /** Releases every entry. */
    void clear() {
        entries.clear();
        due.clear();
    }

    /**
     * Copies the events between the sink and its lane, at most a frame. A single topic is copied as it is. Several
     * topics are merged one event at a time, so that nothing is copied that the frame has no room for.
     *
     * @return the position up to which the copy is complete
     */
    long collect(LaneSink sink, int frameBytes, long lanePosition) {
        limit = lanePosition;
        merge.clear();
        sink.requireSelection().copyInto(this, sink.position());
        Topic single = merge.single();
        if (single == null) {
            long end = mergeInto(sink, frameBytes);
            merge.clear();
            return end;
        }
        boolean isFull = single.log.copy(merge.singleAfter(), limit, frameBytes, entries) == TopicLog.Copied.UP_TO_ROOM;
        long end = isFull ? entries.get(entries.size() - 1).position : limit;
        if (merge.singleState() > 0) {
            entries.dropSuperseded(0, merge.singleState());
        }
        return end;
    }

    /**
     * A topic may have events after this position for the sink. A client that begins without any state gets only the
     * latest event of each key.
     */
    void offer(Topic topic, long after, StartBounds bounds) {
        merge.add(topic, bounds.after(topic, after), limit, topic.conflates() ? bounds.state() : 0);
    }

    private long mergeInto(LaneSink sink, int frameBytes) {
        boolean keepsRepeats = sink.hasView(); // a filter sees each copy
        int left = frameBytes;
        long last = 0;
        for (LogEntry entry = merge.first(); entry != null; entry = merge.first()) {
            boolean isRepeat = entry.position == last; // the same event: both copies stay, or neither
            if (!isRepeat && last > 0 && entry.wire.length > left) {
                return last;
            }
            if (!isRepeat || keepsRepeats) {
                entries.add(entry);
            }
            left -= isRepeat ? 0 : entry.wire.length;
            last = entry.position;
            merge.advance(limit);
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
