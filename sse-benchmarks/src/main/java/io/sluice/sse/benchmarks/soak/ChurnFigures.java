package io.sluice.sse.benchmarks.soak;

import java.util.Locale;

/** Two readings of one server, which must not differ by more than chance. */
final class ChurnFigures {

    private ChurnFigures() {}

    /** Of a small heap a few per cent are less than what the JVM itself keeps now and then. */
    private static final long HEAP_SLACK_BYTES = 4L << 20;
    /** A jar or a file of {@code /proc} that is open just now. A leak of connections is of hundreds. */
    private static final int DESCRIPTOR_SLACK = 4;

    /**
     * Heap within the tolerance of the first reading, or within a few megabytes; descriptors and threads back where they
     * were, but for a few that are the JVM's.
     */
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
                        String.format(
                                Locale.ROOT, "<= +%.0f %% or %s", 100 * tolerance, Reading.mebibytes(HEAP_SLACK_BYTES)),
                        change <= 100 * tolerance || after.heapBytes() - before.heapBytes() <= HEAP_SLACK_BYTES)
                .check(
                        "descriptors, before and after",
                        before.descriptors() + ", " + after.descriptors(),
                        "<= " + (before.descriptors() + DESCRIPTOR_SLACK),
                        after.descriptors() <= before.descriptors() + DESCRIPTOR_SLACK)
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
