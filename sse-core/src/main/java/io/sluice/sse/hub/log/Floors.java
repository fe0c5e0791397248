package io.sluice.sse.hub.log;

import io.sluice.sse.topic.OverflowPolicy;
import org.jspecify.annotations.Nullable;

/**
 * The floors of several removed topics: the highest one for each overflow policy of such topics. So a client that has
 * missed events of a removed topic is treated by the policy of that topic. Immutable.
 */
final class Floors {

    private static final OverflowPolicy[] POLICIES = OverflowPolicy.values();

    /** No event was ever evicted. */
    static final Floors NONE = new Floors(new Floor[] {Floor.NONE, Floor.NONE, Floor.NONE});

    private final Floor[] byPolicy;
    private final Floor highest;

    private Floors(Floor[] byPolicy) {
        this.byPolicy = byPolicy;
        Floor all = Floor.NONE;
        for (Floor floor : byPolicy) {
            all = all.max(floor);
        }
        this.highest = all;
    }

    /** These floors, and the floor of a topic with this policy. */
    Floors max(OverflowPolicy policy, Floor floor) {
        Floor[] floors = byPolicy.clone();
        floors[policy.ordinal()] = floors[policy.ordinal()].max(floor);
        return new Floors(floors);
    }

    /** One floor that covers all of them. */
    Floor highest() {
        return highest; // computed once, since each new topic needs it
    }

    /** As {@link Floor#isGap}, for any of them. */
    boolean isGap(long position, long reportedEvictions) {
        for (Floor floor : byPolicy) {
            if (floor.isGap(position, reportedEvictions)) {
                return true;
            }
        }
        return false;
    }

    /** The strictest policy of topics that lost an event published at or after {@code since}; null if there is none. */
    @Nullable
    OverflowPolicy strictestLostSince(long since) {
        for (OverflowPolicy policy : POLICIES) {
            if (byPolicy[policy.ordinal()].isLostSince(since)) {
                return policy;
            }
        }
        return null;
    }

    /** The strictest policy of topics for which {@link Floor#isGap} is true; null if there is none. */
    @Nullable
    OverflowPolicy strictestGap(long position, long reportedEvictions) {
        for (OverflowPolicy policy : POLICIES) {
            if (byPolicy[policy.ordinal()].isGap(position, reportedEvictions)) {
                return policy;
            }
        }
        return null;
    }
}
