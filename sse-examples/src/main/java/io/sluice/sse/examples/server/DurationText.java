package io.sluice.sse.examples.server;

import java.time.Duration;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import picocli.CommandLine.TypeConversionException;

/** The text form of durations in options: {@code 500ms}, {@code 15s}, {@code 5m}, {@code 1h}. */
public final class DurationText {

    private static final Pattern FORM = Pattern.compile("(\\d{1,15})(ms|s|m|h)");

    private DurationText() {}

    /**
     * Parses the text form; {@code 0} needs no unit.
     *
     * @throws TypeConversionException if the text is not a duration
     */
    public static Duration parse(String text) {
        if (text.equals("0")) {
            return Duration.ZERO;
        }
        Matcher matcher = FORM.matcher(text);
        if (!matcher.matches()) {
            throw new TypeConversionException("'" + text + "' (expected: a duration such as 500ms, 15s, 5m or 1h)");
        }
        long amount = Long.parseLong(matcher.group(1));
        return switch (matcher.group(2)) {
            case "ms" -> Duration.ofMillis(amount);
            case "s" -> Duration.ofSeconds(amount);
            case "m" -> Duration.ofMinutes(amount);
            default -> Duration.ofHours(amount);
        };
    }

    /** Returns the text form in whole milliseconds. */
    public static String format(Duration duration) {
        return duration.toMillis() + "ms";
    }
}
