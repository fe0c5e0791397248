package io.sluice.sse.hub;

import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/** A name, its ring, and who listens to it lane by lane. Guarded by the hub's lock, except for what the ring lets read. */
final class Topic {

    private static final LaneTopic[] NOWHERE = new LaneTopic[0];

    final String name;
    final TopicLog log;

    /** Copied on every change, so that a publisher can go on with it after the lock. */
    private LaneTopic[] lanes = NOWHERE;

    /** Whether the table still knows this topic; a forgotten one is never used again. */
    private boolean forgotten;

    /** The position under which this topic stands in {@link OldestFirst}, at most that of its oldest entry. */
    long rank;

    boolean ranked;

    Topic(String name, Floor floor) {
        this.name = name;
        this.log = new TopicLog(floor);
    }

    LaneTopic[] lanes() {
        return lanes;
    }

    @Nullable
    LaneTopic onLane(HubLane lane) {
        for (LaneTopic here : lanes) {
            if (here.lane == lane) {
                return here;
            }
        }
        return null;
    }

    LaneTopic listenOn(HubLane lane) {
        LaneTopic here = onLane(lane);
        if (here == null) {
            here = new LaneTopic(this, lane);
            lanes = Arrays.copyOf(lanes, lanes.length + 1);
            lanes[lanes.length - 1] = here;
        }
        return here;
    }

    void leave(LaneTopic here) {
        lanes = Arrays.stream(lanes).filter(lane -> lane != here).toArray(LaneTopic[]::new);
        if (lanes.length == 0) {
            lanes = NOWHERE;
        }
    }

    /** Whether anybody listens to exactly this topic: it is then kept, empty or not. */
    boolean hasExactListeners() {
        for (LaneTopic here : lanes) {
            if (here.exactAudience() != null) {
                return true;
            }
        }
        return false;
    }

    /** Nothing is kept in it and nobody named it: it can be forgotten. */
    boolean isIdle() {
        return log.size() == 0 && !hasExactListeners();
    }

    boolean isForgotten() {
        return forgotten;
    }

    void setForgotten() {
        forgotten = true;
    }

    @Override
    public String toString() {
        return name;
    }
}
