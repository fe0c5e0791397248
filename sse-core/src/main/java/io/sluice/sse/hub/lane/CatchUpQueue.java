package io.sluice.sse.hub.lane;

import java.util.ArrayDeque;
import java.util.LinkedHashSet;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/** The sinks that are behind, by what they wait for. Each is queued at most once. Confined to the lane. */
final class CatchUpQueue {

    /** What follows for a sink that was served. */
    enum Served {
        /** The sink leaves the queue: it has caught up or closed, or another call of {@link #add} follows. */
        DONE,
        /** The sink can take another frame at once. It goes to the end of the queue. */
        MORE,
        /** The sink is served again in the next turn, after the lane's I/O or the next pass. */
        NEXT_TURN,
        /** The client has taken none of the bytes that it was given, and the lane's memory budget is used up. */
        PARKED,
        /** The next event is large, and the lane's memory budget has no room for it until other clients have read. */
        TOO_LARGE,
        /** The sink is ahead of the hub: another node has delivered more. It waits until the lane has moved. */
        AHEAD
    }

    private final ArrayDeque<LaneSink> ready = new ArrayDeque<>();
    private final ArrayDeque<LaneSink> nextTurn = new ArrayDeque<>();
    /**
     * Sinks that get nothing more until their clients have taken what they were given, because the clients of the lane
     * hold too many bytes together. A set, so that one sink can be called back. Only sinks that are queued are looked
     * up in it.
     */
    private final LinkedHashSet<LaneSink> parked = new LinkedHashSet<>();

    /** Sinks whose next event is larger than the frame they may get, and larger than what is left of the budget. */
    private final LinkedHashSet<LaneSink> tooLarge = new LinkedHashSet<>();

    /** Sinks whose clients have got more from another node than this hub has read. */
    private final LinkedHashSet<LaneSink> ahead = new LinkedHashSet<>();

    /** Puts the sink into the queue, once. A parked sink is called back, because something about it has changed. */
    void add(LaneSink sink) {
        if (sink.isGone()) {
            return;
        }
        if (!sink.queued) {
            sink.queued = true;
            ready.add(sink);
        } else if (isRemoved(parked, sink) || isRemoved(tooLarge, sink) || isRemoved(ahead, sink)) {
            ready.add(sink);
        }
    }

    private static boolean isRemoved(LinkedHashSet<LaneSink> waiting, LaneSink sink) {
        return !waiting.isEmpty() && waiting.remove(sink);
    }

    /** Takes the next sink out of the queue; null if none is ready. */
    @Nullable
    LaneSink poll() {
        LaneSink sink = ready.poll();
        if (sink != null) {
            sink.queued = false;
        }
        return sink;
    }

    void requeue(LaneSink sink, Served served) {
        if (served == Served.MORE) {
            add(sink);
        } else if (served != Served.DONE && !sink.queued) {
            sink.queued = true;
            if (served == Served.PARKED) {
                parked.add(sink);
            } else if (served == Served.TOO_LARGE) {
                tooLarge.add(sink);
            } else if (served == Served.AHEAD) {
                ahead.add(sink);
            } else {
                nextTurn.add(sink);
            }
        }
    }

    /** From now on the sinks that wait for the next turn are ready. @return whether some sinks are ready */
    boolean endTurn() {
        ready.addAll(nextTurn);
        nextTurn.clear();
        return !ready.isEmpty();
    }

    /** Whether a sink that is ready fulfills the condition. */
    boolean anyReady(Predicate<LaneSink> condition) {
        for (LaneSink sink : ready) {
            if (condition.test(sink)) {
                return true;
            }
        }
        return false;
    }

    /** Makes all sinks ready that are ahead of the hub. */
    void recallAhead() {
        if (!ahead.isEmpty()) {
            ready.addAll(ahead);
            ahead.clear();
        }
    }

    /** Makes all sinks ready that wait for the budget, or are ahead of the hub. @return whether there was one */
    boolean recallAll() {
        if (parked.isEmpty() && tooLarge.isEmpty() && ahead.isEmpty()) {
            return false;
        }
        recallAhead();
        ready.addAll(parked);
        parked.clear();
        ready.addAll(tooLarge);
        tooLarge.clear();
        return true;
    }

    boolean hasParked() {
        return !parked.isEmpty();
    }

    /** Makes the parked sinks ready that fulfill the condition. @return whether there was one */
    boolean recallParked(Predicate<LaneSink> condition) {
        return parked.removeIf(sink -> {
            boolean recalled = condition.test(sink);
            if (recalled) {
                ready.add(sink);
            }
            return recalled;
        });
    }

    boolean hasTooLarge() {
        return !tooLarge.isEmpty();
    }

    /** Makes the first sink ready that waits for room for a large event. */
    void recallFirstTooLarge() {
        LaneSink first = tooLarge.iterator().next();
        tooLarge.remove(first);
        ready.add(first);
    }
}
