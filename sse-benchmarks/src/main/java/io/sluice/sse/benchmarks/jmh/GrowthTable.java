package io.sluice.sse.benchmarks.jmh;

import java.util.List;
import java.util.Locale;

/**
 * Formats the cost of a publish along each sweep as a Markdown table, relative to one client, one topic and one lane.
 */
final class GrowthTable {

    private GrowthTable() {}

    static String of(List<GrowthPoint> points) {
        StringBuilder text =
                new StringBuilder("| what grows | number | ns per publish | min … max | × of one | bytes allocated |\n"
                        + "|---|---:|---:|---:|---:|---:|\n");
        for (GrowthPoint point : points) {
            text.append(String.format(
                    Locale.ROOT,
                    "| %s | %,d | %,.0f | %,.0f … %,.0f | %s | %s |%n",
                    point.sweep().title(),
                    point.step(),
                    point.nanos(),
                    point.least(),
                    point.most(),
                    number("%.2f", point.nanos() / ofOne(points, point.sweep())),
                    number("%,.0f", point.bytes())));
        }
        return text.toString();
    }

    /** Each sweep has its own measurement for one, so that a slow minute of the machine affects all its steps alike. */
    private static double ofOne(List<GrowthPoint> points, Sweep sweep) {
        return points.stream()
                .filter(point -> point.sweep() == sweep && point.step() == 1)
                .mapToDouble(GrowthPoint::nanos)
                .findFirst()
                .orElse(Double.NaN);
    }

    private static String number(String format, double value) {
        return Double.isNaN(value) ? "–" : String.format(Locale.ROOT, format, value);
    }
}
