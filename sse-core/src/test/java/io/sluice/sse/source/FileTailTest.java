package io.sluice.sse.source;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.sluice.sse.CloseReason;
import io.sluice.sse.Event;
import io.sluice.sse.hub.Hub;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Lines of a growing file, whatever happens to the file, until the client leaves. */
class FileTailTest {

    @TempDir
    Path directory;

    private Path file;
    private FileTail tail;

    @BeforeEach
    void name() {
        file = directory.resolve("log");
        tail = Sources.tail(file).withPeriod(Duration.ofMillis(5));
    }

    private void append(String text) throws IOException {
        append(text.getBytes(StandardCharsets.UTF_8));
    }

    private void append(byte[] bytes) throws IOException {
        Files.write(file, bytes, StandardOpenOption.CREATE, StandardOpenOption.APPEND);
    }

    private static void awaitData(FakeStream.Client client, String... lines) {
        await().untilAsserted(() -> assertThat(client.texts()).containsExactly(lines));
    }

    private static void leave(FakeStream stream, FakeStream.Client client) {
        client.close(CloseReason.CLIENT_LEFT);
        await().untilAsserted(() -> assertThat(stream.hub.ledger().counts())
                .allSatisfy((kind, count) -> assertThat(count).as("%s", kind).isZero()));
        assertThat(stream.hub.stats().userCodeFailures()).isZero();
    }

    private static FakeStream stream() {
        return new FakeStream(Hub.builder());
    }

    /** Opens a client and waits until its source has opened the file. */
    private static FakeStream.Client open(FakeStream stream, FileTail tail) throws Exception {
        CountDownLatch started = new CountDownLatch(1);
        FakeStream.Client client = stream.open(sink -> {
            tail.start(sink);
            started.countDown();
        });
        assertThat(started.await(60, TimeUnit.SECONDS)).isTrue();
        return client;
    }

    @Test
    void completeLinesWrittenFromNowOnAreSent() throws Exception {
        append("old\nhalf ");
        try (FakeStream stream = stream()) {
            FakeStream.Client client = open(stream, tail);
            append("a line\r\n\nnext");
            awaitData(client, "half a line", "");
            append(" one\n");
            awaitData(client, "half a line", "", "next one");
            leave(stream, client);
        }
    }

    @Test
    void itStartsWithTheLastLinesIfRequested() throws Exception {
        List<String> lines = IntStream.range(0, 5000).mapToObj(i -> "line " + i).toList();
        append(String.join("\n", lines) + "\nrest");
        for (int last : new int[] {0, 1, 3, 1000, 5000, 10_000}) {
            try (FakeStream stream = stream()) {
                FakeStream.Client client = open(stream, tail.withLast(last));
                append(".\n");
                int from = Math.max(0, lines.size() - last);
                List<String> expected = new ArrayList<>(lines.subList(from, lines.size()));
                lines = new ArrayList<>(lines);
                lines.add(last == 0 ? "rest." : ".");
                expected.add(last == 0 ? "rest." : ".");
                awaitData(client, expected.toArray(new String[0]));
                leave(stream, client);
            }
        }
    }

    @Test
    void aFileThatDoesNotExistYetIsReadFromItsStart() throws Exception {
        try (FakeStream stream = stream()) {
            FakeStream.Client client = open(stream, tail);
            append("first\n");
            awaitData(client, "first");
            leave(stream, client);
        }
    }

    @Test
    void afterARotationTheOldFileIsReadToItsEndAndThenTheNewOne() throws Exception {
        try (FakeStream stream = stream()) {
            append("");
            FakeStream.Client client = open(stream, tail);
            append("1\n");
            awaitData(client, "1");
            Path old = directory.resolve("log.1");
            Files.move(file, old);
            Files.writeString(old, "2\nwithout an end", StandardOpenOption.APPEND);
            awaitData(client, "1", "2"); // while no new file has the name, the old file is followed
            Path made = directory.resolve("new");
            Files.writeString(made, "3\n");
            Files.move(made, file, StandardCopyOption.ATOMIC_MOVE);
            awaitData(client, "1", "2", "without an end", "3");
            append("4\n");
            awaitData(client, "1", "2", "without an end", "3", "4");
            leave(stream, client);
        }
    }

