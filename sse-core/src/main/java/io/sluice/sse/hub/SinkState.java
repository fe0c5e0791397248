package io.sluice.sse.hub;

import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * What a lane keeps of one of its sinks: how it listens, where it stands, and what a pass and the ticker need of it. The
 * part of a {@link LaneSink} that no other thread touches; its superclass, so that a client is one object. Confined to the
 * lane.
 */
abstract class SinkState {

    @Nullable
    Subscription subscription;

    boolean opened;
    boolean gone;
    int index = -1; // among the lane's sinks
    long openedNanos;
    long lastWriteNanos;
    long delivered;

    /** Whether it takes events otherwise than as they are, see {@link #variant}. */
    boolean varied;

    /** Whether this sink has a position of its own; otherwise it stands where its lane stands. */
    boolean behind;
    /** Whether it waits in the lane's queue of those to be served alone. */
    boolean queued;
    /** The position of a sink that is behind. */
    long position;
    /** The hub's evictions up to this number have been told, or were not asked for: they make no gap. */
    long reportedEvictions;
    /** The position that the client knows from the last id it was sent. */
    long lastSentPosition;

    // Of the pass that runs.
    long passNumber;

    private @Nullable DirtySet dirtySet;

    // Of the ticker.
    long progress = -1; // a mark that nobody has seen yet: who is looked at first has moved
    /** When it last moved, in the time that the ticker has observed. */
    long progressNanos;

    SinkState() {}

    /** From now on it listens by this subscription and those that follow it. */
    void setSubscriptions(@Nullable Subscription first) {
        subscription = first;
        EventView common = EventView.of(first);
        varied = common != null;
        if (first != null && first.next instanceof Subscription.Later second) {
            second.together = common;
        }
    }

    /** The subscription of a sink that has one; those that are behind or touched by a pass do. */
    final Subscription subscriptions() {
        return Objects.requireNonNull(subscription);
    }

    /** How it takes events; null if as they are. */
    final @Nullable EventView variant() {
        if (!varied) {
            return null;
        }
        Subscription first = subscriptions();
        return first.next instanceof Subscription.Later second
                ? second.together
                : first.selector().variant();
    }

    /** Keeps the account of what its client was sent. */
    final void onWritten(Frame frame, long nowNanos) {
        delivered += frame.events;
        lastWriteNanos = nowNanos;
        if (frame.lastSentPosition > lastSentPosition) {
            lastSentPosition = frame.lastSentPosition;
        }
    }

    /** Whether its position is still a question to the history. */
    final boolean isAwaitingStart() {
        return behind && position == ResumePoint.ASK;
    }

    final DirtySet dirtySet() {
        return Objects.requireNonNull(dirtySet);
    }

    final void setDirtySet(@Nullable DirtySet set) {
        dirtySet = set;
    }
}
