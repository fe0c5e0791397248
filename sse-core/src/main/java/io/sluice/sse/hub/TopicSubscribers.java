package io.sluice.sse.hub;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.util.Arrays;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * A topic as one lane hears it: who listens there, and whether something is new. As an audience it is those who named the
 * topic, which is all there is of most topics; those who listen by pattern are audiences of their own.
 */
final class TopicSubscribers extends SubscriberList {

    private static final SubscriberList.PatternSubscribers[] NO_PATTERNS = new SubscriberList.PatternSubscribers[0];
    private static final VarHandle DIRTY;

    static {
        try {
            DIRTY = MethodHandles.lookup().findVarHandle(TopicSubscribers.class, "dirty", boolean.class);
        } catch (ReflectiveOperationException e) {
            throw new ExceptionInInitializerError(e);
        }
    }

    final Topic topic;

    /**
     * The topic on another lane: written under the hub's lock. A publisher that goes on from here without it still meets
     * every lane that listened when it had the lock, and still does: whoever leaves keeps its link.
     */
    @Nullable
    TopicSubscribers nextLane;

    // Changed on the lane and under the hub's lock; either suffices to read it.
    private SubscriberList.PatternSubscribers[] patterns = NO_PATTERNS;

    // Set by publishers, taken back by the lane. Whoever sets it links this topic into the lane's dirty ones.
    @SuppressWarnings("unused") // through DIRTY
    private boolean dirty;

    @Nullable
    TopicSubscribers nextDirty;

    // Of the pass that runs; confined to the lane.
    long passNumber;
    long deferredBy;
    int from;
    int to;
    /** Whether its range holds something that is not meant for everybody. */
    boolean targeted;

    private @Nullable DirtySet alone;

    TopicSubscribers(Topic topic, HubLane lane, @Nullable TopicSubscribers nextLane) {
        super(lane);
        this.topic = topic;
        this.nextLane = nextLane;
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
    DirtySet single() {
        return Objects.requireNonNull(alone);
    }

    void setSingle(@Nullable DirtySet set) {
        alone = set;
    }

    /** How many audiences there are: those who named the topic, who may be none, and one for each pattern. */
    int audienceCount() {
        return 1 + patterns.length;
    }

    SubscriberList audience(int index) {
        return index == 0 ? this : patterns[index - 1];
    }

    void add(SubscriberList.PatternSubscribers audience) {
        patterns = Arrays.copyOf(patterns, patterns.length + 1);
        patterns[patterns.length - 1] = audience;
    }

    /** Takes the audience out. */
    void remove(SubscriberList.PatternSubscribers audience) {
        patterns = Arrays.stream(patterns)
                .filter(other -> other != audience)
                .toArray(SubscriberList.PatternSubscribers[]::new);
        if (patterns.length == 0) {
            patterns = NO_PATTERNS;
        }
        leaveIfUnheard();
    }

    /** A topic to which nobody listens here leaves the lane. */
    void leaveIfUnheard() {
        if (size() == 0 && patterns.length == 0) {
            topic.leave(this);
        }
    }
}
