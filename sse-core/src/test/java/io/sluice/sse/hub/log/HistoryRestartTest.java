package io.sluice.sse.hub.log;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.sluice.sse.Event;
import io.sluice.sse.history.HistoryException;
import io.sluice.sse.history.MvStoreHistory;
import io.sluice.sse.history.SyncPolicy;
import io.sluice.sse.hub.HubBuilder;
import io.sluice.sse.hub.HubTestAccess;
import io.sluice.sse.hub.lane.FakeSink;
import io.sluice.sse.hub.lane.HubFixture;
import io.sluice.sse.hub.lane.LaneTestAccess;
import io.sluice.sse.topic.StartPosition;
import io.sluice.sse.topic.TopicInfo;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What a hub recovers after a stop, clean or not, and what it sends to reconnecting clients. */
class HistoryRestartTest {

    private static final Consumer<HubBuilder> SMALL = options -> options.historyEvents(10);

    @TempDir
    Path directory;

    @Test
    void afterACleanStopStreamsContinueWithoutAGap() {
        List<String> ids = new ArrayList<>();
        try (HistoryFixture bench = new HistoryFixture(directory)) {
            for (int i = 0; i < 100; i++) {
                ids.add(bench.publish(i % 2 == 0 ? "a/x" : "a/y", Integer.toString(i)));
            }
        }
        try (HistoryFixture bench = new HistoryFixture(directory)) {
            assertThat(bench.hub.headId()).isEqualTo(ids.get(99));
            assertThat(bench.hub.topics(null, 9)).extracting(TopicInfo::name).containsExactly("a/x", "a/y");
            FakeSink newest = bench.open(StartPosition.after(ids.get(99)), "a/*");
            assertThat(newest.gaps()).isEmpty();
            ids.add(bench.publish("a/x", "100"));
            assertThat(ids.get(100)).isGreaterThan(ids.get(99));
            FakeSink sink = bench.open(StartPosition.after(ids.get(20)), "a/*");
            bench.untilReceived(sink, 80);
            bench.lane.runAll();
            assertThat(sink.data()).isEqualTo(HubFixture.numbers(21, 101));
            assertThat(newest.data()).containsExactly("100");
            assertThat(sink.gaps()).isEmpty();
            FakeSink replay = bench.open(StartPosition.replay(70), "a/x", "a/y");
            bench.untilReceived(replay, 70);
            assertThat(replay.data()).isEqualTo(HubFixture.numbers(31, 101));
            FakeSink ahead = bench.open(
                    StartPosition.after(
                            HubTestAccess.core(bench.hub).sequencer().idOf(102)),
                    "a/*");
            assertThat(ahead.gaps()).hasSize(1);
            assertThat(ahead.gaps().get(0).data()).contains("\"ahead\"");
        }
    }

    @Test
    void chosenIdsStayTakenOnDiskAndAcrossARestart() {
        try (HistoryFixture bench = new HistoryFixture(directory)) {
            bench.publish("a", Event.builder().id("order-1").data("first").build());
            bench.publishMany("a", 0, 50); // evicts the first event from the ring
            assertThat(again(bench)).isTrue();
        }
        try (HistoryFixture bench = new HistoryFixture(directory)) {
            assertThat(again(bench)).isTrue();
            FakeSink sink = bench.open(StartPosition.after("order-1"), "a");
            bench.untilReceived(sink, 50);
            assertThat(sink.data()).isEqualTo(HubFixture.numbers(0, 50));
            assertThat(sink.gaps()).isEmpty();
        }
    }

    private static boolean again(HistoryFixture bench) {
        return bench.hub
                .publish("a", Event.builder().id("order-1").data("again").build())
                .toCompletableFuture()
                .join()
                .duplicate();
    }

    // ---- unclean

    /** Every write is forced: only a client that has seen an unacknowledged event gets a gap. */
    @Test
    void afterAnUncleanStopOnlyEventsAfterTheRecoveredTailAreAGap() {
        Path after = directory.resolve("after");
        String tail = crash(SyncPolicy.always(), after);
        try (HistoryFixture bench = new HistoryFixture(after, SyncPolicy.always(), SMALL)) {
            assertGap(bench, 0, null);
            assertGap(bench, 19, null);
            assertGap(bench, 20, null);
            assertThat(HubTestAccess.core(bench.hub).sequencer().idOf(20)).isEqualTo(tail);
            assertGap(bench, 21, "lost");
            assertGap(bench, PositionReservation.BLOCK - 1, "lost");
            assertGap(bench, PositionReservation.BLOCK, "lost");
            assertGap(bench, PositionReservation.BLOCK + 1, null); // a client that starts now starts here
            assertGap(bench, PositionReservation.BLOCK + 2, "ahead");
            assertThat(bench.hub.headId())
                    .isEqualTo(HubTestAccess.core(bench.hub).sequencer().idOf(PositionReservation.BLOCK + 1));
            FakeSink sink = bench.open(StartPosition.after(tail), "a");
            String next = bench.publish("a", "next");
            bench.lane.runAll();
            assertThat(sink.data()).containsExactly("next");
            assertThat(next).isEqualTo(HubTestAccess.core(bench.hub).sequencer().idOf(PositionReservation.BLOCK + 2));
        }
        try (HistoryFixture bench = new HistoryFixture(after, SyncPolicy.always(), SMALL)) { // a clean stop in between
            assertGap(bench, 20, null);
            assertGap(bench, 21, "lost");
            assertGap(bench, PositionReservation.BLOCK, "lost");
            assertGap(bench, PositionReservation.BLOCK + 1, null);
            assertGap(bench, PositionReservation.BLOCK + 2, null);
            assertGap(bench, PositionReservation.BLOCK + 3, "ahead");
        }
    }

