package io.sluice.sse.netty;

import java.time.Duration;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A rate of requests, as a token bucket: {@code burst} requests may come at once, and {@code count} tokens return
 * evenly in each {@code per}. Immutable.
 *
 * @param count from 1 to 1,000,000,000
 * @param per more than 0 and at most 1 day
 * @param burst from 1 to 1,000,000,000
 */
public record Rate(long count, Duration per, long burst) {

    private static final long MAX_COUNT = 1_000_000_000;
    private static final Pattern TEXT = Pattern.compile("([0-9]{1,10})/([smh])(?::([0-9]{1,10}))?");
    private static final Map<String, Duration> UNITS =
            Map.of("s", Duration.ofSeconds(1), "m", Duration.ofMinutes(1), "h", Duration.ofHours(1));

    /** @throws IllegalArgumentException if a value is out of range, or the rate is above one per nanosecond */
    public Rate {
        if (count < 1 || count > MAX_COUNT) {
            throw new IllegalArgumentException("rate: " + count + " (expected: from 1 to " + MAX_COUNT + ")");
        }
        if (burst < 1 || burst > MAX_COUNT) {
            throw new IllegalArgumentException("rate: burst " + burst + " (expected: from 1 to " + MAX_COUNT + ")");
        }
        if (per.isNegative() || per.isZero() || per.compareTo(Duration.ofDays(1)) > 0) {
            throw new IllegalArgumentException("rate: per " + per + " (expected: more than 0 and at most 1 day)");
        }
        if (count > per.toNanos()) {
            throw new IllegalArgumentException(
                    "rate: " + count + " per " + per + " (expected: at most one in a nanosecond)");
        }
    }

    /** A rate by which as many requests may come at once as in each {@code per}. */
    public Rate(long count, Duration per) {
        this(count, per, count);
    }

    /**
     * Parses a rate such as {@code 20/s}, {@code 100/m} or {@code 5000/h}, or one with a burst, such as {@code
     * 10/s:50}.
     *
     * @throws IllegalArgumentException if the text is not a rate
     */
    public static Rate parse(String text) {
        Matcher matcher = TEXT.matcher(text);
        if (!matcher.matches()) {
            throw new IllegalArgumentException(
                    "rate: \"" + text + "\" (expected: a number per second, minute or hour, such as 20/s or 100/m,"
                            + " or with a burst, such as 10/s:50)");
        }
        String burst = matcher.group(3) == null ? matcher.group(1) : matcher.group(3);
        return new Rate(
                Long.parseLong(matcher.group(1)),
                UNITS.getOrDefault(matcher.group(2), Duration.ZERO),
                Long.parseLong(burst));
    }

    /** As many events again in the same time. */
    Rate twice() {
        return new Rate(Math.min(2 * count, Math.min(MAX_COUNT, per.toNanos())), per, Math.min(2 * burst, MAX_COUNT));
    }

    /** The time in which an empty bucket becomes full; at least a nanosecond. */
    Duration timeToFill() {
        double nanos = Math.ceil((double) per.toNanos() / count * burst);
        return Duration.ofNanos((long) nanos); // a cast saturates
    }
}
