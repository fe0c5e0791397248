package io.sluice.sse.hub.lane;

import io.sluice.sse.hub.log.StartBounds;
import io.sluice.sse.hub.log.Topic;
import io.sluice.sse.topic.OverflowPolicy;
import java.util.Arrays;
import java.util.Objects;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * The subscriptions of one lane to one topic, or to one pattern. It also answers what the topics of the list have lost
 * and kept, so that {@link Selection} need not know which of the two it is.
 *
 * <p>Changed on the lane and under the hub's lock, so that either suffices to read it.
 */
abstract sealed class SubscriberList permits TopicSubscribers, PatternSubscribers {

    private static final @Nullable LaneSubscription[] EMPTY = new @Nullable LaneSubscription[0];

    final HubLane lane;

    private @Nullable LaneSubscription[] members = EMPTY;
    private int size;
    /** How many members belong to a sink that is in this list already, by another subscription. */
    private int repeats;

    SubscriberList(HubLane lane) {
        this.lane = lane;
    }

    // ---- the members

    final int size() {
        return size;
    }

    /** How many distinct sinks there are. */
    final int sinkCount() {
        return size - repeats;
    }

    final void addRepeat() {
        repeats++;
    }

    final void removeRepeat() {
        repeats--;
    }

    final LaneSubscription get(int index) {
        return Objects.requireNonNull(members[index]);
    }

    /** @return the place of the subscription; it moves when others leave */
    final int add(LaneSubscription subscription) {
        if (size == members.length) {
            members = Arrays.copyOf(members, Math.max(1, size + (size >> 1) + (size > 0 ? 1 : 0)));
        }
        members[size] = subscription;
        return size++;
    }

    /** Takes out the member at {@code place}; the last member moves there. Never during a pass, which would miss it. */
    final void remove(int place) {
        LaneSubscription last = get(--size);
        members[size] = null;
        if (place < size) {
            members[place] = last;
            last.moved(this, place);
        }
        if (size == 0) {
            members = EMPTY;
        } else if (size < members.length / 4) {
            members = Arrays.copyOf(members, size * 2);
        }
    }

    // ---- what its topics have lost and kept

    /** Calls {@code action} with each topic. A topic of a pattern may have been removed meanwhile. */
    abstract void forEachTopic(Consumer<Topic> action);

    /** Whether a topic evicted an event after {@code position}, by an eviction after {@code reportedEvictions}. */
    abstract boolean isGap(long position, long reportedEvictions, StartBounds bounds);

    /** The strictest overflow policy of the topics for which {@link #isGap} holds; null if there is none. */
    abstract @Nullable OverflowPolicy strictestGap(long position, long reportedEvictions, StartBounds bounds);

    /**
     * The strictest overflow policy of the topics that lost an event of {@code sinceNanos} or later; or null. Live-only
     * topics do not count, because a new client misses none of their events.
     */
    abstract @Nullable OverflowPolicy strictestLostSince(long sinceNanos);

    /** Whether a client that asks for all of the state of its topics misses some of it. Under the hub's lock. */
    abstract boolean isStateLost();

    /**
     * Up to which position events after {@code position} are kept in the history only, or only by the backplane; 0 if
     * there are none.
     */
    abstract long historyUpTo(long position, StartBounds bounds);

    /** Whether an event of {@code sinceNanos} or later may have left the memory and can be read. */
    abstract boolean isInHistorySince(long sinceNanos);

    /** Whether there may be events beyond those that the logs of its topics count. */
    abstract boolean hasUncountedEvents();

    /** Copies the events of its topics that are next for one sink. */
    abstract void copyInto(CatchUpRange range, long after, StartBounds bounds);
}
