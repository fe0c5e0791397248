package io.sluice.sse.examples;

import static org.assertj.core.api.Assertions.assertThat;

import io.sluice.sse.history.MvStoreHistory;
import io.sluice.sse.hub.HubBuilder;
import io.sluice.sse.netty.SseServerBuilder;
import io.sluice.sse.netty.StreamLimits;
import io.sluice.sse.redis.RedisBackplane;
import java.io.IOException;
import java.lang.reflect.Field;
import java.lang.reflect.Method;
import java.lang.reflect.Modifier;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import picocli.CommandLine.Option;

/** The option tables of docs/guide.md have one row for each option of the code, with its default. */
class GuideOptionsTest {

    private static final Path GUIDE = Path.of("../docs/guide.md");
    private static final String COMMAND_LINE = "Options of the bundled server";

    /** The first cell: an option in backticks, optionally with its parameters, which distinguish overloads. */
    private static final Pattern ROW = Pattern.compile("\\| `([^`]+)` \\|([^|]*)\\|.*");

    private static final Pattern OPTION = Pattern.compile("(\\w+)(?:\\((.*)\\))?");

    private static final Pattern AMOUNT = Pattern.compile("([0-9,]+)(?: (KiB|MiB|GiB|ms|s|min|days))?");

    /** Constants that are not named after their option. */
    private static final Map<String, String> CONSTANTS = Map.of(
            "DEFAULT_CHOSEN_IDS", "publisherIds",
            "DEFAULT_CONNECTIONS_ABOVE_STREAMS", "maxConnections");

    static Stream<Arguments> tables() {
        return Stream.of(
                Arguments.of("Options of the hub", HubBuilder.class),
                Arguments.of("Options of the server", SseServerBuilder.class),
                Arguments.of("Options of the Redis backplane", RedisBackplane.Builder.class),
                Arguments.of("Options of stream limits", StreamLimits.class),
                Arguments.of("Options of the durable history", MvStoreHistory.Builder.class));
    }

    @ParameterizedTest
    @MethodSource("tables")
    void eachOptionOfABuilderHasExactlyOneRow(String heading, Class<?> builder) throws IOException {
        List<String> documented = rows(heading).keySet().stream()
                .map(option -> signature(option, builder))
                .toList();
        assertThat(documented).as(heading).containsExactlyInAnyOrderElementsOf(options(builder));
    }

    @ParameterizedTest
    @MethodSource("tables")
    void eachDefaultConstantIsTheDefaultOfItsRow(String heading, Class<?> builder) throws Exception {
        Map<String, String> rows = rows(heading);
        for (Field constant : constants(builder)) {
            String option = CONSTANTS.getOrDefault(constant.getName(), optionOf(constant));
            Object value = constant.get(null);
            assertThat(rows).as("row of " + constant.getName()).containsKey(option);
            assertThat(documented(rows.get(option), value))
                    .as("default of " + option)
                    .isEqualTo(value instanceof Number number ? (Object) number.longValue() : value);
        }
    }

    /** The methods of a server and those of {@link StreamLimits} of the same name have the same default. */
    @Test
    void limitsHaveTheSameDefaultsInBothTables() throws IOException {
        Map<String, String> server = rows("Options of the server");
        assertThat(rows("Options of stream limits"))
                .allSatisfy((option, value) -> assertThat(value).isEqualTo(server.get(option)));
    }

    @Test
    void eachOptionOfTheBundledServerHasExactlyOneRow() throws Exception {
        assertThat(rows(COMMAND_LINE).keySet())
                .containsExactlyInAnyOrderElementsOf(
                        commandLine().map(option -> option.names()[0]).toList());
    }

    @Test
    void shortDefaultsOfTheBundledServerMatchItsHelp() throws Exception {
        Map<String, String> rows = rows(COMMAND_LINE);
        Pattern stated = Pattern.compile("Default: (\\S+)$");
        List<Option> found = commandLine()
                .filter(option ->
                        stated.matcher(String.join("", option.description())).find())
                .toList();
        assertThat(found).hasSizeGreaterThan(20).allSatisfy(option -> {
            Matcher matcher = stated.matcher(String.join("", option.description()));
            assertThat(matcher.find()).isTrue();
            assertThat(rows.get(option.names()[0])).as(option.names()[0]).isEqualTo(matcher.group(1));
        });
    }

