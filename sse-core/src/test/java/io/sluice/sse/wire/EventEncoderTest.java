package io.sluice.sse.wire;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.junit.jupiter.params.provider.Arguments.arguments;

import io.sluice.sse.Event;
import java.time.Duration;
import java.util.Arrays;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

class EventEncoderTest {
    private static final Event EVERYTHING = Event.builder()
            .key("never on the wire")
            .data("a\nb")
            .retry(Duration.ofSeconds(3))
            .name("n")
            .id("1")
            .comment("c")
            .build();

    static Stream<Arguments> data() {
        return Stream.of(
                arguments("", "data: \n"),
                arguments("a", "data: a\n"),
                arguments(" a", "data:  a\n"),
                arguments("\n", "data: \ndata: \n"),
                arguments("a\n", "data: a\ndata: \n"),
                arguments("\na", "data: \ndata: a\n"),
                arguments("a\rb", "data: a\ndata: b\n"),
                arguments("a\r\nb", "data: a\ndata: b\n"),
                arguments("a\n\rb", "data: a\ndata: \ndata: b\n"),
                arguments("a\r\r\nb\r", "data: a\ndata: \ndata: b\ndata: \n"),
                arguments("a\r\n", "data: a\ndata: \n"),
                arguments("\n\nid: 2\n\n", "data: \ndata: \ndata: id: 2\ndata: \ndata: \n"),
                arguments("a\u2028\u2029\u0085\u000B\fb\0", "data: a\u2028\u2029\u0085\u000B\fb\0\n"),
                arguments("é€😀\uFEFF", "data: é€😀\uFEFF\n"),
                arguments("\uD83D", "data: \uFFFD\n"),
                arguments("?\uD83D", "data: ?\uFFFD\n"),
                arguments("é\uD83D", "data: é\uFFFD\n"),
                arguments("é?😀", "data: é?😀\n"),
                arguments(
                        "x".repeat(EventEncoder.MAX_SINGLE_PASS_CHARS),
                        "data: " + "x".repeat(EventEncoder.MAX_SINGLE_PASS_CHARS) + "\n"),
                arguments(
                        "é".repeat(EventEncoder.MAX_SINGLE_PASS_CHARS + 1),
                        "data: " + "é".repeat(EventEncoder.MAX_SINGLE_PASS_CHARS + 1) + "\n"),
                arguments("\uDE00\uD83D\r\uD83D😀", "data: \uFFFD\uFFFD\ndata: \uFFFD😀\n"));
    }

    @ParameterizedTest
    @MethodSource("data")
    void encode_givesEachLineItsPrefix(String text, String expected) {
        assertThat(EventEncoder.encode(Event.of(text))).asString(UTF_8).isEqualTo(expected + "\n");
        assertThat(EventEncoder.encode(Event.comment(text)))
                .asString(UTF_8)
                .as("without a blank line, which some clients take for a message")
                .isEqualTo(expected.replace("data: ", ": "));
    }

    @Test
    void encode_ordersTheFields() {
        assertThat(EventEncoder.encode(EVERYTHING))
                .asString(UTF_8)
                .isEqualTo("retry: 3000\n: c\nid: 1\nevent: n\ndata: a\ndata: b\n\n");
    }

    @Test
    void encodeBody_omitsTheId_andReservesSpaceForIt() {
        byte[] block = EventEncoder.encodeBody(EVERYTHING, 3);

        assertThat(block).asString(UTF_8).isEqualTo("\0\0\0retry: 3000\n: c\nevent: n\ndata: a\ndata: b\n\n");
        assertThatIllegalArgumentException().isThrownBy(() -> EventEncoder.encodeBody(EVERYTHING, -1));
    }

    @Test
    void idLine_inTheReserve_parsesLikeEncode() {
        byte[] idLine = EventEncoder.idLine("1");
        byte[] block = EventEncoder.encodeBody(EVERYTHING, idLine.length);
        System.arraycopy(idLine, 0, block, 0, idLine.length);

        assertThat(idLine).asString(UTF_8).isEqualTo("id: 1\n");
        assertThat(RecordedStream.of(block)).isEqualTo(RecordedStream.of(EventEncoder.encode(EVERYTHING)));
    }

    @Test
    void idLine_rejects_whatAnEventRejects() {
        for (String id : Arrays.asList("", "1\ndata: x", "1\r", "\0", "x".repeat(129), "\uD800")) {
            assertThatIllegalArgumentException()
                    .isThrownBy(() -> EventEncoder.idLine(id))
                    .withMessageStartingWith("id: ");
        }
    }
}
