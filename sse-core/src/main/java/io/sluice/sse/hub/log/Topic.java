package io.sluice.sse.hub.log;

import io.sluice.sse.topic.OverflowPolicy;
import org.jspecify.annotations.Nullable;

/**
 * A topic: its name, its log, and one listener for each lane that has subscribers. Guarded by the hub's lock, except
 * for those methods of the log that a lane may call without it.
 */
public final class Topic extends EvictionQueue.Holder {

    public final String name;
    public final TopicLog log;

    /** The options of this topic. */
    final TopicOptions.Rule rule;

    /** Whether a new client gets only what is published after it has begun, see {@link LogOptions.TopicRules}. */
    public final boolean isLiveOnly;

    /** The first listener of a list linked through {@link TopicListener#next}. */
    private @Nullable TopicListener firstListener;

    /** Whether the topic was removed from the table. A removed topic is never used again. */
    private boolean removed;

    /** Whether the topic keeps an event, or gets one now. Otherwise it is there for its subscribers only. */
    private boolean published;

    /**
     * Whether its last event was published. Written under the hub's lock, read anywhere: the publisher writes it before
     * the head, and a lane reads the head first.
     */
    private volatile boolean ended;

    /** Whether an append that runs has looked this topic up, so that it must not be evicted for another topic. */
    private boolean pinned;

    /**
     * @param before the floor of what it has lost before
     * @param evicted the floor of what has left the memory before, in a hub whose backplane keeps the sequence
     */
    Topic(String name, RemovedTopicFloors.Removed before, Floor evicted, TopicOptions options) {
        Floor floor = before.floor();
        this.name = name;
        this.rule = options.of(name);
        this.isLiveOnly = options.isLiveOnly(name);
        TrimmedSequence trimmed = options.trimmed();
        if (isLiveOnly) {
            this.log = new TopicLog(floor);
        } else if (rule.conflation() != null) {
            this.log = new ConflatedLog(before, evicted, trimmed, this);
        } else if (trimmed != null) {
            this.log = new BackplaneLog(floor, evicted, trimmed);
        } else {
            this.log = options.isStored() ? new StoredLog(floor) : new TopicLog(floor);
        }
    }

    /** The policy for clients that this topic has evicted events for, unless their subscription has its own policy. */
    public OverflowPolicy overflow() {
        return rule.overflow();
    }

    /** Whether the topic keeps the latest event of each key. */
    public boolean conflates() {
        return log instanceof ConflatedLog;
    }

    /** Whether a client that asks for all of the state of this topic misses some of it. Under the hub's lock. */
    public boolean isStateLost() {
        return log.isStateLost();
    }

    /** That of the ring. */
    @Override
    long oldestPosition() {
        return log.oldestPosition();
    }

    /** The first listener, linked to the others through {@link TopicListener#next}; null if there is none. */
    @Nullable
    TopicListener firstListener() {
        return firstListener;
    }

    /** The listener that {@code owner} registered, or null. */
    @Nullable
    public TopicListener listenerOf(Object owner) {
        for (TopicListener each = firstListener; each != null; each = each.next()) {
            if (each.owner() == owner) {
                return each;
            }
        }
        return null;
    }

    /** Adds a listener. Its owner must not have another one on this topic. */
    public void addListener(TopicListener listener) {
        listener.setNext(firstListener);
        firstListener = listener;
    }

    /** Removes a listener. It keeps its own link, see {@link TopicListener#next}. */
    public void removeListener(TopicListener listener) {
        if (firstListener == listener) {
            firstListener = listener.next();
            return;
        }
        for (TopicListener each = firstListener; each != null; each = each.next()) {
            if (each.next() == listener) {
                each.setNext(listener.next());
                return;
            }
        }
    }

    /** Whether a subscriber named exactly this topic. Such a topic is kept even if it is empty. */
    boolean hasExactSubscribers() {
        for (TopicListener each = firstListener; each != null; each = each.next()) {
            if (each.hasExactSubscribers()) {
                return true;
            }
        }
        return false;
    }

    /** Whether its last event was published, and is not forgotten. Any thread. */
    public boolean hasEnded() {
        return ended;
    }

    /**
     * Whether the topic has ended, and its last event is at or before {@code position}, kept or lost. Any thread; the
     * caller has read a head that is not before {@code position}.
     */
    public boolean hasEndedBy(long position) {
        return ended && !log.hasAfter(position) && log.lostPosition() <= position; // the floor last, as after a copy
    }

    void setEnded(boolean hasEnded) {
        ended = hasEnded;
    }

    boolean isPinned() {
        return pinned;
    }

    void setPinned(boolean isPinned) {
        pinned = isPinned;
    }

    boolean isPublished() {
        return published;
    }

    void setPublished(boolean isPublished) {
        published = isPublished;
    }

    public boolean isRemoved() {
        return removed;
    }

    void setRemoved() {
        removed = true;
    }

    @Override
    public String toString() {
        return name;
    }
}
