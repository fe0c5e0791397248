package io.sluice.sse.netty;

import java.time.Duration;
import java.util.Objects;

/** Checks of option values. Every message has the form {@code option: value (expected: …)}. */
final class Checks {

    private static final Duration MAX_DURATION = Duration.ofDays(365);

    private Checks() {}

    static int inRange(String option, int value, int min, int max) {
        if (value < min || value > max) {
            throw new IllegalArgumentException(option + ": " + value + " (expected: from " + min + " to " + max + ")");
        }
        return value;
    }

    static Duration inRange(String option, Duration value) {
        Objects.requireNonNull(value, option);
        if (value.isNegative() || value.compareTo(MAX_DURATION) > 0) {
            throw new IllegalArgumentException(option + ": " + value + " (expected: from 0 to 365 days)");
        }
        return value;
    }
}
