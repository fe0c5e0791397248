package io.sluice.sse.netty;

import java.time.Duration;

/** Refuses options that are out of range, in one form of words. */
final class Checks {

    private static final Duration LONGEST = Duration.ofDays(365);

    private Checks() {}

    static int inRange(String option, int value, int least, int most) {
        if (value < least || value > most) {
            throw new IllegalArgumentException(
                    option + ": " + value + " (expected: from " + least + " to " + most + ")");
        }
        return value;
    }

    static Duration inRange(String option, Duration value) {
        if (value.isNegative() || value.compareTo(LONGEST) > 0) {
            throw new IllegalArgumentException(option + ": " + value + " (expected: from 0 to 365 days)");
        }
        return value;
    }
}