    /** A client that started after the first stop has seen no event that the second stop could have lost. */
    @Test
    void aClientThatStartedAfterAnUncleanStopMissesNothingAtTheNextStopWithoutEvents() {
        Path after = directory.resolve("after");
        Path again = directory.resolve("again");
        crash(SyncPolicy.always(), after);
        long head = PositionReservation.BLOCK + 1;
        try (HistoryFixture bench = new HistoryFixture(after, SyncPolicy.always(), SMALL)) {
            HistoryFixture.copy(after, again);
        }
        try (HistoryFixture bench = new HistoryFixture(again, SyncPolicy.always(), SMALL)) {
            assertGap(bench, 20, null);
            assertGap(bench, 21, "lost");
            assertGap(bench, head - 1, "lost");
            assertGap(bench, head, null);
            assertGap(bench, head + 1, "lost");
            assertGap(bench, head + PositionReservation.BLOCK, "lost");
            assertGap(bench, head + PositionReservation.BLOCK + 1, null);
        }
    }

    /** Without forced writes the hub cannot know what was lost, so every earlier client gets a gap. */
    @Test
    void afterAnUncleanStopOfAnUnforcedHistoryEarlierClientsGetOneGap() {
        Path after = directory.resolve("after");
        crash(SyncPolicy.every(Duration.ofMinutes(1)), after);
        try (HistoryFixture bench = new HistoryFixture(after, SyncPolicy.every(Duration.ofMinutes(1)), SMALL)) {
            assertGap(bench, 0, "lost");
            assertGap(bench, 20, "lost");
            assertGap(bench, PositionReservation.BLOCK, "lost");
            assertGap(bench, PositionReservation.BLOCK + 1, null);
            FakeSink sink = bench.open(
                    StartPosition.after(
                            HubTestAccess.core(bench.hub).sequencer().idOf(5)),
                    "a");
            bench.untilReceived(sink, 15);
            assertThat(sink.events().get(0).type()).isEqualTo("gap"); // and then all recovered events
            assertThat(sink.data()).isEqualTo(HubFixture.numbers(5, 20));
            assertThat(sink.gaps()).hasSize(1);
        }
    }

    /** Publishes twenty events, stores them, and copies the files while they are open. @return the last id */
    private String crash(SyncPolicy sync, Path after) {
        try (HistoryFixture bench = new HistoryFixture(directory.resolve("before"), sync, SMALL)) {
            bench.publishMany("a", 0, 19);
            String tail = bench.publish("a", "19");
            bench.untilStored();
            bench.untilCommitted();
            HistoryFixture.copy(directory.resolve("before"), after);
            return tail;
        }
    }

    private static void assertGap(HistoryFixture bench, long position, String reason) {
        FakeSink sink = bench.open(
                StartPosition.after(HubTestAccess.core(bench.hub).sequencer().idOf(position)), "a");
        assertThat(sink.gaps()).as("at %s", position).hasSize(reason == null ? 0 : 1);
        if (reason != null) {
            assertThat(sink.gaps().get(0).data()).contains("\"reason\":\"" + reason + "\"");
        }
    }

    @Test
    void noIdIsAssignedTwiceAcrossAHundredUncleanStops() {
        Random random = new Random(100);
        Set<String> given = new HashSet<>();
        String before = "";
        Path current = directory.resolve("0");
        for (int stop = 1; stop <= 100; stop++) {
            SyncPolicy sync = random.nextBoolean() ? SyncPolicy.os() : SyncPolicy.always();
            try (HistoryFixture bench = new HistoryFixture(current, sync, SMALL)) {
                Path copied = directory.resolve(Integer.toString(stop));
                int events = random.nextInt(20);
                int copyAt = random.nextInt(events + 1);
                for (int i = 0; i <= events; i++) {
                    if (i == copyAt) {
                        HistoryFixture.copy(current, copied);
                    }
                    String id = bench.publish("a", "x");
                    assertThat(given.add(id)).as("%s is new", id).isTrue();
                    assertThat(id).isGreaterThan(before);
                    before = id;
                }
                current = copied;
            }
        }
    }

