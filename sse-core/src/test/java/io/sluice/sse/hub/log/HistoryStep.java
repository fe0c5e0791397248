package io.sluice.sse.hub.log;

import java.util.ArrayList;
import java.util.List;
import java.util.Random;

/** One step of a random history. Its numbers select the client or topic, the count and the size. */
record HistoryStep(Kind kind, int which, int size, int tasks) {

    /** Each kind has a weight in a history without a store, and one in a history with a store. */
    enum Kind {
        PUBLISH(28, 28),
        BATCH(7, 14),
        CHOOSE_ID(5, 5),
        REPEAT_ID(3, 3),
        CONNECT(18, 18),
        CONNECT_ANEW(9, 9),
        CUT(9, 9),
        STALL(6, 6),
        TAKE(8, 8),
        TAKE_ALL(4, 4),
        TIME_PASSES(5, 5),
        HEARTBEATS(3, 3),
        YIELD(2, 2),
        RESTART(1, 8),
        /** From now on published events do not reach the store. */
        HOLD_STORE(0, 5),
        LET_STORE_GO(0, 3),
        /** The present content of the store is what survives a crash of the machine, until the next such step. */
        FORCE_STORE(0, 4);

        private final int weight;
        private final int weightWithStore;

        Kind(int weight, int weightWithStore) {
            this.weight = weight;
            this.weightWithStore = weightWithStore;
        }

        private int weight(boolean store) {
            return store ? weightWithStore : weight;
        }
    }

    /** The steps of the history of this seed. */
    static List<HistoryStep> of(long seed) {
        Random random = new Random(seed ^ 0x5DEECE66DL);
        boolean store = RandomStore.isIn(seed);
        List<HistoryStep> steps = new ArrayList<>();
        for (int i = 10 + random.nextInt(40); i > 0; i--) {
            steps.add(random(random, store));
        }
        return steps;
    }

    private static HistoryStep random(Random random, boolean store) {
        int total = 0;
        for (Kind kind : Kind.values()) {
            total += kind.weight(store);
        }
        int chosen = random.nextInt(total);
        Kind kind = null;
        for (Kind each : Kind.values()) {
            if (kind == null && (chosen -= each.weight(store)) < 0) {
                kind = each;
            }
        }
        return new HistoryStep(kind, random.nextInt(1 << 16), random.nextInt(1 << 16), random.nextInt(8));
    }

    @Override
    public String toString() {
        return kind + "(" + which + " " + size + " " + tasks + ")";
    }
}
