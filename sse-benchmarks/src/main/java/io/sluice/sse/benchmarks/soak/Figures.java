package io.sluice.sse.benchmarks.soak;

import java.io.PrintStream;
import java.util.ArrayList;
import java.util.List;

/**
 * The figures that a program has measured, each with its limit. Prints them as a table and determines the exit status.
 * Not thread-safe.
 */
final class Figures {

    private record Row(String figure, String value, String bound, String verdict) {}

    private final List<Row> rows = new ArrayList<>();
    private boolean failed;

    /** Adds a figure without a limit. */
    Figures note(String figure, Object value) {
        rows.add(new Row(figure, String.valueOf(value), "", ""));
        return this;
    }

    /** Adds a figure and whether it is within its limit. */
    Figures check(String figure, Object value, String bound, boolean kept) {
        rows.add(new Row(figure, String.valueOf(value), bound, kept ? "PASS" : "FAIL"));
        failed |= !kept;
        return this;
    }

    /** Prints the table. @return the exit status */
    int print(PrintStream out, String title) {
        int[] widths = new int[3];
        for (Row row : rows) {
            widths[0] = Math.max(widths[0], row.figure.length());
            widths[1] = Math.max(widths[1], row.value.length());
            widths[2] = Math.max(widths[2], row.bound.length());
        }
        String format = "  %-" + widths[0] + "s  %" + widths[1] + "s  %-" + Math.max(1, widths[2]) + "s  %s%n";
        out.printf("%n%s%n", title);
        for (Row row : rows) {
            out.printf(format, row.figure, row.value, row.bound, row.verdict);
        }
        out.printf("%s: %s%n", title, failed ? "FAIL" : "PASS");
        out.flush();
        return failed ? 1 : 0;
    }
}
