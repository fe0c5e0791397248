package io.sluice.sse.hub.lane;

import io.sluice.sse.hub.log.Entries;
import io.sluice.sse.hub.log.LogEntry;
import io.sluice.sse.hub.log.Topic;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Objects;
import java.util.PriorityQueue;
import org.jspecify.annotations.Nullable;

/**
 * Merges the events of several topics by position, one at a time: a queue of the topics by their next event. The
 * entries of one event in several topics follow each other in the order of the topic names. Confined to the lane.
 */
final class TopicMerge {

    /** At most this many cursors are kept for the next merge. */
    private static final int MAX_SPARE = 1024;

    /** How much is copied at once where superseded events are left out. */
    private static final int SKIPPED_BYTES = 16 * 1024;

    /** A topic and its next event. */
    private static final class Cursor {
        @Nullable
        Topic topic;

        @Nullable
        LogEntry next;

        /** Superseded events up to this position are left out. */
        long state;

        LogEntry next() {
            return Objects.requireNonNull(next);
        }
    }

    private static final Comparator<Cursor> BY_NEXT = Comparator.comparingLong(
                    (Cursor cursor) -> cursor.next().position)
            .thenComparing(cursor -> cursor.next().topic);

    private final PriorityQueue<Cursor> queue = new PriorityQueue<>(BY_NEXT);
    private final List<Cursor> spare = new ArrayList<>();
    /** One event is copied at a time, or a few where superseded ones are left out. */
    private final Entries one = new Entries();

    // The first topic waits here until a second one comes: a single topic needs no merge.
    private @Nullable Topic first;
    private long firstAfter;
    private long firstState;
    private int topics;

    /**
     * Adds a topic with its events in {@code (after, limit]}.
     *
     * @param state superseded events up to this position are left out
     */
    void add(Topic topic, long after, long limit, long state) {
        if (topics++ == 0) {
            first = topic;
            firstAfter = after;
            firstState = state;
            return;
        }
        if (topics == 2) {
            addCursor(Objects.requireNonNull(first), firstAfter, limit, firstState);
        }
        addCursor(topic, after, limit, state);
    }

    private void addCursor(Topic topic, long after, long limit, long state) {
        LogEntry next = nextOf(topic, after, limit, state);
        if (next == null) {
            return;
        }
        Cursor cursor = spare.isEmpty() ? new Cursor() : spare.remove(spare.size() - 1);
        cursor.topic = topic;
        cursor.next = next;
        cursor.state = state;
        queue.add(cursor);
    }

    private @Nullable LogEntry nextOf(Topic topic, long after, long limit, long state) {
        long from = after;
        while (true) {
            // At least one event, whatever its size. Of superseded events there may be many in a row.
            topic.log.copy(from, limit, from < state ? SKIPPED_BYTES : 1, one);
            if (one.isEmpty()) {
                return null;
            }
            LogEntry next = firstOfState(state);
            from = one.get(one.size() - 1).position;
            one.clear();
            if (next != null) {
                return next;
            }
        }
    }

    /** The first copied event that a client that begins without any state gets. */
    private @Nullable LogEntry firstOfState(long state) {
        for (int i = 0; i < one.size(); i++) {
            LogEntry entry = one.get(i);
            if (entry.position > state || !entry.isSuperseded()) {
                return entry;
            }
        }
        return null;
    }

    /** The only topic; null if there is none, or if there are several. */
    @Nullable
    Topic single() {
        return topics == 1 ? first : null;
    }

    /** Merges also a single topic. */
    void mergeSingle(long limit) {
        if (topics == 1) {
            topics = 2;
            addCursor(Objects.requireNonNull(first), firstAfter, limit, firstState);
        }
    }

    long singleAfter() {
        return firstAfter;
    }

    long singleState() {
        return firstState;
    }

    /** The next event of all topics; null if there is none. */
    @Nullable
    LogEntry first() {
        Cursor cursor = queue.peek();
        return cursor == null ? null : cursor.next;
    }

    /** The topic of {@link #first}. */
    Topic firstTopic() {
        return Objects.requireNonNull(queue.element().topic);
    }

    /** Goes on to the event after {@link #first}. */
    void advance(long limit) {
        Cursor cursor = queue.remove();
        LogEntry next = nextOf(Objects.requireNonNull(cursor.topic), cursor.next().position, limit, cursor.state);
        if (next == null) {
            release(cursor);
        } else {
            cursor.next = next;
            queue.add(cursor);
        }
    }

    private void release(Cursor cursor) {
        cursor.topic = null;
        cursor.next = null;
        if (spare.size() < MAX_SPARE) {
            spare.add(cursor);
        }
    }

    /** How many events were copied so far; for tests. */
    long copied() {
        return one.added();
    }

    /** Releases all topics and events. */
    void clear() {
        queue.forEach(this::release);
        queue.clear();
        first = null;
        topics = 0;
    }
}
