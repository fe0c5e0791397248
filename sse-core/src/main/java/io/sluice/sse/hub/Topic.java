package io.sluice.sse.hub;

import org.jspecify.annotations.Nullable;

/** A name, its ring, and who listens to it lane by lane. Guarded by the hub's lock, except for what the ring lets read. */
final class Topic extends EvictionQueue.Ranked {

    final String name;
    final TopicLog log;

    /** For clients that this topic's history has passed by, unless their subscription says otherwise. */
    final OverflowPolicy overflow;

    /** Where it is heard, linked through {@link TopicSubscribers#nextLane}. */
    private @Nullable TopicSubscribers firstLane;

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

    /** The topic on the first of the lanes that hear it; null if none does. */
    @Nullable
    TopicSubscribers firstLane() {
        return firstLane;
    }

    @Nullable
    TopicSubscribers onLane(HubLane lane) {
        for (TopicSubscribers here = firstLane; here != null; here = here.nextLane) {
            if (here.lane == lane) {
                return here;
            }
        }
        return null;
    }

    TopicSubscribers listenOn(HubLane lane) {
        TopicSubscribers here = onLane(lane);
        if (here == null) {
            here = new TopicSubscribers(this, lane, firstLane);
            firstLane = here;
        }
        return here;
    }

    void leave(TopicSubscribers leaving) {
        if (firstLane == leaving) {
            firstLane = leaving.nextLane;
            return;
        }
        for (TopicSubscribers here = firstLane; here != null; here = here.nextLane) {
            if (here.nextLane == leaving) {
                here.nextLane = leaving.nextLane;
                return;
            }
        }
    }

    /** Whether anybody listens to exactly this topic: it is then kept, empty or not. */
    boolean hasExactListeners() {
        for (TopicSubscribers here = firstLane; here != null; here = here.nextLane) {
            if (here.size() > 0) {
                return true;
            }
        }
        return false;
    }

    /** Nothing is kept in it and nobody named it: it can be forgotten. */
    boolean isIdle() {
        return log.keptEvents() == 0 && !hasExactListeners();
    }

    boolean isRemoved() {
        return forgotten;
    }

    void setRemoved() {
        forgotten = true;
    }

    @Override
    public String toString() {
        return name;
    }
}
