package io.sluice.sse.history;

import java.util.ArrayList;
import java.util.List;

/**
 * Where a hub stands after its history was opened, and which positions are doubtful.
 *
 * <p>After a clean stop nothing is. After an unclean one numbering goes on above what was reserved, and one position is
 * left out, so that whoever begins at the new head is not taken for somebody who came from before. If each batch was
 * forced, what lies beyond the recovered tail was delivered to some and acknowledged to nobody: who stands there has seen
 * what is no more. If not, events may be lost that were acknowledged, and nobody knows which: whoever comes from before
 * the stop may have missed some.
 *
 * @param head the position at which the hub stands
 * @param lost what is doubtful
 */
record Recovery(long head, List<LostRange> lost) {

    /** So many unclean stops are told apart; those before are one. */
    static final int MOST_RANGES = 128;

    /** @param written the last position that the store has */
    static Recovery of(PositionsFile.Content before, long written) {
        if (before.isClean() && before.written() == written) {
            return new Recovery(before.head(), before.lost());
        }
        long reserved = Math.max(Math.max(before.reserved(), before.head()), written);
        // A store that is behind its own clean end was brought back from elsewhere: then nothing is sure.
        boolean tailIsSure = before.strict() && !before.isClean();
        LostRange range = new LostRange(tailIsSure ? Math.max(written, leftOut(before.lost())) : -1, reserved);
        List<LostRange> lost = new ArrayList<>();
        for (LostRange earlier : before.lost()) {
            if (earlier.after() < range.after() || earlier.upTo() > range.upTo()) {
                lost.add(earlier);
            }
        }
        lost.add(range);
        while (lost.size() > MOST_RANGES) {
            lost.remove(0);
            lost.set(0, new LostRange(-1, lost.get(0).upTo()));
        }
        return new Recovery(reserved + 1, lost);
    }

    /** The position that the last unclean stop left out: no event has it, so who stands there has seen what was before. */
    private static long leftOut(List<LostRange> lost) {
        long highest = -1;
        for (LostRange range : lost) {
            highest = Math.max(highest, range.upTo() + 1);
        }
        return highest;
    }
}
