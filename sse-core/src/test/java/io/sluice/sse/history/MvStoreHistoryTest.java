package io.sluice.sse.history;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import java.util.function.Consumer;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;
import org.h2.mvstore.MVMap;
import org.h2.mvstore.MVStore;
import org.h2.mvstore.type.LongDataType;
import org.h2.mvstore.type.StringDataType;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The store alone: which events it keeps, which it evicts, and what it recovers. */
class MvStoreHistoryTest {

    private static final int BLOCK_BYTES = 36; // with 64 bytes of overhead 100

    @TempDir
    Path directory;

    private long nowMillis = 1_000_000;
    private final List<Eviction> evictions = new ArrayList<>();
    private RecoveryResult recovered;

    private MvStoreHistory open(UnaryOperator<MvStoreHistory.Builder> options) {
        return open(options, evictions::addAll);
    }

    private MvStoreHistory open(UnaryOperator<MvStoreHistory.Builder> options, Consumer<List<Eviction>> evicting) {
        InstantSource clock = () -> Instant.ofEpochMilli(nowMillis);
        MvStoreHistory history = options.apply(
                        MvStoreHistory.builder(directory).sync(SyncPolicy.os()).clock(clock))
                .build();
        recovered = history.open(7, evicting);
        return history;
    }

    private static StoredEvent event(long position, long timeMillis, String topic, String publisherId) {
        return new StoredEvent(position, timeMillis, topic, new byte[BLOCK_BYTES], publisherId, null, false);
    }

    private static List<Long> positions(MvStoreHistory history, String... topics) {
        return history.read(List.of(topics), 0, 1_000_000, 1 << 30).events().stream()
                .map(StoredEvent::position)
                .toList();
    }

    @Test
    void eventsOfATopicAreBounded() {
        MvStoreHistory history = open(options -> options.events(3));
        history.append(List.of(
                event(1, 1, "a", null), event(2, 2, "a", null), event(3, 3, "b", null), event(4, 4, "a", null)));
        assertThat(evictions).isEmpty();
        history.append(List.of(event(5, 5, "a", null), event(6, 6, "a", null)));
        assertThat(evictions).containsExactly(new Eviction("a", 2, 2, 4, 2, 2 * BLOCK_BYTES, List.of()));
        assertThat(positions(history, "a", "b")).containsExactly(3L, 4L, 5L, 6L);
        history.close(6);
        history = open(options -> options.events(3));
        assertThat(recovered.topics())
                .containsExactlyInAnyOrder(
                        new StoredTopic("a", 2, 2, 3, 3 * BLOCK_BYTES, 4, 6),
                        new StoredTopic("b", 0, 0, 1, BLOCK_BYTES, 3, 3));
        assertThat(recovered.head()).isEqualTo(6);
        assertThat(recovered.epoch()).isEqualTo(7);
        history.close(6);
    }

    @Test
    void bytesOfATopicAreBoundedAndTheNewestEventIsAlwaysKept() {
        MvStoreHistory history = open(options -> options.bytes(250));
        for (int i = 1; i <= 5; i++) {
            history.append(List.of(event(i, i, "a", null)));
        }
        assertThat(positions(history, "a")).containsExactly(4L, 5L);
        history.append(List.of(new StoredEvent(6, 6, "a", new byte[1000], null, null, false)));
        assertThat(positions(history, "a")).containsExactly(6L);
        history.close(6);
    }

