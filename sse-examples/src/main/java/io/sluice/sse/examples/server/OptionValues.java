package io.sluice.sse.examples.server;

import io.sluice.sse.examples.server.Options.ForwardedBy;
import io.sluice.sse.history.SyncPolicy;
import io.sluice.sse.netty.Rate;
import io.sluice.sse.netty.Transport;
import io.sluice.sse.topic.OverflowPolicy;
import java.time.Duration;
import java.util.Arrays;
import java.util.Locale;
import java.util.function.Function;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.TypeConversionException;

/** What options look like on the command line: durations, sizes, rates, names. */
final class OptionValues {

    private static final Pattern DURATION = Pattern.compile("(\\d{1,15})(ms|s|m|h)");
    private static final Pattern SIZE = Pattern.compile("(\\d{1,15})([kmg]?)", Pattern.CASE_INSENSITIVE);

    private OptionValues() {}

    /** {@code always}, {@code os}, or how often. */
    static final class SyncPolicyText implements ITypeConverter<SyncPolicy> {
        @Override
        public SyncPolicy convert(String text) {
            if (text.equals("always")) {
                return SyncPolicy.always();
            }
            if (text.equals("os")) {
                return SyncPolicy.os();
            }
            try {
                return SyncPolicy.every(duration(text));
            } catch (IllegalArgumentException | TypeConversionException e) {
                throw new TypeConversionException(
                        "'" + text + "' (expected: always, os, or a duration such as 100ms or 1s, at most 1m)");
            }
        }
    }

    /** {@code 500ms}, {@code 15s}, {@code 5m}, {@code 1h}, {@code 0}. */
    static Duration duration(String text) {
        if (text.equals("0")) {
            return Duration.ZERO;
        }
        Matcher matcher = DURATION.matcher(text);
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

    /** A number of bytes: {@code 64k} is 65536. */
    static final class Size implements ITypeConverter<Long> {
        @Override
        public Long convert(String text) {
            Matcher matcher = SIZE.matcher(text);
            if (!matcher.matches()) {
                throw new TypeConversionException("'" + text + "' (expected: a size such as 4096, 64k or 16m)");
            }
            long factor = switch (matcher.group(2).toLowerCase(Locale.ROOT)) {
                case "k" -> 1L << 10;
                case "m" -> 1L << 20;
                case "g" -> 1L << 30;
                default -> 1;
            };
            try {
                return Math.multiplyExact(Long.parseLong(matcher.group(1)), factor);
            } catch (ArithmeticException e) {
                throw new TypeConversionException("'" + text + "' (expected: a size that a computer can have)");
            }
        }
    }

    /** One of the transports, by the name that it has outside of Java. */
    static final class TransportName implements ITypeConverter<Transport> {
        @Override
        public Transport convert(String text) {
            return oneOf(Transport.values(), Transport::toString, text);
        }
    }

    /** A rate, as the library reads it. */
    static final class RateText implements ITypeConverter<Rate> {
        @Override
        public Rate convert(String text) {
            try {
                return Rate.parse(text);
            } catch (IllegalArgumentException e) {
                throw new TypeConversionException(String.valueOf(e.getMessage()));
            }
        }
    }

    /** A header's name, or none. */
    static final class ForwardedName implements ITypeConverter<ForwardedBy> {
        @Override
        public ForwardedBy convert(String text) {
            return oneOf(
                    ForwardedBy.values(),
                    header -> header.name().toLowerCase(Locale.ROOT).replace('_', '-'),
                    text);
        }
    }

    /** One of the overflow policies, in lower case. */
    static final class OverflowName implements ITypeConverter<OverflowPolicy> {
        @Override
        public OverflowPolicy convert(String text) {
            return oneOf(OverflowPolicy.values(), policy -> policy.name().toLowerCase(Locale.ROOT), text);
        }
    }

    private static <T> T oneOf(T[] values, Function<T, String> name, String text) {
        return Arrays.stream(values)
                .filter(value -> name.apply(value).equals(text))
                .findFirst()
                .orElseThrow(() -> new TypeConversionException("'" + text + "' (expected: "
                        + Arrays.stream(values).map(name).collect(Collectors.joining(", ")) + ")"));
    }
}
