package io.sluice.sse.history;

import java.util.ArrayList;
import java.util.List;

/**
 * The position of a hub after its history was opened, and the positions that are uncertain.
 *
 * <p>After a clean stop, no position is uncertain. After an unclean stop, numbering continues after the reserved
 * positions, and one position is left out. So a client that starts at the new head is not mistaken for a client that
 * connected before the stop.
 *
 * <p>If each batch was forced, events after the recovered tail were delivered to some clients but never acknowledged to
 * a publisher; a client at such a position has seen events that no longer exist. If batches were not forced,
 * acknowledged events may be lost, and it is unknown which ones; any client that resumes from before the stop may have
 * missed some.
 *
 * @param head the position of the hub
 * @param lost the uncertain positions
 */
record Recovery(long head, List<LostRange> lost) {

    /** The maximum number of unclean stops that are distinguished; older ones are merged into one range. */
    static final int MAX_RANGES = 128;

    /** @param written the last position in the store */
    static Recovery of(PositionsFile.Content before, long written) {
        if (before.isClean() && before.written() == written) {
            return new Recovery(before.head(), before.lost());
        }
        long reserved = Math.max(Math.max(before.reserved(), before.head()), written);
        // If the store is older than its own clean stop, it was restored from a copy, and all positions are uncertain.
        boolean tailIsCertain = before.strict() && !before.isClean();
        LostRange range =
                new LostRange(tailIsCertain ? Math.max(written, skippedPosition(before.lost())) : -1, reserved);
        List<LostRange> lost = new ArrayList<>();
        for (LostRange earlier : before.lost()) {
            if (earlier.after() < range.after() || earlier.upTo() > range.upTo()) {
                lost.add(earlier);
            }
        }
        lost.add(range);
        while (lost.size() > MAX_RANGES) {
            lost.remove(0);
            lost.set(0, new LostRange(-1, lost.get(0).upTo()));
        }
        return new Recovery(reserved + 1, lost);
    }

    /**
     * The position that the last unclean stop left out. No event has it, so a client at this position has seen
     * everything before it.
     */
    private static long skippedPosition(List<LostRange> lost) {
        long highest = -1;
        for (LostRange range : lost) {
            highest = Math.max(highest, range.upTo() + 1);
        }
        return highest;
    }
}
