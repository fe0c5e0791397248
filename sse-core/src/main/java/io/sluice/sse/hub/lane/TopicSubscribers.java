package io.sluice.sse.hub.lane;

import io.sluice.sse.Sink;
import io.sluice.sse.hub.log.StartBounds;
import io.sluice.sse.hub.log.Topic;
import io.sluice.sse.hub.log.TopicListener;
import io.sluice.sse.topic.OverflowPolicy;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.util.Arrays;
import java.util.Objects;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * A topic as one lane sees it: its subscribers there, and whether it has something new. The list itself holds the
 * subscriptions that named the topic, which is all that most topics have. Each pattern that matches the topic has a
 * list of its own, linked from here.
 */
final class TopicSubscribers extends SubscriberList implements TopicListener {

    private static final PatternSubscribers[] NO_PATTERNS = new PatternSubscribers[0];

    private static final VarHandle DIRTY;

    static {
        try {
            DIRTY = MethodHandles.lookup().findVarHandle(TopicSubscribers.class, "dirty", boolean.class);
        } catch (ReflectiveOperationException e) {
            throw new ExceptionInInitializerError(e);
        }
    }

    final Topic topic;

    /** The topic on another lane. Written under the hub's lock, see {@link TopicListener#next}. */
    private @Nullable TopicListener next;

    // Changed on the lane and under the hub's lock; either suffices to read it.
    private @Nullable PatternSubscribers[] patterns = NO_PATTERNS;
    private int patternCount;

    // Set by publishers, cleared by the lane. The publisher that sets it links this topic into the lane's dirty list.
    @SuppressWarnings("unused") // through DIRTY
    private boolean dirty;

    @Nullable
    TopicSubscribers nextDirty;

    // Confined to the lane.
    /** The position from which a later pass has to look at the topic, or a mark of {@link DirtyTopics}; usually 0. */
    long waitsFor;

    // Of the pass that runs; confined to the lane.
    int from;
    int to;
    /** Whether its range holds an event that is not meant for every subscriber. */
    boolean targeted;

    private @Nullable DirtySet single;

    private TopicSubscribers(Topic topic, HubLane lane) {
        super(lane);
        this.topic = topic;
    }

    /** The subscribers of a topic on a lane, or null. Under the hub's lock. */
    static @Nullable TopicSubscribers find(Topic topic, HubLane lane) {
        return (TopicSubscribers) topic.listenerOf(lane);
    }

    /** The subscribers of a topic on a lane, an empty list at first. Under the hub's lock. */
    static TopicSubscribers getOrCreate(Topic topic, HubLane lane) {
        TopicSubscribers here = find(topic, lane);
        if (here == null) {
            here = new TopicSubscribers(topic, lane);
            topic.addListener(here);
        }
        return here;
    }

    // ---- as a listener of the topic

    @Override
    public Object owner() {
        return lane;
    }

    @Override
    public void mark() {
        if (!(boolean) DIRTY.getVolatile(this) && DIRTY.compareAndSet(this, false, true)) {
            lane.pushDirty(this);
        }
    }

    @Override
    public void wake() {
        lane.wake();
    }

    @Override
    public int exactSubscriberCount() {
        return sinkCount();
    }

    @Override
    public boolean hasPatternSubscribers() {
        return patternCount > 0;
    }

    @Override
    public void forEachSubscriber(Consumer<? super Sink> action) {
        for (int l = 0; l < listCount(); l++) {
            SubscriberList list = list(l);
            for (int i = 0; i < list.size(); i++) {
                action.accept(list.get(i).sink());
            }
        }
    }

    @Override
    public boolean hasExactSubscribers() {
        return size() > 0;
    }

    @Override
    public @Nullable TopicListener next() {
        return next;
    }

    @Override
    public void setNext(@Nullable TopicListener newNext) {
        next = newNext;
    }

    // ---- in a pass

    /** The lane clears the mark before it reads the ring. */
    void clearMark() {
        DIRTY.setVolatile(this, false);
    }

    /** The set of the sinks for which only this topic is new. It exists while the pass lasts. */
    DirtySet single() {
        return Objects.requireNonNull(single);
    }

    void setSingle(@Nullable DirtySet set) {
        single = set;
    }

    // ---- its lists

    /** How many lists there are: the exact subscribers, a list that may be empty, and one list for each pattern. */
    int listCount() {
        return 1 + patternCount;
    }

    SubscriberList list(int index) {
        return index == 0 ? this : Objects.requireNonNull(patterns[index - 1]);
    }

    void add(PatternSubscribers list) {
        if (patternCount == patterns.length) {
            patterns = Arrays.copyOf(patterns, Math.max(1, patternCount + (patternCount >> 1) + (patternCount & 1)));
        }
        patterns[patternCount++] = list;
    }

    /** Takes out the list; the last one moves to its place. Never during a pass, which would miss it. */
    void remove(PatternSubscribers list) {
        for (int i = 0; i < patternCount; i++) {
            if (patterns[i] == list) {
                patterns[i] = patterns[--patternCount];
                patterns[patternCount] = null;
                break;
            }
        }
        if (patternCount == 0) {
            patterns = NO_PATTERNS;
        } else if (patternCount < patterns.length / 4) {
            patterns = Arrays.copyOf(patterns, patternCount * 2);
        }
        leaveIfUnused();
    }

    /** Takes the topic off the lane if it has no subscriber there. */
    void leaveIfUnused() {
        if (size() == 0 && patternCount == 0) {
            topic.removeListener(this);
        }
    }

    // ---- what the topic has lost and kept

    @Override
    void forEachTopic(Consumer<Topic> action) {
        action.accept(topic);
    }

    @Override
    boolean isGap(long position, long reportedEvictions, StartBounds bounds) {
        return bounds.isGap(topic, position, reportedEvictions);
    }

    @Override
    @Nullable
    OverflowPolicy strictestGap(long position, long reportedEvictions, StartBounds bounds) {
        return isGap(position, reportedEvictions, bounds) ? topic.overflow() : null;
    }

    @Override
    @Nullable
    OverflowPolicy strictestLostSince(long sinceNanos) {
        return !topic.isLiveOnly && topic.log.isLostSince(sinceNanos) ? topic.overflow() : null;
    }

    @Override
    boolean isStateLost() {
        return topic.isStateLost();
    }

    @Override
    long historyUpTo(long position, StartBounds bounds) {
        return topic.log.historyUpTo(bounds.after(topic, position));
    }

    @Override
    boolean isInHistorySince(long sinceNanos) {
        return topic.log.isInHistorySince(sinceNanos);
    }

    @Override
    boolean hasUncountedEvents() {
        return topic.log.hasUncountedEvents();
    }

    @Override
    void copyInto(CatchUpRange range, long after, StartBounds bounds) {
        range.offer(topic, after, bounds);
    }
}
