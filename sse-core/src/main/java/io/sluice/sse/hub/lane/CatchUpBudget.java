package io.sluice.sse.hub.lane;

import io.sluice.sse.hub.log.Entries;

/**
 * How many bytes the clients of a lane may hold that are behind: the option {@code catchUpBytes}. Above it, each client
 * gets small frames, and a large event waits. Confined to the lane.
 */
final class CatchUpBudget {

    private final LaneFrames frames;
    private final RecentRanges recentRanges;
    private final long maxHeldBytes;

    CatchUpBudget(LaneFrames frames, RecentRanges recentRanges, long maxHeldBytes) {
        this.frames = frames;
        this.recentRanges = recentRanges;
        this.maxHeldBytes = maxHeldBytes;
    }

    /** Whether clients hold as many bytes as they may. */
    boolean isUsedUp() {
        if (frames.heldBytes() <= maxHeldBytes) {
            return false;
        }
        frames.releaseSent(); // the figure dates from the last call
        return frames.heldBytes() > maxHeldBytes;
    }

    /** Whether half of the budget is left, by the last figure. */
    boolean isHalfLeft() {
        return frames.heldBytes() <= maxHeldBytes / 2;
    }

    /**
     * Whether a frame of these events may be made. A range is larger than a frame only if it is one large event. Such
     * events count against the budget: clients that do not read would otherwise hold as many of them as they like. One
     * is always allowed, so that each client gets its events in the end.
     */
    boolean hasRoomFor(Entries events, int frameBytes) {
        if (events.size() != 1 || events.get(0).wire.length <= frameBytes) {
            return true;
        }
        long bytes = events.get(0).wire.length;
        if (frames.heldBytes() + recentRanges.largeBytes() + bytes <= maxHeldBytes) {
            return true;
        }
        recentRanges.releaseAll();
        frames.releaseSent(); // the figure dates from the last call
        return frames.heldBytes() == 0 || frames.heldBytes() + bytes <= maxHeldBytes;
    }
}
