package io.sluice.sse.benchmarks.soak;

import java.util.Locale;

/** Two readings of one server, which must not differ. */
final class ChurnFigures {

    private ChurnFigures() {}

    /** Heap within the tolerance of the first reading; descriptors and threads back where they were, or below. */
    static void compare(Figures figures, Reading before, Reading after, double tolerance) {
        double change = 100.0 * (after.heapBytes() - before.heapBytes()) / before.heapBytes();
        figures.check(
                        "heap after collection, before and after",
                        String.format(
                                Locale.ROOT,
                                "%s, %s (%+.1f %%)",
                                Reading.mebibytes(before.heapBytes()),
                                Reading.mebibytes(after.heapBytes()),
                                change),
                        String.format(Locale.ROOT, "<= +%.0f %%", 100 * tolerance),
                        change <= 100 * tolerance)
                .check(
                        "descriptors, before and after",
                        before.descriptors() + ", " + after.descriptors(),
                        "<= " + before.descriptors(),
                        after.descriptors() <= before.descriptors())
                .check(
                        "threads, before and after",
                        before.threads() + ", " + after.threads(),
                        "<= " + (before.threads() + 2),
                        // The JVM starts and ends compiler threads as it likes.
                        after.threads() <= before.threads() + 2)
                .note(
                        "resident, before and after",
                        Reading.mebibytes(before.residentBytes()) + ", " + Reading.mebibytes(after.residentBytes()));
    }
}
