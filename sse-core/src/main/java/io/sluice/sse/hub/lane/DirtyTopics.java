package io.sluice.sse.hub.lane;

import io.sluice.sse.hub.log.Entries;
import io.sluice.sse.hub.log.TopicLog;
import java.util.Arrays;
import java.util.Objects;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * The dirty topics of a pass and their ranges. A range holds what a topic has between the lane's position and the head
 * of the pass. It is copied once, as far as it fits into a frame. A topic with more events than that belongs to the
 * next pass as well. Confined to the lane.
 */
final class DirtyTopics {

    /** A pass takes at least this many positions, however few events the pass before it could take. */
    static final int MIN_WINDOW = 64;

    /** Marks a topic that a later pass has to look at; {@link #settle} finds out from where. */
    private static final long LATER = -1;
    /** The same, for a topic whose ring has evicted events that the lane has not read. */
    private static final long LATER_LAPPED = -2;

    private final HubLane lane;
    private final Entries entries;
    private final Consumer<TopicSubscribers> onOverrun;

    private @Nullable TopicSubscribers[] topics = new @Nullable TopicSubscribers[16];
    private int size;
    /** Topics with events after the target of their last pass. */
    private final WaitingTopics waiting = new WaitingTopics();

    /**
     * How many positions the next pass takes at most. What a pass copies and cannot send is copied again. So a pass
     * that follows one which stopped short takes at most twice as many positions as that one. Then the copies of a
     * backlog are at most a few for each event, however many events fill a frame alone.
     */
    private long window = Long.MAX_VALUE;

    private long copies;

    /**
     * @param entries where the ranges are copied to
     * @param onOverrun called for each topic whose ring has evicted events that the lane has not read
     */
    DirtyTopics(HubLane lane, Entries entries, Consumer<TopicSubscribers> onOverrun) {
        this.lane = lane;
        this.entries = entries;
        this.onOverrun = onOverrun;
    }

    /** How many topics have a range. */
    int size() {
        return size;
    }

    TopicSubscribers get(int index) {
        return Objects.requireNonNull(topics[index]);
    }

    /** The topic into whose range an entry was copied. The ranges follow each other in the order of the topics. */
    TopicSubscribers ofEntry(int entry) {
        int low = 0;
        int high = size - 1;
        while (low < high) {
            int middle = (low + high + 1) >>> 1;
            if (get(middle).from <= entry) {
                low = middle;
            } else {
                high = middle - 1;
            }
        }
        return get(low);
    }

    /**
     * Takes the topics that are dirty, and copies their ranges up to {@code head}.
     *
     * @param head read before this call: every event at or below it was marked before the head was released
     * @return the head, or the last position up to which every range fits into one frame
     */
    long copy(long head) {
        long position = lane.position;
        take();
        long limit = copyRanges(head - position > window ? position + window : head);
        settle(limit);
        window = limit < head ? Math.max(MIN_WINDOW, 2 * (limit - position)) : Long.MAX_VALUE;
        return limit;
    }

    private void take() {
        TopicSubscribers next;
        for (TopicSubscribers topic = lane.takeDirty(); topic != null; topic = next) {
            next = topic.nextDirty; // before the mark is cleared: afterwards a publisher may set the link
            topic.nextDirty = null;
            topic.clearMark();
            if (topic.waitsFor == 0) {
                try {
                    add(topic);
                } catch (Error e) { // the topics that are left must be markable again
                    clearMarks(next);
                    throw e;
                }
            }
        }
    }

    private static void clearMarks(@Nullable TopicSubscribers first) {
        TopicSubscribers next;
        for (TopicSubscribers topic = first; topic != null; topic = next) {
            next = topic.nextDirty;
            topic.nextDirty = null;
            topic.clearMark();
        }
    }

    /** @return the limit, or the last position up to which every range fits into one frame */
    private long copyRanges(long highest) {
        long limit = highest;
        for (int i = 0; i < size; i++) {
            limit = copyRange(get(i), limit);
        }
        for (TopicSubscribers first = waiting.poll(limit); first != null; first = waiting.poll(limit)) {
            add(first);
            limit = copyRange(first, limit);
        }
        return limit;
    }

    private long copyRange(TopicSubscribers here, long limit) {
        copies++;
        here.from = entries.size();
        TopicLog.Copied copied = here.topic.log.copy(lane.position, limit, HubLane.FRAME_BYTES, entries);
        here.to = entries.size();
        long reached = limit;
        if (copied == TopicLog.Copied.UP_TO_ROOM) {
            reached = Math.min(limit, entries.get(here.to - 1).position);
        }
        if (copied != TopicLog.Copied.ALL) {
            here.waitsFor = LATER;
        }
        // After the copy: the ring may have evicted events while they were copied.
        if (here.topic.log.isLapped(lane.position)) {
            onOverrun.accept(here);
            // The subscribers may rejoin the lane before a pass that stops short reaches what the topic still has.
            here.waitsFor = LATER_LAPPED;
            entries.truncate(here.from);
            here.to = here.from;
        }
        return reached;
    }

    /** Shortens the ranges to the limit. Topics without a range take no part in the pass. */
    private void settle(long limit) {
        int kept = 0;
        for (int i = 0; i < size; i++) {
            TopicSubscribers here = get(i);
            while (here.to > here.from && entries.get(here.to - 1).position > limit) {
                here.to--;
                here.waitsFor = LATER;
            }
            if (here.waitsFor != 0) {
                wait(here, limit);
            }
            if (here.to > here.from) {
                here.targeted = entries.hasRecipients(here.from, here.to);
                topics[kept++] = here;
            }
        }
        truncate(kept);
    }

    /**
     * Lets the topic wait for the pass that takes its next event. A publisher that adds an event after this look finds
     * the topic unmarked, and marks it.
     */
    private void wait(TopicSubscribers here, long limit) {
        long next = here.topic.log.nextAfter(limit);
        // After the look: the ring may have evicted events meanwhile.
        long lap = here.topic.log.lapPosition();
        if (lap > limit) {
            // The subscribers of a topic that was lapped in this pass are behind already. So it is enough to look
            // again, for sinks that join the lane before it, in the pass that takes the last evicted event; or the
            // next kept one, since a topic that conflates keeps events that are older than evicted ones.
            boolean isBehind = here.waitsFor == LATER_LAPPED;
            next = !isBehind ? limit + 1 : next == 0 ? lap : Math.min(next, lap);
        }
        here.waitsFor = LATER; // in case of an error
        if (next == 0) {
            here.waitsFor = 0;
        } else {
            waiting.add(here, next);
        }
    }

    /** Keeps the first {@code count} topics. */
    private void truncate(int count) {
        Arrays.fill(topics, count, size, null);
        size = count;
    }

    private void add(TopicSubscribers topic) {
        if (size == topics.length) {
            topics = Arrays.copyOf(topics, size * 2);
        }
        topics[size++] = topic;
    }

    /** The pass has ended. */
    void end() {
        for (int i = 0; i < size; i++) {
            get(i).setSingle(null);
        }
        truncate(0);
    }

    /** Forgets the waiting topics: the next pass begins after everything that was marked so far. */
    void clearWaiting() {
        for (int i = 0; i < size; i++) {
            get(i).waitsFor = 0;
        }
        waiting.clear();
        window = Long.MAX_VALUE;
    }

    /** How many ranges were copied so far; for tests. */
    long copies() {
        return copies;
    }
}
