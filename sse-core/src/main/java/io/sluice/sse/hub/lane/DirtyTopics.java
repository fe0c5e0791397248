package io.sluice.sse.hub.lane;

import io.sluice.sse.hub.log.Entries;
import io.sluice.sse.hub.log.TopicLog;
import java.util.Arrays;
import java.util.Objects;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * The dirty topics of a pass and their ranges: what each has between the lane's position and the head of the pass, copied
 * once, as far as it fits into a frame. Topics with more than that belong to the next pass as well. Confined to its lane.
 */
final class DirtyTopics {

    private final HubLane lane;
    private final Entries entries;
    private final Consumer<TopicSubscribers> passedBy;

    private long pass;
    private @Nullable TopicSubscribers[] topics = new @Nullable TopicSubscribers[16];
    private int size;
    /** Topics with something newer than the head of their last pass; they belong to the next one. */
    private @Nullable TopicSubscribers[] deferred = new @Nullable TopicSubscribers[16];

    private int deferredCount;

    /**
     * @param entries where the ranges are copied to
     * @param passedBy told of each topic whose ring has passed the lane by
     */
    DirtyTopics(HubLane lane, Entries entries, Consumer<TopicSubscribers> passedBy) {
        this.lane = lane;
        this.entries = entries;
        this.passedBy = passedBy;
    }

    /** How many of them have a range. */
    int size() {
        return size;
    }

    TopicSubscribers get(int index) {
        return Objects.requireNonNull(topics[index]);
    }

    /** The topic into whose range an entry was copied. The ranges lie one behind the other, in the order of the topics. */
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
     * @param number the pass
     * @param head read before this is called: whatever lies at or below it was marked before it was released
     * @return the head, or the last position up to which every range has room in one frame
     */
    long copy(long number, long head) {
        pass = number;
        take();
        long limit = copyRanges(head);
        if (limit < head) {
            cutRanges(limit);
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
            next = topic.nextDirty; // before the mark is taken back: from then on it belongs to publishers again
            topic.nextDirty = null;
            topic.clearMark();
            if (topic.passNumber != pass) {
                topic.passNumber = pass;
                try {
                    topics = add(topics, size, topic);
                } catch (Error e) { // who is left in the list must be markable again
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
            // Behind the copy: whoever was lapped while we read is lapped.
            if (here.topic.log.isLapped(lane.position)) {
                passedBy.accept(here);
                deferToNextPass(
                        here); // they may be back before a pass that is cut short reaches what the topic still keeps
                entries.truncate(here.from);
                here.to = here.from;
            }
            if (here.to > here.from) {
                topics[kept++] = here;
            }
        }
        keep(kept);
        return limit;
    }

    private void cutRanges(long limit) {
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
        keep(kept);
    }

    /** Those without a range have no share in the pass. */
    private void keep(int count) {
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
        keep(0);
    }

    /** The next pass begins above everything that was marked so far. */
    void clearDeferred() {
        Arrays.fill(deferred, 0, deferredCount, null);
        deferredCount = 0;
    }
}