    @Test
    void theEndOfATopicIsKeptUntilItsAge() {
        nowMillis = 1_000;
        MvStoreHistory history =
                open(options -> options.age(Duration.ofSeconds(10)).totalBytes(450));
        history.append(List.of(
                event(1, 1_000, "a", null).asLast(), event(1, 1_000, "b", null).asLast()));
        history.append(List.of(event(2, 1_000, "a", null))); // begins the topic anew
        for (int i = 3; i <= 9; i++) {
            history.append(List.of(event(i, 1_000, "flood", null)));
        }
        assertThat(positions(history, "b")).as("evicted by the bound on bytes").isEmpty();
        history.append(List.of(event(10, 6_000, "c", null).asLast()));
        history.close(10);
        history = open(options -> options.age(Duration.ofSeconds(10)));
        assertThat(recovered.ends())
                .containsExactly(
                        new RecoveryResult.TopicEnd("b", 1, 1_000), new RecoveryResult.TopicEnd("c", 10, 6_000));
        assertThat(history.age()).isEqualTo(Duration.ofSeconds(10));
        nowMillis = 12_000;
        history.maintain();
        history.remove("c", 9);
        history.close(10);
        history = open(options -> options.age(Duration.ofSeconds(10)));
        assertThat(recovered.ends()).extracting(RecoveryResult.TopicEnd::topic).containsExactly("c");
        history.remove("c", 10);
        history.close(10);
        history = open(options -> options);
        assertThat(recovered.ends()).isEmpty();
        history.close(10);
    }

    @Test
    void totalBytesAreBoundedAndTheOldestEventIsEvictedFirst() {
        MvStoreHistory history = open(options -> options.totalBytes(450));
        for (int i = 1; i <= 6; i++) {
            history.append(List.of(event(i, i, "t" + i % 2, null)));
        }
        assertThat(positions(history, "t0", "t1")).containsExactly(3L, 4L, 5L, 6L);
        assertThat(evictions).extracting(Eviction::topic).containsExactly("t1", "t0");
        history.close(6);
    }

    /** One event can be the oldest of several topics: each copy is counted, and they are evicted one after another. */
    @Test
    void copiesOfOneEventAreEvictedOneAfterAnother() {
        MvStoreHistory history = open(options -> options.totalBytes(450).age(Duration.ofSeconds(10)));
        history.append(List.of(
                event(1, nowMillis, "a", "one"), event(1, nowMillis, "b", "one"), event(1, nowMillis, "c", "one")));
        history.append(List.of(event(2, nowMillis, "b", null), event(3, nowMillis, "a", null)));
        assertThat(evictions).containsExactly(new Eviction("a", 1, nowMillis, 3, 1, BLOCK_BYTES, List.of()));
        history.append(List.of(event(4, nowMillis, "c", null), event(5, nowMillis + 1, "c", null)));
        assertThat(evictions)
                .extracting(Eviction::topic, Eviction::floor, Eviction::publisherIds)
                .containsExactly(
                        org.assertj.core.groups.Tuple.tuple("a", 1L, List.of()),
                        org.assertj.core.groups.Tuple.tuple("b", 1L, List.of()),
                        org.assertj.core.groups.Tuple.tuple("c", 1L, List.of("one")));
        assertThat(positions(history, "a", "b", "c")).containsExactly(2L, 3L, 4L, 5L);
        nowMillis += 10_001;
        history.maintain();
        assertThat(positions(history, "a", "b", "c")).containsExactly(5L);
        history.close(5);
    }

    @Test
    void oldEventsAreEvictedEvenWithoutNewEvents() {
        MvStoreHistory history = open(options -> options.age(Duration.ofSeconds(10)));
        history.append(List.of(event(1, nowMillis, "a", null), event(2, nowMillis + 5000, "b", null)));
        nowMillis += 10_000;
        history.maintain();
        assertThat(positions(history, "a", "b")).containsExactly(1L, 2L);
        nowMillis += 1;
        history.maintain();
        assertThat(positions(history, "a", "b")).containsExactly(2L);
        nowMillis += 5000;
        history.append(List.of(event(3, nowMillis, "c", null)));
        assertThat(positions(history, "a", "b", "c")).containsExactly(3L);
        history.close(3);
    }

    @Test
    void chosenIdsAreBoundedAndReportedWhenEvicted() {
        MvStoreHistory history = open(options -> options.publisherIds(2));
        history.append(List.of(event(1, 1, "a", "one"), event(2, 2, "b", "two"), event(3, 3, "a", "three")));
        assertThat(evictions).containsExactly(new Eviction("a", 1, 1, 3, 1, BLOCK_BYTES, List.of("one")));
        history.close(3);
        open(options -> options).close(3);
        assertThat(recovered.publisherIds())
                .containsOnly(
                        Map.entry("two", new RecoveryResult.EventLocation(2, "b")),
                        Map.entry("three", new RecoveryResult.EventLocation(3, "a")));
    }

