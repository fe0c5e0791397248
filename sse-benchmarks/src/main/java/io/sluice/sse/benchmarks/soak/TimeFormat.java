package io.sluice.sse.benchmarks.soak;

import java.util.Locale;

/** Formats measured times for reports. */
final class TimeFormat {

    private TimeFormat() {}

    static String seconds(long nanos) {
        return String.format(Locale.ROOT, "%.2f s", nanos / 1e9);
    }

    static String millis(double nanos) {
        return String.format(Locale.ROOT, "%.2f ms", nanos / 1e6);
    }
}
