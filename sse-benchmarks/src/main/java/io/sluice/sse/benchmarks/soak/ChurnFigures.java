package io.sluice.sse.benchmarks.soak;

import java.util.Locale;

/** Compares two readings of one server, which must not differ by more than random variation. */
final class ChurnFigures {

    private ChurnFigures() {}

    /** In a small heap a few per cent are less than what the JVM itself sometimes retains. */
    private static final long HEAP_SLACK_BYTES = 4L << 20;
    /** A jar or a {@code /proc} file may be open at the moment. A leak of connections would be hundreds. */
    private static final int DESCRIPTOR_SLACK = 4;

    /**
     * Checks that the heap stays within the tolerance of the first reading, or within a few megabytes, and that
     * descriptors and threads are back at their former numbers, except for a few that belong to the JVM.
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
                        // The JVM starts and ends compiler threads at any time.
                        after.threads() <= before.threads() + 2)
                .note(
                        "resident, before and after",
                        Reading.mebibytes(before.residentBytes()) + ", " + Reading.mebibytes(after.residentBytes()));
    }
}
