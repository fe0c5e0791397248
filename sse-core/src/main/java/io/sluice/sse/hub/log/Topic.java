package io.sluice.sse.hub.log;

import io.sluice.sse.topic.OverflowPolicy;
import org.jspecify.annotations.Nullable;

/** A name, its ring, and who listens to it lane by lane. Guarded by the hub's lock, except for what the ring lets read. */
public final class Topic extends EvictionQueue.Ranked {

    public final String name;
    public final TopicLog log;

    /** For clients that this topic's history has passed by, unless their subscription says otherwise. */
    public final OverflowPolicy overflow;

    /** The first of its listeners, one for each lane with subscribers. */
    private @Nullable TopicListener firstListener;

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

    /** The first of its listeners, linked through {@link TopicListener#next}; null if there is none. */
    @Nullable
    public TopicListener firstListener() {
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

    /** Registers a listener; its owner has no other one here. */
    public void addListener(TopicListener listener) {
        listener.setNext(firstListener);
        firstListener = listener;
    }

    /** Takes a listener out. It keeps its own link, see {@link TopicListener#next}. */
    public void removeListener(TopicListener leaving) {
        if (firstListener == leaving) {
            firstListener = leaving.next();
            return;
        }
        for (TopicListener each = firstListener; each != null; each = each.next()) {
            if (each.next() == leaving) {
                each.setNext(leaving.next());
                return;
            }
        }
    }

    /** Whether a subscriber named exactly this topic: it is then kept, empty or not. */
    boolean hasExactSubscribers() {
        for (TopicListener each = firstListener; each != null; each = each.next()) {
            if (each.hasExactSubscribers()) {
                return true;
            }
        }
        return false;
    }

    /** Nothing is kept in it and nobody named it: it can be forgotten. */
    boolean isIdle() {
        return log.keptEvents() == 0 && !hasExactSubscribers();
    }

    public boolean isRemoved() {
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