    /** If the process dies between two commits, the state of the first commit is recovered. */
    @Test
    void aLargeBatchIsCommittedAsAWhole(@TempDir Path copy) throws IOException {
        MvStoreHistory history = open(options -> options);
        List<StoredEvent> batch = new ArrayList<>();
        for (int i = 1; i <= 150_000; i++) {
            batch.add(new StoredEvent(i, i, "topic/" + i % 50_000, new byte[100], "chosen-" + i, null, false));
        }
        history.reserve(1_000_000);
        history.append(batch);
        try (Stream<Path> files = Files.list(directory)) {
            for (Path file : files.toList()) {
                Files.copy(file, copy.resolve(file.getFileName()));
            }
        }
        history.close(150_000);
        MvStoreHistory left = MvStoreHistory.builder(copy).build();
        RecoveryResult recoveredCopy = left.open(7, evicted -> {});
        assertThat(recoveredCopy.topics()).isEmpty();
        assertThat(recoveredCopy.publisherIds()).isEmpty();
        left.close(recoveredCopy.head());
    }

    @Test
    void aTopicThatIsBeingEmptiedIsReadableUntilItsRemovalIsReported() {
        List<List<Long>> found = new ArrayList<>();
        MvStoreHistory[] history = {null};
        history[0] =
                open(options -> options.totalBytes(250), evicted -> found.add(positions(history[0], "a", "b", "c")));
        history[0].append(List.of(event(1, 1, "a", null), event(2, 2, "b", null)));
        history[0].append(List.of(event(3, 3, "c", null), event(4, 4, "c", null)));
        assertThat(found).containsExactly(List.of(1L, 2L, 3L, 4L));
        assertThat(positions(history[0], "a", "b", "c")).containsExactly(3L, 4L);
        history[0].close(4);
    }

    @Test
    void aFileOfAnotherFormatIsRejected() {
        open(options -> options).close(0);
        try (MVStore store = MVStore.open(directory.resolve("events.mv").toString())) {
            store.openMap(
                            "meta",
                            new MVMap.Builder<String, Long>()
                                    .keyType(StringDataType.INSTANCE)
                                    .valueType(LongDataType.INSTANCE))
                    .put("format", 99L);
        }
        assertThatThrownBy(() -> open(options -> options))
                .isInstanceOf(HistoryException.class)
                .hasMessageContaining("format 99 (expected: 1)");
    }

    /** A reader that is notified of an eviction can still read the evicted events. */
    @Test
    void evictionsAreReportedBeforeTheyHappen() {
        List<List<Long>> found = new ArrayList<>();
        MvStoreHistory[] history = {null};
        history[0] = open(options -> options.events(1), evicted -> found.add(positions(history[0], "a")));
        history[0].append(List.of(event(1, 1, "a", null)));
        history[0].append(List.of(event(2, 2, "a", null)));
        assertThat(found).containsExactly(List.of(1L, 2L));
        history[0].close(2);
    }

    @Test
    void floorsOfEmptyTopicsAreKeptByNameAndLaterMergedIntoOne() {
        MvStoreHistory history = open(options -> options.totalBytes(100));
        int topics = MvStoreTopics.MAX_EMPTY_TOPICS + 10;
        List<StoredEvent> batch = new ArrayList<>();
        for (int i = 1; i <= topics + 1; i++) {
            batch.add(event(i, i, "t" + i, null));
        }
        history.append(batch);
        history.close(topics + 1);
        open(options -> options).close(topics + 1);
        assertThat(recovered.topics()).hasSize(MvStoreTopics.MAX_EMPTY_TOPICS + 1);
        assertThat(recovered.removedFloor()).isEqualTo(10);
        assertThat(recovered.topics()).contains(new StoredTopic("t11", 11, 11, 0, 0, 0, 0));
    }

