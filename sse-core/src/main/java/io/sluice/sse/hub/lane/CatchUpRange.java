package io.sluice.sse.hub.lane;

import io.sluice.sse.hub.log.Entries;
import io.sluice.sse.hub.log.LogEntry;
import io.sluice.sse.hub.log.LoggedEvent;
import io.sluice.sse.hub.log.StartBounds;
import io.sluice.sse.hub.log.Topic;
import io.sluice.sse.hub.log.TopicLog;
import java.util.Arrays;
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

    /** What searches of many topics have found beyond their first frame, the newest in place of the oldest. */
    private final @Nullable UpcomingEvents[] upcoming = new @Nullable UpcomingEvents[16];

    private int oldestUpcoming;
    /** What the last search has found, until the lane has checked that nothing is missing. */
    private @Nullable UpcomingEvents found;

    private final Entries buffer = new Entries();

    // Of the copy that runs.
    private long limit;
    private int searched;

    private long searchedInAll;

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
        return entries.added() + merge.copied() + buffer.added();
    }

    /** How many topics of patterns were searched so far; for tests. */
    long searched() {
        return searchedInAll;
    }

    /** Releases every entry. */
    void clear() {
        entries.clear();
        due.clear();
        found = null;
    }

    /**
     * Copies the events between the sink and its lane, at most a frame. A single topic is copied as it is. Several
     * topics are merged one event at a time, so that nothing is copied that the frame has no room for.
     *
     * @return the position up to which the copy is complete
     */
    long collect(LaneSink sink, int frameBytes, long lanePosition) {
        limit = lanePosition;
        searched = 0;
        merge.clear();
        sink.requireSelection().copyInto(this, sink.position());
        boolean many = searched >= UpcomingEvents.MANY_TOPICS && RecentRanges.isSharing(sink);
        if (many) {
            merge.mergeSingle(limit);
        }
        Topic single = merge.single();
        if (single == null || many) {
            long end = mergeInto(sink, frameBytes);
            if (many && end < limit) {
                found = UpcomingEvents.take(sink, merge, end, limit);
            }
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

    /** A pattern has searched this many topics. */
    void onSearched(int topics) {
        searched += topics;
        searchedInAll += topics;
    }

    /**
     * A topic may have events after this position for the sink. A client that begins without any state gets only the
     * latest event of each key.
     */
    void offer(Topic topic, long after, StartBounds bounds) {
        merge.add(topic, bounds.after(topic, after), limit, topic.conflates() ? bounds.state() : 0);
    }

    private long mergeInto(LaneSink sink, int frameBytes) {
        FrameRoom room = new FrameRoom(frameBytes, sink.hasView());
        for (LogEntry entry = merge.first(); entry != null; entry = merge.first()) {
            if (!room.add(entry)) {
                return room.last;
            }
            merge.advance(limit);
        }
        return limit;
    }

    /** Adds events up to a frame. */
    private final class FrameRoom {
        private final boolean keepsRepeats; // a filter sees each copy
        private int left;
        private long last;

        FrameRoom(int frameBytes, boolean keepsRepeats) {
            this.left = frameBytes;
            this.keepsRepeats = keepsRepeats;
        }

        /** @return false if there is no room for the event */
        boolean add(LogEntry entry) {
            boolean isRepeat = entry.position == last; // the same event: both copies stay, or neither
            if (!isRepeat && last > 0 && entry.wire.length > left) {
                return false;
            }
            if (!isRepeat || keepsRepeats) {
                entries.add(entry);
            }
            left -= isRepeat ? 0 : entry.wire.length;
            last = entry.position;
            return true;
        }
    }

    // ---- what an earlier search has found

    /** Keeps what the last search has found beyond its frame: nothing is missing in it. */
    void keepFound() {
        if (found != null) {
            upcoming[oldestUpcoming] = found;
            oldestUpcoming = (oldestUpcoming + 1) % upcoming.length;
            found = null;
        }
    }

    /** What an earlier search has found for the sink, or null. */
    @Nullable
    UpcomingEvents upcoming(LaneSink sink) {
        for (UpcomingEvents each : upcoming) {
            if (each != null && each.serve(sink)) {
                return each;
            }
        }
        return null;
    }

    void release(UpcomingEvents events) {
        for (int i = 0; i < upcoming.length; i++) {
            upcoming[i] = upcoming[i] == events ? null : upcoming[i];
        }
    }

    /** Forgets the topics, which may have been removed from the hub. */
    void releaseUpcoming() {
        Arrays.fill(upcoming, null);
    }

    /**
     * Copies events that an earlier search has found.
     *
     * @return the position up to which the copy is complete; -1 if one of them has left its ring
     */
    long take(UpcomingEvents events, LaneSink sink, int frameBytes) {
        FrameRoom room = new FrameRoom(frameBytes, sink.hasView());
        for (int i = events.indexAfter(sink.position()); i < events.size(); i++) {
            LogEntry entry = events.entry(i, buffer);
            if (entry == null && events.isLost(i)) {
                entries.clear();
                return -1;
            }
            if (entry != null && !room.add(entry)) {
                return room.last;
            }
        }
        return events.end();
    }

    /**
     * Takes the events of a page that the sink subscribes to.
     *
     * @return the position up to which the page is complete
     */
    long take(HistoryPager.Page page, LaneSink sink) {
        Selection selection = sink.requireSelection();
        boolean takesAll = RecentRanges.isSharing(sink) && selection.hasBegun(sink.position());
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
