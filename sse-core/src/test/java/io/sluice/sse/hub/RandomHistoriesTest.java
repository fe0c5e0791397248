package io.sluice.sse.hub;

import io.sluice.sse.hub.RandomHistory.Step;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/**
 * Over many short random histories: what each client has received over all of its connections is exactly what it had to
 * receive, or carries a gap at the right place.
 *
 * <p>A hub with hand-driven lanes; clients whose bytes are cut anywhere; a model that is a plain list ({@link
 * HistoryModel}). Each block is judged when it is written ({@link StreamJudge}), and once more by who reads it, over all
 * connections ({@link HistoryClient}). Each history has a seed of its own: {@code -Dsluice.seed=…} repeats one, {@code
 * -Dsluice.histories=…} lives as many. A failure says the seed, and the steps that are needed for it.
 */
class RandomHistoriesTest {

    private static final int HISTORIES = 10_000;

    @Test
    void whatAClientReceivesIsExactlyWhatItMissedOrAGapIsSaid() {
        Long given = Long.getLong("sluice.seed");
        long first = given != null ? given : (System.nanoTime() & 0xFFFFFFF) * 100_000;
        long count = given != null ? 1 : Integer.getInteger("sluice.histories", HISTORIES);
        for (long seed = first; seed < first + count; seed++) {
            List<Step> steps = RandomHistory.steps(seed);
            AssertionError failure = failureOf(seed, steps);
            if (failure != null) {
                List<Step> needed = shrink(seed, steps);
                AssertionError ofNeeded = failureOf(seed, needed);
                throw new AssertionError(
                        "repeat with -Dsluice.seed=%d: %s%nof %d steps these %d are enough: %s%n%s"
                                .formatted(
                                        seed,
                                        failure.getMessage(),
                                        steps.size(),
                                        needed.size(),
                                        ofNeeded.getMessage(),
                                        new RandomHistory(seed, needed)),
                        ofNeeded);
            }
        }
    }

    private static AssertionError failureOf(long seed, List<Step> steps) {
        try {
            new RandomHistory(seed, steps).live();
            return null;
        } catch (AssertionError e) {
            return e;
        }
    }

    /** Leaves out whatever it can without ending the failure: halves first, then smaller parts, then single steps. */
    private static List<Step> shrink(long seed, List<Step> all) {
        List<Step> needed = all;
        for (int part = Math.max(1, all.size() / 2); part >= 1; part = part == 1 ? 0 : part / 2) {
            boolean shorter = true;
            while (shorter) {
                shorter = false;
                for (int from = 0; from < needed.size(); from += part) {
                    List<Step> fewer = new ArrayList<>(needed);
                    fewer.subList(from, Math.min(from + part, needed.size())).clear();
                    if (failureOf(seed, fewer) != null) {
                        needed = fewer;
                        shorter = true;
                        break;
                    }
                }
            }
        }
        return needed;
    }
}