    /** Compares pages of any size, topics and positions with a model. */
    @Test
    void pagesAreCompleteUpToTheirEndAndInOrder() {
        long seed = System.nanoTime();
        Random random = new Random(seed);
        MvStoreHistory history = open(options -> options.events(40));
        TreeMap<Long, StoredEvent> all = new TreeMap<>();
        long position = 0;
        for (int batch = 0; batch < 30; batch++) {
            List<StoredEvent> events = new ArrayList<>();
            for (int i = random.nextInt(10); i >= 0; i--) {
                position += 1 + random.nextInt(3);
                events.add(new StoredEvent(
                        position,
                        position / 10,
                        "t" + random.nextInt(4),
                        new byte[random.nextInt(500)],
                        null,
                        null,
                        false));
            }
            history.append(events);
            events.forEach(event -> all.put(event.position(), event));
            evictions.forEach(gone -> all.values()
                    .removeIf(event -> event.topic().equals(gone.topic()) && event.position() <= gone.floor()));
            evictions.clear();
        }
        for (int round = 0; round < 500; round++) {
            List<String> topics =
                    List.of("t0", "t1", "t2", "t3", "none").subList(random.nextInt(3), 3 + random.nextInt(3));
            long after = random.nextLong(position + 2);
            long upTo = after + random.nextLong(position);
            int room = 1 + random.nextInt(3000);
            HistoryPage page = history.read(topics, after, upTo, room);
            List<Long> expected = all.subMap(after, false, page.end(), true).values().stream()
                    .filter(event -> topics.contains(event.topic()))
                    .map(StoredEvent::position)
                    .toList();
            assertThat(page.events())
                    .as("seed %s, round %s", seed, round)
                    .extracting(StoredEvent::position)
                    .isEqualTo(expected);
            int bytes = page.events().stream()
                    .mapToInt(event -> event.wire().length)
                    .sum();
            assertThat(page.events().size() == 1 || bytes <= room).isTrue();
            assertThat(page.end()).isBetween(page.events().isEmpty() ? upTo : after + 1, upTo);

            int count = 1 + random.nextInt(60);
            List<Long> upToThere = all.headMap(upTo, true).values().stream()
                    .filter(event -> topics.contains(event.topic()))
                    .map(StoredEvent::position)
                    .toList();
            assertThat(history.beforeLast(topics, count, upTo))
                    .isEqualTo(upToThere.isEmpty() ? upTo : upToThere.get(Math.max(0, upToThere.size() - count)) - 1);

            long millis = random.nextLong(position / 10 + 3);
            assertThat(history.before(topics, Instant.ofEpochMilli(millis), upTo))
                    .isEqualTo(all.values().stream()
                            .filter(event -> topics.contains(event.topic()) && event.timeMillis() >= millis)
                            .mapToLong(event -> Math.min(upTo, event.position() - 1))
                            .findFirst()
                            .orElse(upTo));
        }
        history.close(position);
    }

    /** Evicted events make room: the file does not grow without limit. */
    @Test
    void theFileStaysInProportionToItsContent() throws Exception {
        MvStoreHistory history =
                open(options -> options.sync(SyncPolicy.always()).totalBytes(1 << 20));
        long written = 0;
        for (long position = 1; position <= 8000; position++) {
            history.append(List.of(
                    new StoredEvent(position, nowMillis, "t" + position % 20, new byte[4000], null, null, false)));
            written += 4000;
            if (position % 10 == 0) {
                history.commit(true);
            }
            if (position % 500 == 0) {
                history.maintain();
            }
        }
        history.close(8000);
        assertThat(written).isEqualTo(32_000_000);
        assertThat(Files.size(directory.resolve(MvStoreHistory.EVENTS_FILE))).isLessThan(8 << 20);
    }