    // ---- the guide

    /** Returns the rows of the table below a heading, as option and default. */
    private static Map<String, String> rows(String heading) throws IOException {
        Map<String, String> rows = new LinkedHashMap<>();
        boolean here = false;
        for (String line : Files.readAllLines(GUIDE)) {
            if (line.startsWith("#")) {
                here = line.equals("### " + heading);
            }
            Matcher row = ROW.matcher(line);
            if (here && row.matches()) {
                assertThat(rows.put(row.group(1), row.group(2).strip().replace("`", "")))
                        .as("second row of " + row.group(1))
                        .isNull();
            }
        }
        assertThat(rows).as("rows of " + heading).isNotEmpty();
        return rows;
    }

    /** Returns the signature in the form of {@link #options}. A name alone means the only method of this name. */
    private static String signature(String option, Class<?> builder) {
        Matcher matcher = OPTION.matcher(option);
        assertThat(matcher.matches()).as(option).isTrue();
        if (matcher.group(2) != null) {
            return matcher.group(1) + "/" + matcher.group(2).split(",").length;
        }
        List<String> overloads = options(builder).stream()
                .filter(known -> known.startsWith(option + "/"))
                .toList();
        return overloads.size() == 1 ? overloads.get(0) : option;
    }

    /** Converts a cell of the guide to the type of the value that it is compared with. */
    private static Object documented(String cell, Object value) {
        if (value instanceof String) {
            return cell;
        }
        Matcher amount = AMOUNT.matcher(cell);
        assertThat(amount.lookingAt()).as(cell).isTrue();
        long number = Long.parseLong(amount.group(1).replace(",", ""));
        return switch (amount.group(2) == null ? "" : amount.group(2)) {
            case "KiB" -> number << 10;
            case "MiB" -> number << 20;
            case "GiB" -> number << 30;
            case "ms" -> Duration.ofMillis(number);
            case "s" -> Duration.ofSeconds(number);
            case "min" -> Duration.ofMinutes(number);
            case "days" -> Duration.ofDays(number);
            default -> number;
        };
    }

    // ---- the code

    /** Returns the public methods that return their own class, as name/number of parameters. */
    private static List<String> options(Class<?> builder) {
        return Arrays.stream(builder.getDeclaredMethods())
                .filter(method -> Modifier.isPublic(method.getModifiers()) && !Modifier.isStatic(method.getModifiers()))
                .filter(method -> !method.isSynthetic() && method.getReturnType() == builder)
                .map(GuideOptionsTest::signature)
                .toList();
    }

    private static String signature(Method method) {
        return method.getName() + "/" + method.getParameterCount();
    }

    /** Returns the constants with defaults. The outer class holds those of a nested builder. */
    private static List<Field> constants(Class<?> builder) {
        Class<?> holder = builder.getEnclosingClass() == null ? builder : builder.getEnclosingClass();
        return Arrays.stream(holder.getDeclaredFields())
                .filter(field -> Modifier.isPublic(field.getModifiers()))
                .filter(field -> field.getName().startsWith("DEFAULT_"))
                .toList();
    }

    /** {@code DEFAULT_MAX_TOPICS} is the default of {@code maxTopics}. */
    private static String optionOf(Field constant) {
        StringBuilder option = new StringBuilder();
        for (String word : constant.getName().substring("DEFAULT_".length()).split("_")) {
            String lower = word.toLowerCase(Locale.ROOT);
            option.append(option.length() == 0 ? lower : Character.toUpperCase(lower.charAt(0)) + lower.substring(1));
        }
        return option.toString();
    }

    private static Stream<Option> commandLine() throws ClassNotFoundException {
        return Arrays.stream(
                        Class.forName("io.sluice.sse.examples.server.Options").getDeclaredFields())
                .filter(field -> field.isAnnotationPresent(Option.class))
                .map(field -> field.getAnnotation(Option.class));
    }
}