    // ---- damaged files

    @Test
    void aTornTailIsRecoveredAtAnyOffset() throws Exception {
        long seed = System.nanoTime();
        Random random = new Random(seed);
        Path whole = directory.resolve("whole");
        List<String> ids = new ArrayList<>();
        List<Long> lengths = new ArrayList<>();
        // With forced writes, space would be reused after a second, and on a slow machine the cut might not hit the
        // last events.
        SyncPolicy lax = SyncPolicy.every(Duration.ofMinutes(1));
        try (HistoryFixture bench = new HistoryFixture(directory.resolve("before"), lax, SMALL)) {
            for (int i = 0; i < 60; i++) {
                ids.add(bench.publish("a", Integer.toString(i)));
                bench.untilCommitted();
                lengths.add(Files.size(directory.resolve("before/events.mv")));
            }
            HistoryFixture.copy(directory.resolve("before"), whole);
        }
        long longest = lengths.get(59);
        assertThat(lengths.get(30)).isLessThan(longest); // the file only grew, so the cut hits the last events
        for (int round = 0; round < 15; round++) {
            Path torn = directory.resolve("torn" + round);
            HistoryFixture.copy(whole, torn);
            int sure = random.nextInt(10, 59); // events up to here were written before the cut
            long cut = random.nextLong(lengths.get(sure), longest + 1);
            boolean scribble = random.nextBoolean();
            try (RandomAccessFile file =
                    new RandomAccessFile(torn.resolve("events.mv").toFile(), "rw")) {
                if (scribble) {
                    byte[] noise = new byte[(int) (longest - cut)];
                    random.nextBytes(noise);
                    file.seek(cut);
                    file.write(noise);
                } else {
                    file.setLength(cut);
                }
            }
            try (HistoryFixture bench = new HistoryFixture(torn, lax, SMALL)) {
                FakeSink sink = bench.open(StartPosition.after(ids.get(0)), "a");
                bench.until(() -> !LaneTestAccess.isBehind(sink));
                assertThat(sink.data())
                        .as("seed %s, round %s, cut at %s of %s", seed, round, cut, longest)
                        .hasSizeGreaterThanOrEqualTo(sure)
                        .isEqualTo(HubFixture.numbers(1, 1 + sink.data().size()));
                assertThat(ids).doesNotContain(bench.publish("a", "next"));
            }
        }
    }

    @Test
    void unusableFilesAreReported() throws Exception {
        try (HistoryFixture bench = new HistoryFixture(directory.resolve("open"))) {
            bench.publish("a", "x");
            assertThatThrownBy(() -> new HistoryFixture(directory.resolve("open")))
                    .isInstanceOf(HistoryException.class)
                    .hasMessage("history: " + directory.resolve("open")
                            + " is in use (expected: a directory that no other hub has open)");
        }
        HistoryFixture.copy(directory.resolve("open"), directory.resolve("without"));
        Files.delete(directory.resolve("without/positions"));
        assertThatThrownBy(() -> new HistoryFixture(directory.resolve("without")))
                .isInstanceOf(HistoryException.class)
                .hasMessageContaining("positions is missing");
        HistoryFixture.copy(directory.resolve("open"), directory.resolve("damaged"));
        Files.write(directory.resolve("damaged/positions"), new byte[20_000]);
        assertThatThrownBy(() -> new HistoryFixture(directory.resolve("damaged")))
                .isInstanceOf(HistoryException.class)
                .hasMessageContaining("positions is damaged");
        HistoryFixture.copy(directory.resolve("open"), directory.resolve("noise"));
        byte[] noise = new byte[50_000];
        new Random(1).nextBytes(noise);
        Files.write(directory.resolve("noise/events.mv"), noise);
        assertThatThrownBy(() -> new HistoryFixture(directory.resolve("noise")))
                .isInstanceOf(HistoryException.class)
                .hasMessageContaining("events.mv cannot be read");
        Files.write(directory.resolve("file"), new byte[0]);
        assertThatThrownBy(() -> new HistoryFixture(directory.resolve("file")))
                .isInstanceOf(HistoryException.class)
                .hasMessageContaining("cannot be used as a directory");
        MvStoreHistory used = MvStoreHistory.builder(directory.resolve("used")).build();
        new HistoryFixture(used, SMALL).close();
        assertThatThrownBy(() -> new HistoryFixture(used, SMALL))
                .isInstanceOf(HistoryException.class)
                .hasMessageContaining("expected: a separate instance for each hub");
    }
}
