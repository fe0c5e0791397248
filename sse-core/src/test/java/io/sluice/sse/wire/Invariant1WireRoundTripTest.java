package io.sluice.sse.wire;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.sluice.sse.Event;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import java.util.function.Function;
import java.util.function.ObjIntConsumer;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/**
 * Invariant 1: bytes on the wire parse back to exactly the published event, for every string, and no input can forge a
 * field or an event. The test detects an encoder that misses a line break (above all the lone CR) or mistakes a letter
 * for one, that leaves an inner line without its prefix or computes its size wrongly, and a parser that loses its
 * position between two chunks.
 *
 * <p>The seed of a failure is in its message; {@code -Dsluice.seed=…} runs it again.
 */
class Invariant1WireRoundTripTest {
    private static final int EVENTS = 200_000;
    private static final int EVENTS_WITH_LATER_ID = 50_000;
    private static final int REFUSALS = 5_000;
    private static final int MAX_TOKENS = 8;

    private static final String[] ALPHABET = {
        "\r",
        "\n",
        "\r\n",
        "\0",
        "\uFEFF",
        ":",
        " ",
        "data:",
        "id:",
        "event:",
        "retry: 1",
        "\u2028",
        "\u0085",
        "\u000B",
        "😀",
        "\uD83D",
        "\uDE00",
        "\uFFFD",
        "é",
        "€",
        "a",
        "b",
        "Z",
        "7",
    };
    private static final Pattern FORBIDDEN_IN_LINE = Pattern.compile("[\0\r\n\\p{Cs}]");
    private static final Pattern FORBIDDEN_IN_ID = Pattern.compile("[\\p{Cc}\\p{Cs}]");
    private static final Pattern UNPAIRED_SURROGATE = Pattern.compile("\\p{Cs}");

    private final long seed = Long.getLong("sluice.seed", System.nanoTime());
    private final SplittableRandom random = new SplittableRandom(seed);
    private final RecordedStream recorded = new RecordedStream();
    private final EventParser parser = new EventParser(recorded);

    @Test
    void everyEvent_isParsedBack_andNothingElse() {
        forRandomEvents(EVENTS, (event, number) -> {
            byte[] block = EventEncoder.encode(event);
            byte[] plain = encodedSimply(event);
            check(Arrays.equals(block, plain), "expected %s, encoded %s", plain, block);

            List<String> expected = expectedCalls(event);
            List<String> actual = parseInRandomChunks(block);
            check(actual.equals(expected), "expected %s, parsed %s", expected, actual);
        });
    }

    @Test
    void aBodyAfterALaterIdLine_isParsedBackTheSame() {
        forRandomEvents(EVENTS_WITH_LATER_ID, (event, number) -> {
            String id = "e" + number;
            byte[] idLine = EventEncoder.idLine(id);
            byte[] block = EventEncoder.encodeBody(event, idLine.length);
            System.arraycopy(idLine, 0, block, 0, idLine.length);

            List<String> expected = expectedCalls(event.toBuilder().id(id).build());
            List<String> actual = parseInRandomChunks(block);
            check(actual.equals(expected), "expected %s, parsed %s", expected, actual);
        });
    }

    @Test
    void theBuilderRejects_exactlyWhatCannotBeOnOneLine() {
        for (int i = 0; i < REFUSALS; i++) {
            String text = randomText();
            boolean allowed =
                    !text.isEmpty() && !FORBIDDEN_IN_LINE.matcher(text).find();

            assertThat(isAccepted(text, Event.builder()::id))
                    .as("id %s, seed %d", text, seed)
                    .isEqualTo(allowed
                            && !FORBIDDEN_IN_ID.matcher(text).find()
                            && text.strip().equals(text));
            assertThat(isAccepted(text, Event.builder()::name))
                    .as("name %s, seed %d", text, seed)
                    .isEqualTo(allowed);
        }
    }

    /** The expected calls of a listener, derived from the text of the invariant without the code under test. */
    private List<String> expectedCalls(Event event) {
        List<String> calls = new ArrayList<>();
        if (event.retry() != null) {
            calls.add(RecordedStream.retry(event.retry().toMillis()));
        }
        if (event.comment() != null) {
            for (String line : withLineFeedsOnly(event.comment()).split("\n", -1)) {
                calls.add(RecordedStream.comment(withoutUnpaired(line)));
            }
        }
        String lastEventId = parser.lastEventId();
        if (event.id() != null && !event.id().equals(lastEventId)) {
            lastEventId = event.id();
            calls.add(RecordedStream.id(lastEventId));
        }
        if (event.data() != null) {
            String type = event.name() == null ? "message" : event.name();
            String data = withLineFeedsOnly(withoutUnpaired(event.data()));
            calls.add(RecordedStream.event(type, data, lastEventId));
        }
        return calls;
    }

