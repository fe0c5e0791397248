package io.sluice.sse.examples.server;

import io.sluice.sse.examples.server.Options.ForwardedBy;
import io.sluice.sse.history.SyncPolicy;
import io.sluice.sse.netty.Rate;
import io.sluice.sse.netty.Transport;
import io.sluice.sse.topic.OverflowPolicy;
import java.util.Arrays;
import java.util.Locale;
import java.util.function.Function;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.TypeConversionException;

/** Converts option texts of the command line: sizes, rates, names. */
final class OptionValues {

    private static final Pattern SIZE = Pattern.compile("(\\d{1,15})([kmg]?)", Pattern.CASE_INSENSITIVE);

    private OptionValues() {}

    /** {@code always}, {@code os}, or a period. */
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
                return SyncPolicy.every(DurationText.parse(text));
            } catch (IllegalArgumentException | TypeConversionException e) {
                throw new TypeConversionException(
                        "'" + text + "' (expected: always, os, or a duration such as 100ms or 1s, at most 1m)");
            }
        }
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
                throw new TypeConversionException("'" + text + "' (expected: a size that fits into 64 bits)");
            }
        }
    }

    /** A transport by its name outside Java. */
    static final class TransportName implements ITypeConverter<Transport> {
        @Override
        public Transport convert(String text) {
            return oneOf(Transport.values(), Transport::toString, text);
        }
    }

    /** A rate, parsed by the library. */
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

    /** The name of a header, or none. */
    static final class ForwardedName implements ITypeConverter<ForwardedBy> {
        @Override
        public ForwardedBy convert(String text) {
            return oneOf(
                    ForwardedBy.values(),
                    header -> header.name().toLowerCase(Locale.ROOT).replace('_', '-'),
                    text);
        }
    }

    /** An overflow policy, in lower case. */
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
