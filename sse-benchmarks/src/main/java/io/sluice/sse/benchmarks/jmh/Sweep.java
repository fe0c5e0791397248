package io.sluice.sse.benchmarks.jmh;

import java.util.List;
import java.util.Locale;

/** What grows while everything else stays at one. */
enum Sweep {
    CLIENTS(1, 10, 100, 1_000, 10_000),
    TOPICS(1, 10, 100, 1_000, 10_000, 100_000, 1_000_000),
    LANES(0, 1, 2, 4, 8, 16);

    private final List<Integer> steps;

    Sweep(Integer... steps) {
        this.steps = List.of(steps);
    }

    /** The name in the parameters of the benchmark, in the table and in the plot. */
    String title() {
        return name().toLowerCase(Locale.ROOT);
    }

    String[] steps() {
        return steps.stream().map(String::valueOf).toArray(String[]::new);
    }
}