    @Test
    void invalidOptionsAreNamed() {
        MvStoreHistory.Builder options = MvStoreHistory.builder(directory);
        assertThatThrownBy(() -> options.events(0)).hasMessage("events: 0 (expected: at least 1)");
        assertThatThrownBy(() -> options.bytes(0)).hasMessage("bytes: 0 (expected: at least 1)");
        assertThatThrownBy(() -> options.totalBytes(-1)).hasMessage("totalBytes: -1 (expected: at least 1)");
        assertThatThrownBy(() -> options.publisherIds(0)).hasMessage("publisherIds: 0 (expected: at least 1)");
        assertThatThrownBy(() -> options.age(Duration.ZERO))
                .hasMessage("age: PT0S (expected: more than 0, at most 36500 days)");
        assertThatThrownBy(() -> SyncPolicy.every(Duration.ZERO))
                .hasMessage("sync: PT0S (expected: more than 0, at most PT1M)");
    }

    /** The oldest stops are merged into one. At worst this causes one gap too many. */
    @Test
    void uncleanStopsAreRememberedUpToALimit() {
        PositionsFile.Content content = new PositionsFile.Content(7, 10, -1, 0, true, List.of());
        Recovery recovery = Recovery.of(content, 5);
        for (int stop = 1; stop < 300; stop++) {
            content = new PositionsFile.Content(7, recovery.head() + 9, -1, 0, true, recovery.lost());
            recovery = Recovery.of(content, recovery.head() + 4);
        }
        assertThat(recovery.lost()).hasSize(Recovery.MAX_RANGES);
        assertThat(recovery.lost().get(0).contains(3)).isTrue();
        LostRange last = recovery.lost().get(Recovery.MAX_RANGES - 1);
        assertThat(last.upTo()).isEqualTo(recovery.head() - 1);
        assertThat(last.upTo() - last.after()).isEqualTo(5);
    }

    // ---- a wall clock that jumps

    private long monotonicMillis;

    private MvStoreHistory openWithClocks() {
        return open(options -> options.age(Duration.ofDays(7))
                .clocks(() -> Instant.ofEpochMilli(nowMillis), () -> monotonicMillis * 1_000_000));
    }

    private void passes(Duration time) {
        nowMillis += time.toMillis();
        monotonicMillis += time.toMillis();
    }

    @Test
    void aShortClockJumpDeletesNothing() {
        nowMillis = Duration.ofDays(10_000).toMillis();
        MvStoreHistory history = openWithClocks();
        history.append(List.of(event(1, nowMillis, "a", null)));
        nowMillis += Duration.ofDays(8).toMillis();
        for (int i = 0; i < 3; i++) {
            history.maintain();
            passes(Duration.ofSeconds(1));
        }
        nowMillis -= Duration.ofDays(8).toMillis();
        passes(Duration.ofMinutes(20));
        history.maintain();
        assertThat(positions(history, "a")).containsExactly(1L);
        passes(Duration.ofDays(8));
        history.maintain();
        assertThat(positions(history, "a")).as("age still counts").isEmpty();
        history.close(1);
    }

    @Test
    void aLastingClockJumpTakesEffect() {
        nowMillis = Duration.ofDays(10_000).toMillis();
        MvStoreHistory history = openWithClocks();
        history.append(List.of(event(1, nowMillis, "a", null)));
        nowMillis += Duration.ofDays(8).toMillis(); // the machine slept, for example
        history.maintain();
        assertThat(positions(history, "a")).containsExactly(1L);
        passes(Duration.ofMinutes(11));
        history.maintain();
        assertThat(positions(history, "a")).isEmpty();
        history.close(1);
    }

    @Test
    void aStartWithAWrongClockDeletesNothing() {
        nowMillis = Duration.ofDays(10_000).toMillis();
        MvStoreHistory history = openWithClocks();
        history.append(List.of(event(1, nowMillis, "a", null)));
        history.close(1);
        nowMillis += Duration.ofDays(8).toMillis();
        history = openWithClocks();
        history.maintain();
        assertThat(positions(history, "a")).containsExactly(1L);
        nowMillis -= Duration.ofDays(8).toMillis();
        passes(Duration.ofMinutes(20));
        history.maintain();
        assertThat(positions(history, "a")).containsExactly(1L);
        history.close(1);
    }
}
