package io.sluice.sse.hub;

import java.util.Arrays;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * The sinks of one lane that listen to one topic, or to one pattern. Changed on the lane and under the hub's lock, so
 * that either suffices to read it.
 */
abstract sealed class SubscriberList permits TopicSubscribers, SubscriberList.PatternSubscribers {

    private static final @Nullable Subscription[] NOBODY = new @Nullable Subscription[0];

    final HubLane lane;

    private @Nullable Subscription[] members = NOBODY;
    private int size;

    /** How many of them belong to a sink that is here already, by another subscription. */
    private int repeats;

    /** Those who listen to every topic of a pattern. */
    static final class PatternSubscribers extends SubscriberList {
        final PatternTopics topics;

        PatternSubscribers(HubLane lane, PatternTopics topics) {
            super(lane);
            this.topics = topics;
        }
    }

    SubscriberList(HubLane lane) {
        this.lane = lane;
    }

    final int size() {
        return size;
    }

    /** How many sinks there are. */
    final int sinkCount() {
        return size - repeats;
    }

    final void addRepeat() {
        repeats++;
    }

    final void removeRepeat() {
        repeats--;
    }

    final Subscription get(int index) {
        return Objects.requireNonNull(members[index]);
    }

    /** @return the place of the subscription, which moves when others leave */
    final int add(Subscription subscription) {
        if (size == members.length) {
            members = Arrays.copyOf(members, Math.max(1, size + (size >> 1) + (size > 0 ? 1 : 0)));
        }
        members[size] = subscription;
        return size++;
    }

    /** Takes out the member at {@code place}; the last one moves there. Never during a pass, which would miss it. */
    final void remove(int place) {
        Subscription last = get(--size);
        members[size] = null;
        if (place < size) {
            members[place] = last;
            last.moved(this, place);
        }
        if (size == 0) {
            members = NOBODY;
        } else if (size < members.length / 4) {
            members = Arrays.copyOf(members, size * 2);
        }
    }
}
