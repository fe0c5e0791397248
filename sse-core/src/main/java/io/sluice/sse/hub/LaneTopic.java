package io.sluice.sse.hub;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.util.Arrays;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * A topic as one lane hears it: who listens there, and whether something is new.
 */
final class LaneTopic {

    private static final Audience[] NOBODY = new Audience[0];
    private static final VarHandle DIRTY;

    static {
        try {
            DIRTY = MethodHandles.lookup().findVarHandle(LaneTopic.class, "dirty", boolean.class);
        } catch (ReflectiveOperationException e) {
            throw new ExceptionInInitializerError(e);
        }
    }

    final Topic topic;
    final HubLane lane;

    // Changed on the lane and under the hub's lock; either suffices to read it.
    private Audience[] audiences = NOBODY;

    // Set by publishers, taken back by the lane. Whoever sets it links this topic into the lane's dirty ones.
    @SuppressWarnings("unused") // through DIRTY
    private boolean dirty;

    @Nullable
    LaneTopic nextDirty;

    // Of the pass that runs; confined to the lane.
    long passNumber;
    long carriedBy;
    int from;
    int to;
    /** Whether its range holds something that is not meant for everybody. */
    boolean targeted;

    private @Nullable DirtySet alone;

    LaneTopic(Topic topic, HubLane lane) {
        this.topic = topic;
        this.lane = lane;
    }

    /** A publisher says that there is something new. Under the hub's lock. */
    void mark() {
        if (!(boolean) DIRTY.getVolatile(this) && DIRTY.compareAndSet(this, false, true)) {
            lane.pushDirty(this);
        }
    }

    /** The lane takes the mark back, before it looks into the ring. */
    void clearMark() {
        DIRTY.setVolatile(this, false);
    }

    /** The set of those to whom only this topic is new; there is one while the pass lasts. */
    DirtySet alone() {
        return Objects.requireNonNull(alone);
    }

    void setAlone(@Nullable DirtySet set) {
        alone = set;
    }

    Audience[] audiences() {
        return audiences;
    }

    Audience.@Nullable OfTopic exactAudience() {
        for (Audience audience : audiences) {
            if (audience instanceof Audience.OfTopic exact) {
                return exact;
            }
        }
        return null;
    }

    void add(Audience audience) {
        audiences = Arrays.copyOf(audiences, audiences.length + 1);
        audiences[audiences.length - 1] = audience;
    }

    /** Takes the audience out; a topic without any leaves the lane. */
    void remove(Audience audience) {
        audiences = Arrays.stream(audiences).filter(other -> other != audience).toArray(Audience[]::new);
        if (audiences.length == 0) {
            topic.leave(this);
        }
    }
}
