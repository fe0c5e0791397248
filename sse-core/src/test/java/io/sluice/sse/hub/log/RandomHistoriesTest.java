package io.sluice.sse.hub.log;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * In many short random histories, each client receives exactly the expected events over all its connections, or a gap
 * at the right place.
 *
 * <p>The hub has manually driven lanes. The streams of clients are cut at any byte. The model is a plain list ({@link
 * HistoryModel}). Each block is checked when it is written ({@link StreamJudge}), and again when the client reads it,
 * over all connections ({@link HistoryClient}). One history in fifty has a store that outlives its hubs ({@link
 * RandomStore}), with a model of its content ({@link StoreModel}). Each history has its own seed. {@code
 * -Dsluice.seed=…} repeats one, {@code -Dsluice.histories=…} sets the number of histories, and {@code
 * -Dsluice.stores=true} runs only those with a store. A failure names the seed and the steps that cause it.
 */
class RandomHistoriesTest {

    private static final int HISTORIES = 6_000;

    @TempDir
    Path directory;

    @Test
    void aClientReceivesExactlyWhatItMissedOrAGap() {
        Long given = Long.getLong("sluice.seed");
        long first = given != null ? given : (System.nanoTime() & 0xFFFFFFF) * 100_000;
        long count = given != null ? 1 : Integer.getInteger("sluice.histories", HISTORIES);
        int step = Boolean.getBoolean("sluice.stores") ? RandomStore.ONE_IN : 1;
        for (long seed = first; seed < first + count * step; seed += step) {
            List<HistoryStep> steps = HistoryStep.of(seed);
            AssertionError failure = failureOf(seed, steps);
            if (failure != null) {
                System.out.println("failed with -Dsluice.seed=" + seed + ": " + failure.getMessage());
                List<HistoryStep> needed = shrink(seed, steps);
                AssertionError ofNeeded = Objects.requireNonNullElse(failureOf(seed, needed), failure);
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

    private AssertionError failureOf(long seed, List<HistoryStep> steps) {
        try {
            new RandomHistory(seed, steps).live(directory);
            return null;
        } catch (AssertionError e) {
            return e;
        }
    }

    /**
     * Removes as many steps as possible while the failure remains, for two minutes: halves first, then smaller parts,
     * then single steps. A run that hangs takes a minute each time.
     */
    private List<HistoryStep> shrink(long seed, List<HistoryStep> all) {
        List<HistoryStep> needed = all;
        long until = System.nanoTime() + TimeUnit.MINUTES.toNanos(2);
        for (int part = Math.max(1, all.size() / 2); part >= 1; part = part == 1 ? 0 : part / 2) {
            boolean shorter = true;
            while (shorter) {
                shorter = false;
                for (int from = 0; from < needed.size() && System.nanoTime() - until < 0; from += part) {
                    List<HistoryStep> fewer = new ArrayList<>(needed);
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
