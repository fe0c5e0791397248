package io.sluice.sse.wire;

import static io.sluice.sse.wire.RecordedStream.comment;
import static io.sluice.sse.wire.RecordedStream.event;
import static io.sluice.sse.wire.RecordedStream.id;
import static io.sluice.sse.wire.RecordedStream.message;
import static io.sluice.sse.wire.RecordedStream.retry;
import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.params.provider.Arguments.argumentSet;

import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

class EventParserTest {
    private final RecordedStream recorded = new RecordedStream();
    private final EventParser parser = new EventParser(recorded, 16);

    static Stream<Arguments> streams() {
        return Stream.of(
                stream("nothing", ""),
                stream("blank lines only", "\n\n\r\r\r\n\r\n"),
                stream("one event", "data: a\n\n", message("a")),
                stream("several lines of data", "data: a\ndata: b\ndata\n\n", message("a\nb\n")),
                stream("end without blank line", "data: a\n"),
                stream("end in a line", "data: a\n\ndata: b", message("a")),
                stream("CR ends lines", "data: a\rdata: b\r\rdata: c\r\r", message("a\nb"), message("c")),
                stream("CRLF ends lines", "data: a\r\ndata: b\r\n\r\n", message("a\nb")),
                stream("LF CR is two ends", "data: a\n\rdata: b\n\n", message("a"), message("b")),
                stream("CR CR LF is two ends", "data: a\r\r\ndata: b\n\n", message("a"), message("b")),
                stream(
                        "mixed line ends",
                        "data: a\rdata: b\ndata: c\r\n\rdata: d\n\n",
                        message("a\nb\nc"),
                        message("d")),
                stream(
                        "other line ends are letters",
                        "data: a\u2028\u2029\u0085\u000B\fb\n\n",
                        message("a\u2028\u2029\u0085\u000B\fb")),
                stream("BOM at the start", "\uFEFFdata: a\n\n", message("a")),
                stream("two BOMs: the second is part of a name", "\uFEFF\uFEFFdata: a\n\ndata: b\n\n", message("b")),
                stream("BOM before a later line", "data: a\n\n\uFEFFdata: b\n\n", message("a")),
                stream("BOM in data", "data:\uFEFFa\n\n", message("\uFEFFa")),
                stream("BOM and a blank line", "\uFEFF\n\uFEFF\ndata: a\n\n", message("a")),
                stream("one leading space goes", "data:  a\ndata:\tb\ndata:c \n\n", message(" a\n\tb\nc ")),
                stream("no value", "data\n\ndata:\n\ndata: \n\n", message(""), message(""), message("")),
                stream("two empty lines of data", "data\ndata\n\n", message("\n")),
                stream("colons in the value", "data::a:b\n\n", message(":a:b")),
                stream("unknown fields", "dat: a\ndataa: b\n data: c\nDATA: d\ndata : e\nfoo\n\n"),
                stream("NUL in data", "data: a\0b\n\n", message("a\0b")),
                stream("comments", ":\n: a\n:  b\n:c\0\n\n", comment(""), comment("a"), comment(" b"), comment("c\0")),
                stream("comment inside an event", "data: a\n:x\ndata: b\n\n", comment("x"), message("a\nb")),
                stream("name", "event: n\ndata: a\n\ndata: b\n\n", event("n", "a", ""), message("b")),
                stream("last name counts", "event: n\nevent: m\ndata: a\n\n", event("m", "a", "")),
                stream("empty name", "event: n\nevent:\ndata: a\n\n", message("a")),
                stream("name without data is dropped", "event: n\n\ndata: a\n\n", message("a")),
                stream(
                        "id stays",
                        "id: 1\ndata: a\n\ndata: b\n\n",
                        id("1"),
                        event("message", "a", "1"),
                        event("message", "b", "1")),
                stream("id without data", "id: 1\n\ndata: a\n\n", id("1"), event("message", "a", "1")),
                stream("id empty resets", "id: 1\n\nid\ndata: a\n\n", id("1"), id(""), message("a")),
                stream("id again says nothing new", "id: 1\n\nid: 1\n\n", id("1")),
                stream("id behind data", "data: a\nid: 1\n\n", id("1"), event("message", "a", "1")),
                stream("id with NUL is ignored", "id: 1\n\nid: 2\0\ndata: a\n\n", id("1"), event("message", "a", "1")),
                stream("id not ASCII", "id: …é😀\n\n", id("…é😀")),
                stream("id of an unfinished block", "id: 1\n\nid: 2\n", id("1")),
                stream("retry at once", "retry: 10\ndata: a\n\n", retry(10), message("a")),
                stream("retry leading zeros", "retry:007\n", retry(7)),
                stream(
                        "retry bogus",
                        "retry: 1x\nretry:\nretry\nretry: -1\nretry: +1\nretry:  1\nretry: 1.5\nretry: ١\n"),
                stream(
                        "retry huge",
                        "retry: 9223372036854775807\nretry: 9223372036854775808\nretry: 99999999999999999999\n",
                        retry(Long.MAX_VALUE),
                        retry(Long.MAX_VALUE),
                        retry(Long.MAX_VALUE)));
    }

