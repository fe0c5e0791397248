package io.sluice.sse.netty;

import io.netty.handler.codec.http.HttpHeaderValidationUtil;
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

    /** The value is not repeated: it may hold line breaks, and what it holds need not be for the one who reads this. */
    static void header(String name, String value) {
        if (name.isEmpty()
                || HttpHeaderValidationUtil.validateToken(name) >= 0
                || HttpHeaderValidationUtil.validateValidHeaderValue(value) >= 0) {
            throw new IllegalArgumentException(
                    "header: " + Problem.quoted(name) + " (expected: a token, and a value without control characters)");
        }
    }
}
