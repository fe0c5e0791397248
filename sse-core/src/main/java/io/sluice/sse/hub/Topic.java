package io.sluice.sse.hub;

import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/** A name, its ring, and who listens to it lane by lane. Guarded by the hub's lock, except for what the ring lets read. */
final class Topic extends OldestFirst.Ranked {

    private static final LaneTopic[] NOWHERE = new LaneTopic[0];

    final String name;
    final TopicLog log;

    /** For clients that this topic's history has passed by, unless their subscription says otherwise. */
    final OverflowPolicy overflow;

    /** Copied on every change, so that a publisher can go on with it after the lock. */
    private LaneTopic[] lanes = NOWHERE;

    /** Whether the table still knows this topic; a forgotten one is never used again. */
    private boolean forgotten;

    Topic(String name, Floor floor, TopicOptions options) {
        this.name = name;
        this.overflow = options.overflow(name);
        TopicOptions.Conflation conflation = options.conflation(name);
        if (conflation != null) {
            this.log = new ConflatedLog(floor, conflation, this);
        } else {
            this.log = options.isStored() ? new StoredLog(floor) : new TopicLog(floor);
        }
    }

    /** The oldest entry of the ring. */
    @Override
    @Nullable
    LogEntry oldest() {
        return log.oldest();
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
        return log.keptEvents() == 0 && !hasExactListeners();
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
