package io.sluice.sse;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;
import static org.assertj.core.api.Assertions.assertThatNullPointerException;
import static org.junit.jupiter.params.provider.Arguments.argumentSet;

import java.net.URL;
import java.net.URLClassLoader;
import java.time.Duration;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

class EventTest {
    private static final String ID_RULE =
            " (expected: 1 to 128 bytes of UTF-8 without control characters, unpaired surrogates, and blanks at either"
                    + " end)";
    private static final String NAME_RULE =
            " (expected: 1 to 255 bytes of UTF-8 without NUL, CR, LF and unpaired surrogates)";
    private static final String RESERVED = " (expected: another name than \"gap\" and \"end\", by which the hub reports"
            + " a loss and the end of a stream)";
    private static final String NOTHING_RULE =
            ": nothing to send (expected: at least one of data, which may be empty, id, retry, comment)";

    static Stream<Arguments> invalidValues() {
        return Stream.of(
                invalidValue("id empty", b -> b.id(""), "id: \"\"" + ID_RULE),
                invalidValue("id NUL", b -> b.id("\0"), "id: \"\\u0000\" has U+0000 at index 0" + ID_RULE),
                invalidValue("id CR", b -> b.id("a\r"), "id: \"a\\r\" has U+000D at index 1" + ID_RULE),
                invalidValue("id LF", b -> b.id("ab\nc"), "id: \"ab\\nc\" has U+000A at index 2" + ID_RULE),
                invalidValue(
                        "id high surrogate alone",
                        b -> b.id("\uD83D-"),
                        "id: \"\\uD83D-\" has U+D83D at index 0" + ID_RULE),
                invalidValue(
                        "id low surrogate alone",
                        b -> b.id("-\uDE00"),
                        "id: \"-\\uDE00\" has U+DE00 at index 1" + ID_RULE),
                invalidValue(
                        "id long",
                        b -> b.id("x".repeat(129)),
                        "id: \"" + "x".repeat(64) + "\"… (129 chars) takes 129 bytes of UTF-8" + ID_RULE),
                invalidValue(
                        "id long in bytes only",
                        b -> b.id("é".repeat(64) + "x"),
                        "id: \"" + "é".repeat(64) + "\"… (65 chars) takes 129 bytes of UTF-8" + ID_RULE),
                invalidValue("id TAB", b -> b.id("a\tb"), "id: \"a\\tb\" has U+0009 at index 1" + ID_RULE),
                invalidValue("id DEL", b -> b.id("a\u007f"), "id: \"a\\u007F\" has U+007F at index 1" + ID_RULE),
                invalidValue("id C1", b -> b.id("\u0085"), "id: \"\\u0085\" has U+0085 at index 0" + ID_RULE),
                invalidValue("id blank", b -> b.id("  "), "id: \"  \" has U+0020 at index 0" + ID_RULE),
                invalidValue("id leading blank", b -> b.id(" a"), "id: \" a\" has U+0020 at index 0" + ID_RULE),
                invalidValue("id trailing blank", b -> b.id("a b "), "id: \"a b \" has U+0020 at index 3" + ID_RULE),
                invalidValue(
                        "id trailing blank that is not of ASCII",
                        b -> b.id("a\u3000"),
                        "id: \"a\u3000\" has U+3000 at index 1" + ID_RULE),
                invalidValue("name gap", b -> b.name("gap"), "name: \"gap\"" + RESERVED),
                invalidValue("name end", b -> b.name("end"), "name: \"end\"" + RESERVED),
                invalidValue("name end with data", b -> Event.of("end", "x"), "name: \"end\"" + RESERVED),
                invalidValue("name empty", b -> b.name(""), "name: \"\"" + NAME_RULE),
                invalidValue("name NUL", b -> b.name("a\0"), "name: \"a\\u0000\" has U+0000 at index 1" + NAME_RULE),
                invalidValue(
                        "name CR", b -> b.name("\rdata: x"), "name: \"\\rdata: x\" has U+000D at index 0" + NAME_RULE),
                invalidValue("name LF", b -> b.name("a\n"), "name: \"a\\n\" has U+000A at index 1" + NAME_RULE),
                invalidValue(
                        "name surrogates swapped",
                        b -> b.name("\uDE00\uD83D"),
                        "name: \"\\uDE00\\uD83D\" has U+DE00 at index 0" + NAME_RULE),
                invalidValue(
                        "name long",
                        b -> b.name("😀".repeat(64)),
                        "name: \"" + "😀".repeat(32) + "\"… (128 chars) takes 256 bytes of UTF-8" + NAME_RULE),
                invalidValue(
                        "retry negative",
                        b -> b.retry(Duration.ofNanos(-1)),
                        "retry: PT-0.000000001S (expected: from 0 to 1 day)"),
                invalidValue(
                        "retry beyond a long",
                        b -> b.retry(Duration.ofSeconds(Long.MAX_VALUE)),
                        "retry: PT2562047788015215H30M7S (expected: from 0 to 1 day)"),
                invalidValue(
                        "retry of more than a day",
                        b -> b.retry(Duration.ofDays(1).plusMillis(1)),
                        "retry: PT24H0.001S (expected: from 0 to 1 day)"),
                invalidValue("nothing", Event.Builder::build, "Event[]" + NOTHING_RULE),
                invalidValue(
                        "name and key alone",
                        b -> b.name("n").key("k").build(),
                        "Event[name=\"n\", key=\"k\"]" + NOTHING_RULE));
    }