    @ParameterizedTest
    @MethodSource("streams")
    void parses_atEverySplit(String stream, List<String> expected) {
        byte[] bytes = stream.getBytes(UTF_8);

        assertThat(RecordedStream.of(bytes)).isEqualTo(expected);
        for (int first = 0; first <= bytes.length; first++) {
            for (int second = first; second <= bytes.length; second++) {
                assertThat(RecordedStream.of(
                                Arrays.copyOfRange(bytes, 0, first),
                                Arrays.copyOfRange(bytes, first, second),
                                Arrays.copyOfRange(bytes, second, bytes.length)))
                        .as("split at %d and %d", first, second)
                        .isEqualTo(expected);
            }
        }
    }

    @ParameterizedTest
    @MethodSource("streams")
    void parses_byteByByte(String stream, List<String> expected) {
        byte[] bytes = stream.getBytes(UTF_8);
        byte[][] chunks = new byte[bytes.length][];
        Arrays.setAll(chunks, i -> new byte[] {bytes[i]});

        assertThat(RecordedStream.of(chunks)).isEqualTo(expected);
    }

    @Test
    void everyLineEnd_isEquivalent() {
        for (String end : List.of("\n", "\r", "\r\n")) {
            String stream = ": c\nid: 1\nevent: n\nretry: 5\ndata: a\n\ndata: b\n\n".replace("\n", end);

            assertThat(RecordedStream.of(stream))
                    .containsExactly(comment("c"), retry(5), id("1"), event("n", "a", "1"), event("message", "b", "1"));
        }
    }

    @Test
    void malformedUtf8_isReplacedWithinItsLine() {
        byte[] cut = "data:\u00F0\u009F\ndata:\u0098\n\n".getBytes(ISO_8859_1);

        assertThat(RecordedStream.of(cut)).containsExactly(message("\uFFFD\n\uFFFD"));
    }

    @Test
    void feed_readsWithinTheRange_andRejectsARangeOutside() {
        byte[] bytes = "xxdata:a\n\nxx".getBytes(UTF_8);

        parser.feed(bytes, 2, 8);

        assertThat(recorded.calls).containsExactly(message("a"));
        assertThatThrownBy(() -> parser.feed(bytes, 2, 11)).isInstanceOf(IndexOutOfBoundsException.class);
    }

    @Test
    void feed_acceptsAnyBuffer_upToItsLimit() {
        byte[] bytes = "xxdata:a\n\nxx".getBytes(UTF_8);
        ByteBuffer heap = ByteBuffer.wrap(bytes, 1, 10).slice().position(1).limit(9);
        ByteBuffer direct =
                ByteBuffer.allocateDirect(bytes.length).put(bytes).position(2).limit(10);

        for (ByteBuffer buffer :
                List.of(heap, direct, ByteBuffer.wrap(bytes, 2, 8).asReadOnlyBuffer())) {
            parser.feed(buffer);

            assertThat(buffer.hasRemaining()).isFalse();
        }
        assertThat(recorded.calls).containsExactly(message("a"), message("a"), message("a"));
    }

