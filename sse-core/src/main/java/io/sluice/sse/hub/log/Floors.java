package io.sluice.sse.hub.log;

import io.sluice.sse.topic.OverflowPolicy;
import org.jspecify.annotations.Nullable;

/**
 * The floors that several forgotten topics have left, one for each overflow policy that such a topic had: who was passed
 * by one of them still meets the policy of that topic. Immutable.
 */
final class Floors {

    private static final OverflowPolicy[] POLICIES = OverflowPolicy.values();

    /** Nothing was ever evicted. */
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

    /** These, and the floor of a topic with this policy. */
    Floors max(OverflowPolicy policy, Floor floor) {
        Floor[] floors = byPolicy.clone();
        floors[policy.ordinal()] = floors[policy.ordinal()].max(floor);
        return new Floors(floors);
    }

    /** A floor for all of them. */
    Floor highest() {
        return highest; // asked for at every birth of a topic
    }

    /** As {@link Floor#isGap}, for any of them. */
    boolean isGap(long at, long told) {
        for (Floor floor : byPolicy) {
            if (floor.isGap(at, told)) {
                return true;
            }
        }
        return false;
    }

    /** The strictest policy of those that have lost an event which was published at {@code since} or later; or null. */
    @Nullable
    OverflowPolicy strictestLostSince(long since) {
        for (OverflowPolicy policy : POLICIES) {
            if (byPolicy[policy.ordinal()].isLostSince(since)) {
                return policy;
            }
        }
        return null;
    }

    /** The strictest policy of those by which somebody has missed something; null if there is none. */
    @Nullable
    OverflowPolicy strictestGap(long at, long told) {
        for (OverflowPolicy policy : POLICIES) {
            if (byPolicy[policy.ordinal()].isGap(at, told)) {
                return policy;
            }
        }
        return null;
    }
}