    @ParameterizedTest
    @MethodSource("invalidValues")
    void rejects_whatTheWireCannotCarry(Consumer<Event.Builder> setting, String message) {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> setting.accept(Event.builder()))
                .withMessage(message);
    }

    static Stream<Arguments> secondSettings() {
        return Stream.of(
                invalidValue("id", b -> b.id("1").id("2"), "id: set twice, to \"1\" and to \"2\""),
                invalidValue("name", b -> b.name("a").name("b\n"), "name: set twice, to \"a\" and to \"b\\n\""),
                invalidValue("data", b -> b.data("a").data("a"), "data: set twice, to \"a\" and to \"a\""),
                invalidValue(
                        "retry",
                        b -> b.retry(Duration.ZERO).retry(Duration.ofSeconds(2)),
                        "retry: set twice, to PT0S and to PT2S"),
                invalidValue("comment", b -> b.comment("").comment("b"), "comment: set twice, to \"\" and to \"b\""),
                invalidValue("key", b -> b.key("a").key("b"), "key: set twice, to \"a\" and to \"b\""));
    }

    @ParameterizedTest
    @MethodSource("secondSettings")
    void rejects_anOptionSetTwice(Consumer<Event.Builder> setting, String message) {
        assertThatIllegalStateException()
                .isThrownBy(() -> setting.accept(Event.builder()))
                .withMessage(message + " (expected: once per builder)");
        assertThatIllegalStateException()
                .isThrownBy(() -> setting.accept(Event.of("base").toBuilder()))
                .withMessage(message + " (expected: once per builder)");
    }

    @Test
    void rejects_null() {
        assertThatNullPointerException().isThrownBy(() -> Event.of(null)).withMessage("data");
        assertThatNullPointerException()
                .isThrownBy(() -> Event.builder().id(null))
                .withMessage("id");
    }

    @Test
    void accepts_theLimits() {
        String id = "x".repeat(Event.MAX_ID_BYTES);
        String name = "\uFEFF".repeat(Event.MAX_NAME_BYTES / 3);

        Event event = Event.builder().id(id).name(name).data("\0\r\n\uD800").build();

        assertThat(event.id()).isEqualTo(id);
        assertThat(event.name()).isEqualTo(name);
        assertThat(event.data()).isEqualTo("\0\r\n\uD800");
    }

    @Test
    void accepts_eachVisibleFieldAlone() {
        assertThat(Event.builder().id("1").build().data()).isNull();
        assertThat(Event.builder().data("").build().id()).isNull();
        assertThat(Event.comment("").comment()).isEmpty();
        assertThat(Event.builder().retry(Duration.ZERO).build().retry()).isZero();
    }

    @Test
    void retry_dropsPartsOfAMillisecond() {
        Event event = Event.builder().retry(Duration.ofNanos(1_999_999)).build();

        assertThat(event.retry()).isEqualTo(Duration.ofMillis(1));
    }

    @Test
    void factories() {
        assertThat(Event.of("d")).isEqualTo(Event.builder().data("d").build());
        assertThat(Event.of("n", "d"))
                .isEqualTo(Event.builder().name("n").data("d").build());
        assertThat(Event.comment("c")).isEqualTo(Event.builder().comment("c").build());
    }

    @Test
    void toBuilder_replacesTheFieldsThatAreSet_andKeepsTheRest() {
        Event event = everything().build();

        assertThat(event.toBuilder().build()).isEqualTo(event).hasSameHashCodeAs(event);
        assertThat(event.toBuilder().id("2").build()).isNotEqualTo(event).satisfies(changed -> {
            assertThat(changed.id()).isEqualTo("2");
            assertThat(changed.toBuilder().id("1").build()).isEqualTo(event);
        });
    }

    @Test
    void equals_comparesEveryField() {
        Event event = everything().build();

        assertThat(Stream.<Consumer<Event.Builder>>of(
                                b -> b.id("x"),
                                b -> b.name("x"),
                                b -> b.data("x"),
                                b -> b.retry(Duration.ZERO),
                                b -> b.comment("x"),
                                b -> b.key("x"))
                        .map(change -> {
                            Event.Builder builder = event.toBuilder();
                            change.accept(builder);
                            return builder.build();
                        }))
                .hasSize(6)
                .doesNotHaveDuplicates()
                .doesNotContain(event);
    }

    @Test
    void anEvent_doesNotChange_whenItsBuilderIsUsedAgain() {
        Event.Builder builder = Event.builder().data("d");
        Event first = builder.build();
        Event second = builder.id("1").build();

        assertThat(first.id()).isNull();
        assertThat(second.id()).isEqualTo("1");
    }

    @Test
    void toString_escapesAndCuts() {
        assertThat(everything().build())
                .hasToString("Event[id=\"1\", name=\"n\", key=\"k\", retry=1000ms, comment=\"c\", data=\"d\"]");
        assertThat(Event.of("\"\\\r\n\t\0\u2028\uFEFF\uD800é😀\uDB40\uDC01"))
                .hasToString("Event[data=\"\\\"\\\\\\r\\n\\t\\u0000\\u2028\\uFEFF\\uD800é😀\\u{E0001}\"]");
        assertThat(Event.of("x".repeat(1_000_000)))
                .hasToString("Event[data=\"" + "x".repeat(64) + "\"… (1000000 chars)]");
    }

    @Test
    void loads_withoutJackson() throws Exception {
        URL classes = Event.class.getProtectionDomain().getCodeSource().getLocation();
        try (URLClassLoader bare = new URLClassLoader(new URL[] {classes}, ClassLoader.getPlatformClassLoader())) {
            Class<?> event = bare.loadClass(Event.class.getName());

            assertThat(event.getMethod("of", String.class).invoke(null, "d")).hasToString("Event[data=\"d\"]");
        }
    }

    private static Event.Builder everything() {
        return Event.builder()
                .id("1")
                .name("n")
                .data("d")
                .retry(Duration.ofSeconds(1))
                .comment("c")
                .key("k");
    }

    private static Arguments invalidValue(String name, Consumer<Event.Builder> setting, String message) {
        return argumentSet(name, setting, message);
    }
}