    @Test
    void feed_acceptsDirectBuffersLargerThanItsCopy() {
        String data = "é".repeat(10_000);
        byte[] bytes = ("data:" + data + "\n\n").getBytes(UTF_8);

        new EventParser(recorded)
                .feed(ByteBuffer.allocateDirect(bytes.length).put(bytes).flip());

        assertThat(recorded.calls).containsExactly(message(data));
    }

    @Test
    void reset_dropsTheUnfinishedEvent_andKeepsTheLastEventId() {
        feed("id: 1\n\nid: 2\nevent: n\ndata: a\ndata: b");
        parser.reset();
        feed("\uFEFFdata: c\n\n\n");

        assertThat(recorded.calls).containsExactly(id("1"), event("message", "c", "1"));
        assertThat(parser.lastEventId()).isEqualTo("1");
    }

    @Test
    void reset_betweenCarriageReturnAndLineFeed_forgetsTheFirst() {
        feed("data: a\r");
        parser.reset();
        feed("\ndata: b\n\n");

        assertThat(recorded.calls).containsExactly(message("b"));
    }

    @Test
    void bound_acceptsExactlyItsSize() {
        feed("data:" + "x".repeat(11) + "\n\n" + "data:12345\n".repeat(2) + "data:123\n\n");

        assertThat(recorded.calls).containsExactly(message("x".repeat(11)), message("12345\n12345\n123"));
    }

    @Test
    void bound_stopsALongLine_inOneChunkAndInMany() {
        assertThatIllegalStateException()
                .isThrownBy(() -> feed("data:" + "x".repeat(12) + "\n"))
                .withMessage("line of the stream: 17 bytes or more (expected: at most maxEventBytes, 16)");
        parser.reset();
        feed("data:" + "x".repeat(11));
        assertThatIllegalStateException()
                .isThrownBy(() -> feed("x"))
                .withMessage("line of the stream: 17 bytes or more (expected: at most maxEventBytes, 16)");
    }

    @Test
    void bound_stopsLongData() {
        assertThatIllegalStateException()
                .isThrownBy(() -> feed("data\n".repeat(17)))
                .withMessage("data of an event: 17 bytes or more (expected: at most maxEventBytes, 16)");
    }

    @Test
    void bound_mustBePositive() {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> new EventParser(recorded, 0))
                .withMessage("maxEventBytes: 0 (expected: more than zero)");
    }

    @Test
    void bound_doesNotCountDiscardedBytes() {
        feed(": a comment\nretry: 1\n".repeat(100));

        assertThat(recorded.calls).hasSize(200);
    }

    @Test
    void afterAFailure_feedThrows_untilReset() {
        EventParser failing = new EventParser((type, data, lastEventId) -> {
            throw new UnsupportedOperationException(data);
        });
        byte[] bytes = "data: a\n\n".getBytes(UTF_8);

        assertThatThrownBy(() -> failing.feed(bytes, 0, bytes.length))
                .isInstanceOf(UnsupportedOperationException.class);
        assertThatIllegalStateException()
                .isThrownBy(() -> failing.feed(bytes, 0, bytes.length))
                .withMessageContaining("reset()");
        failing.reset();
        assertThatThrownBy(() -> failing.feed(bytes, 0, bytes.length))
                .isInstanceOf(UnsupportedOperationException.class);
    }

    private void feed(String stream) {
        byte[] bytes = stream.getBytes(UTF_8);
        parser.feed(bytes, 0, bytes.length);
    }

    private static Arguments stream(String name, String stream, String... expected) {
        return argumentSet(name, stream, List.of(expected));
    }
}
