package io.sluice.sse.hub;

import java.util.Arrays;

/**
 * The sinks of one lane that listen to one topic, or to one pattern. Changed on the lane and under the hub's lock, so
 * that either suffices to read it.
 */
final class Audience {

    private static final Subscription[] NOBODY = new Subscription[0];

    final HubLane lane;
    /** The one topic, or null for a pattern's audience. */
    final LaneTopic exactTopic;
    /** The pattern's topics, or null for a topic's audience. */
    final PatternTopics pattern;

    private Subscription[] members = NOBODY;
    private int size;

    static Audience ofTopic(LaneTopic topic) {
        return new Audience(topic.lane, topic, null);
    }

    static Audience ofPattern(HubLane lane, PatternTopics pattern) {
        return new Audience(lane, null, pattern);
    }

    private Audience(HubLane lane, LaneTopic exactTopic, PatternTopics pattern) {
        this.lane = lane;
        this.exactTopic = exactTopic;
        this.pattern = pattern;
    }

    int size() {
        return size;
    }

    Subscription get(int index) {
        return members[index];
    }

    /** @return the place of the subscription, which moves when others leave */
    int add(Subscription subscription) {
        if (size == members.length) {
            members = Arrays.copyOf(members, Math.max(1, size + (size >> 1) + (size > 0 ? 1 : 0)));
        }
        members[size] = subscription;
        return size++;
    }

    /** Takes out the member at {@code place}; the last one moves there. Never during a pass, which would miss it. */
    void remove(int place) {
        Subscription last = members[--size];
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