    /** The block, encoded simply and slowly; equal bytes show that the size was computed correctly too. */
    private static byte[] encodedSimply(Event event) {
        StringBuilder block = new StringBuilder();
        appendLines(
                block,
                "retry: ",
                event.retry() == null ? null : "" + event.retry().toMillis());
        appendLines(block, ": ", event.comment());
        appendLines(block, "id: ", event.id());
        appendLines(block, "event: ", event.name());
        appendLines(block, "data: ", event.data());
        boolean hasFields = event.retry() != null || event.id() != null || event.name() != null || event.data() != null;
        return withoutUnpaired(block + (hasFields ? "\n" : "")).getBytes(UTF_8);
    }

    private static void appendLines(StringBuilder block, String prefix, @Nullable String text) {
        if (text != null) {
            for (String line : withLineFeedsOnly(text).split("\n", -1)) {
                block.append(prefix).append(line).append('\n');
            }
        }
    }

    private List<String> parseInRandomChunks(byte[] block) {
        recorded.calls.clear();
        int at = 0;
        while (at < block.length) {
            int length = Math.min(block.length - at, random.nextInt(1, 16));
            parser.feed(block, at, length);
            at += length;
        }
        return recorded.calls;
    }

    private Event randomEvent() {
        while (true) {
            Event.Builder event = Event.builder();
            boolean somethingToSend = false;
            if (random.nextInt(8) > 0) {
                event.data(randomText());
                somethingToSend = true;
            }
            if (random.nextInt(4) == 0) {
                event.comment(randomText());
                somethingToSend = true;
            }
            if (random.nextInt(4) == 0) {
                event.retry(Duration.ofMillis(random.nextLong(Event.MAX_RETRY.toMillis() + 1)));
                somethingToSend = true;
            }
            if (random.nextBoolean()) {
                event.id(randomId());
                somethingToSend = true;
            }
            if (random.nextBoolean()) {
                event.name(randomLine());
            }
            if (somethingToSend) {
                return event.build();
            }
        }
    }

    private String randomId() {
        String id = FORBIDDEN_IN_ID.matcher(randomText()).replaceAll("").strip();
        return id.isEmpty() ? "x" : id;
    }

    private String randomLine() {
        String line = FORBIDDEN_IN_LINE.matcher(randomText()).replaceAll("");
        return line.isEmpty() ? "x" : line;
    }

    private String randomText() {
        StringBuilder text = new StringBuilder();
        for (int tokens = random.nextInt(MAX_TOKENS + 1); tokens > 0; tokens--) {
            text.append(ALPHABET[random.nextInt(ALPHABET.length)]);
        }
        return text.toString();
    }

    private static boolean isAccepted(String text, Function<String, Event.Builder> option) {
        try {
            option.apply(text);
            return true;
        } catch (IllegalArgumentException e) {
            return false;
        }
    }

    private static String withLineFeedsOnly(String text) {
        return text.replace("\r\n", "\n").replace('\r', '\n');
    }

    private static String withoutUnpaired(String text) {
        // A regular expression matches code points, so this matches a surrogate only if its other half is missing.
        return UNPAIRED_SURROGATE.matcher(text).replaceAll("\uFFFD");
    }

    private void forRandomEvents(int count, ObjIntConsumer<Event> property) {
        for (int i = 0; i < count; i++) {
            Event event = randomEvent();
            try {
                property.accept(event, i);
            } catch (RuntimeException | AssertionError e) {
                throw new AssertionError(
                        "event %d: %s%nrun again with -Dsluice.seed=%d%n%s".formatted(i, event, seed, e), e);
            }
        }
    }

    private static void check(boolean holds, String message, Object... arguments) {
        if (!holds) {
            Object[] shown = Stream.of(arguments)
                    .map(argument -> argument instanceof byte[] bytes ? new String(bytes, UTF_8) : argument)
                    .toArray();
            throw new AssertionError(
                    message.formatted(shown).replace("\r", "\\r").replace("\n", "\\n"));
        }
    }
}