    @Test
    void aTruncatedFileIsReadFromItsStart() throws Exception {
        append("a long enough first line\n");
        try (FakeStream stream = stream()) {
            FakeStream.Client client = open(stream, tail.withLast(1));
            append("half");
            awaitData(client, "a long enough first line");
            await().until(() -> {
                Files.writeString(file, "new\n", StandardOpenOption.TRUNCATE_EXISTING);
                return client.texts().size() > 1;
            });
            assertThat(client.texts().subList(1, client.texts().size())).containsOnly("new");
            leave(stream, client);
        }
    }

    @Test
    void aTooLongLineIsCutBetweenCharactersAndInvalidUtf8IsReplaced() throws Exception {
        append("");
        try (FakeStream stream = stream()) {
            FakeStream.Client client = open(stream, tail.withMaxLineBytes(16));
            append("0123456789abcdé" + "x".repeat(100_000) + "\n");
            append("0123456789abcdef\n");
            append("0123456789abcde€€€\n");
            append(new byte[] {'o', (byte) 0xFF, 'k', '\n'});
            awaitData(client, "0123456789abcd…", "0123456789abcdef", "0123456789abcde…", "o\uFFFDk");
            leave(stream, client);
        }
    }

    @Test
    void theFileIsReadAtTheClientsPaceAndNothingIsLost() throws Exception {
        List<String> lines =
                IntStream.range(0, 3000).mapToObj(i -> i + "x".repeat(100)).toList();
        append("");
        try (FakeStream stream = stream()) {
            FakeStream.Client client = open(stream, tail);
            client.read(false);
            append(String.join("\n", lines) + "\n");
            await().until(() -> !client.isWritable());
            client.read(true);
            await().until(() -> client.texts().size() == 3000);
            assertThat(client.texts()).isEqualTo(lines);
            leave(stream, client);
        }
    }

    @Test
    void theFileIsClosedWhenTheClientLeaves() throws Exception {
        Path descriptors = Path.of("/proc/self/fd");
        assumeTrue(Files.isDirectory(descriptors));
        append("x\n");
        try (FakeStream stream = stream()) {
            FakeStream.Client reading = open(stream, tail.withLast(1));
            FakeStream.Client stalled = open(stream, tail);
            stalled.read(false);
            awaitData(reading, "x");
            assertThat(open(descriptors)).isEqualTo(2);
            reading.close(CloseReason.CLIENT_LEFT);
            leave(stream, stalled);
            assertThat(open(descriptors)).isZero();
        }
    }

    private long open(Path descriptors) throws IOException {
        try (Stream<Path> all = Files.list(descriptors)) {
            return all.filter(descriptor -> {
                        try {
                            return Files.readSymbolicLink(descriptor).equals(file.toRealPath());
                        } catch (IOException e) {
                            return false; // it was closed meanwhile
                        }
                    })
                    .count();
        }
    }

    @Test
    void anUnreadableFileFailsTheSink() throws Exception {
        Files.createDirectory(file);
        try (FakeStream stream = stream()) {
            FakeStream.Client client = stream.open(tail);
            assertThat(client.ended.get(60, TimeUnit.SECONDS)).isEqualTo(CloseReason.SOURCE_FAILED);
        }
    }

    @Test
    void eventsAreCreatedByTheGivenFunction() throws Exception {
        append("");
        try (FakeStream stream = stream()) {
            FakeStream.Client client = open(stream, tail.withEvents(line -> Event.of("log", line)));
            append("x\n");
            awaitData(client, "log"); // the events of the client have names if the function sets them
            leave(stream, client);
        }
    }

    @Test
    void invalidOptionsAreRejectedByName() {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> tail.withLast(-1))
                .withMessage("last: -1 (expected: from 0 to 10000)");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> tail.withPeriod(Duration.ZERO))
                .withMessage("period: PT0S (expected: more than zero)");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> tail.withMaxLineBytes(15))
                .withMessage("maxLineBytes: 15 (expected: from 16 to 16777216)");
    }
}
