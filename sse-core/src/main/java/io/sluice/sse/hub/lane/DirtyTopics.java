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

    private final HubLane lane;
    private final Entries entries;
    private final Consumer<TopicSubscribers> onOverrun;

    private long pass;
    private @Nullable TopicSubscribers[] topics = new @Nullable TopicSubscribers[16];
    private int size;
    /** Topics with events after the target of their last pass. They belong to the next pass. */
    private @Nullable TopicSubscribers[] deferred = new @Nullable TopicSubscribers[16];

    private int deferredCount;

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
     * @param number the number of the pass
     * @param head read before this call: every event at or below it was marked before the head was released
     * @return the head, or the last position up to which every range fits into one frame
     */
    long copy(long number, long head) {
        pass = number;
        take();
        long limit = copyRanges(head);
        if (limit < head) {
            shortenRanges(limit);
        }
        for (int i = 0; i < size; i++) {
            TopicSubscribers here = get(i);
            here.targeted = entries.hasRecipients(here.from, here.to);
        }
        return limit;
    }

    private void take() {
        @Nullable TopicSubscribers[] before = deferred;
        int beforeCount = deferredCount;
        deferred = topics;
        deferredCount = 0;
        topics = before;
        size = beforeCount;
        for (int i = 0; i < size; i++) {
            get(i).passNumber = pass;
        }
        TopicSubscribers next;
        for (TopicSubscribers topic = lane.takeDirty(); topic != null; topic = next) {
            next = topic.nextDirty; // before the mark is cleared: afterwards a publisher may set the link
            topic.nextDirty = null;
            topic.clearMark();
            if (topic.passNumber != pass) {
                topic.passNumber = pass;
                try {
                    topics = add(topics, size, topic);
                } catch (Error e) { // the topics that are left must be markable again
                    clearMarks(next);
                    throw e;
                }
                size++;
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

    private long copyRanges(long head) {
        long limit = head;
        int kept = 0;
        for (int i = 0; i < size; i++) {
            TopicSubscribers here = get(i);
            here.from = entries.size();
            TopicLog.Copied copied = here.topic.log.copy(lane.position, head, HubLane.FRAME_BYTES, entries);
            here.to = entries.size();
            if (copied == TopicLog.Copied.UP_TO_ROOM) {
                limit = Math.min(limit, entries.get(here.to - 1).position);
            }
            if (copied != TopicLog.Copied.ALL) {
                deferToNextPass(here);
            }
            // After the copy: the ring may have evicted events while they were copied.
            if (here.topic.log.isLapped(lane.position)) {
                onOverrun.accept(here);
                // The subscribers may rejoin the lane before a pass that stops short reaches what the topic still has.
                deferToNextPass(here);
                entries.truncate(here.from);
                here.to = here.from;
            }
            if (here.to > here.from) {
                topics[kept++] = here;
            }
        }
        truncate(kept);
        return limit;
    }

    private void shortenRanges(long limit) {
        int kept = 0;
        for (int i = 0; i < size; i++) {
            TopicSubscribers here = get(i);
            boolean shorter = false;
            while (here.to > here.from && entries.get(here.to - 1).position > limit) {
                here.to--;
                shorter = true;
            }
            if (shorter) {
                deferToNextPass(here);
            }
            if (here.to > here.from) {
                topics[kept++] = here;
            }
        }
        truncate(kept);
    }

    /** Keeps the first {@code count} topics. Topics without a range take no part in the pass. */
    private void truncate(int count) {
        Arrays.fill(topics, count, size, null);
        size = count;
    }

    private void deferToNextPass(TopicSubscribers topic) {
        if (topic.deferredBy != pass) {
            topic.deferredBy = pass;
            deferred = add(deferred, deferredCount++, topic);
        }
    }

    private static @Nullable TopicSubscribers[] add(
            @Nullable TopicSubscribers[] list, int size, TopicSubscribers topic) {
        @Nullable TopicSubscribers[] roomy = size == list.length ? Arrays.copyOf(list, size * 2) : list;
        roomy[size] = topic;
        return roomy;
    }

    /** The pass has ended. */
    void end() {
        for (int i = 0; i < size; i++) {
            get(i).setSingle(null);
        }
        truncate(0);
    }

    /** Forgets the deferred topics: the next pass begins after everything that was marked so far. */
    void clearDeferred() {
        Arrays.fill(deferred, 0, deferredCount, null);
        deferredCount = 0;
    }
}
