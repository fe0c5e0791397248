package io.sluice.sse.hub.log;

import static org.assertj.core.api.Assertions.assertThat;

import io.sluice.sse.Event;
import io.sluice.sse.history.MvStoreHistory;
import io.sluice.sse.history.SyncPolicy;
import io.sluice.sse.hub.lane.FakeSink;
import io.sluice.sse.hub.lane.HubFixture;
import io.sluice.sse.hub.lane.LaneTestAccess;
import io.sluice.sse.topic.EventFilter;
import io.sluice.sse.topic.Published;
import io.sluice.sse.topic.Selector;
import io.sluice.sse.topic.StartPosition;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * An event in several topics is one event, in the history as in the rings: it is read once, counted once, and holds its
 * id once.
 */
class HistoryCopiesTest {

    @TempDir
    Path directory;

    private static Published publish(HistoryFixture bench, Event event, String... topics) {
        return bench.hub.publish(List.of(topics), event).toCompletableFuture().join();
    }

    private static Event mine(String data) {
        return Event.builder().id("mine").data(data).build();
    }

    @Test
    void aSubscriberToSeveralTopicsOfAnEventReadsItOnce() {
        try (HistoryFixture bench = new HistoryFixture(directory)) {
            String before = bench.hub.headId();
            List<String> all = new ArrayList<>();
            Random random = new Random(5);
            for (int i = 0; i < 300; i++) {
                // Pages of all sizes, so that some page ends between two copies.
                String data = i + " " + "x".repeat(random.nextInt(4000));
                all.add(data);
                if (i % 3 == 0) {
                    publish(bench, Event.of(data), "a", "b", "c");
                } else {
                    publish(bench, Event.of(data), i % 2 == 0 ? "c" : "a");
                }
            }
            bench.untilStored();
            EventFilter onlyOfC = event -> event.topic().equals("c");
            FakeSink byName = bench.open(StartPosition.after(before), "c", "b", "a");
            FakeSink byPattern = bench.open(StartPosition.after(before), "**", "b");
            FakeSink filtered = bench.open(
                    StartPosition.after(before), Selector.of("a", "b", "c").filtered(onlyOfC));
            FakeSink filteredByPattern =
                    bench.open(StartPosition.after(before), Selector.of("**").filtered(onlyOfC));
            FakeSink wrapped = bench.open(
                    StartPosition.after(before), Selector.of("a", "b", "c").withEnvelope());
            List<String> ofC = new ArrayList<>();
            for (int i = 0; i < 300; i++) {
                if (i % 3 == 0 || i % 2 == 0) {
                    ofC.add(all.get(i));
                }
            }
            bench.until(() -> List.of(byName, byPattern, filtered, filteredByPattern, wrapped).stream()
                    .noneMatch(sink -> LaneTestAccess.isBehind(sink)));
            assertThat(byName.data()).isEqualTo(all);
            assertThat(byPattern.data()).isEqualTo(all);
            assertThat(filtered.data()).isEqualTo(ofC);
            assertThat(filteredByPattern.data()).isEqualTo(ofC);
            assertThat(wrapped.data()).hasSize(300);
            assertThat(wrapped.data().get(0)).contains("\"a\"").doesNotContain("\"b\"");
        }
    }

    @Test
    void replayCountsTheEventOnce() {
        try (HistoryFixture bench = new HistoryFixture(directory)) {
            for (int i = 0; i < 50; i++) {
                publish(
                        bench,
                        Event.of(Integer.toString(i)),
                        i % 2 == 0 ? new String[] {"a", "b", "c"} : new String[] {"b"});
            }
            for (int count : new int[] {1, 5, 10, 11, 15, 30, 49, 50, 51, 99}) {
                for (Selector selector :
                        List.of(Selector.of("a", "b", "c"), Selector.of("**"), Selector.of("c", "b"))) {
                    FakeSink sink = bench.open(StartPosition.replay(count), selector);
                    bench.until(() -> !LaneTestAccess.isBehind(sink));
                    assertThat(sink.data()).isEqualTo(HubFixture.numbers(Math.max(0, 50 - count), 50));
                }
            }
        }
    }

    @Test
    void itsChosenIdIsTakenUntilTheLastCopyIsEvicted() {
        try (HistoryFixture bench = open(3)) {
            assertThat(publish(bench, mine("first"), "a", "b").duplicate()).isFalse();
            push(bench, "a");
            assertTaken(bench, true);
            FakeSink sink = bench.open(StartPosition.after("mine"), "b");
            assertThat(sink.gaps()).isEmpty();
        }
        try (HistoryFixture bench = open(3)) {
            assertTaken(bench, true); // although its first topic has evicted it
            FakeSink sink = bench.open(StartPosition.replay(9), "b");
            bench.untilReceived(sink, 1);
            assertThat(sink.data()).containsExactly("first");
            push(bench, "b");
            assertTaken(bench, false);
        }
    }

    @Test
    void anyRemainingCopyHoldsTheIdAcrossARestart() {
        try (HistoryFixture bench = open(3)) {
            publish(bench, mine("first"), "a", "b", "c");
        }
        try (HistoryFixture bench = open(3)) {
            push(bench, "b");
            assertTaken(bench, true);
            push(bench, "c");
        }
        try (HistoryFixture bench = open(3)) {
            assertTaken(bench, true);
            push(bench, "a");
            assertTaken(bench, false);
            assertTaken(bench, true);
        }
    }

    private HistoryFixture open(int events) {
        MvStoreHistory history = MvStoreHistory.builder(directory)
                .sync(SyncPolicy.os())
                .events(events)
                .build();
        return new HistoryFixture(history, options -> options.historyEvents(2));
    }

    /** The events that the topic kept are evicted from the store. */
    private static void push(HistoryFixture bench, String topic) {
        bench.publishMany(topic, 0, 3);
        bench.untilStored();
        bench.untilCommitted();
    }

    private static void assertTaken(HistoryFixture bench, boolean isTaken) {
        Published answer = publish(bench, mine("again"), "a");
        assertThat(answer.duplicate()).isEqualTo(isTaken);
        assertThat(answer.topic()).isEqualTo("a");
    }

    @Test
    void eventsInMemoryAreCountedCorrectly() {
        try (HistoryFixture bench = new HistoryFixture(
                directory, SyncPolicy.os(), options -> options.historyEvents(3).historyTotalBytes(20_000))) {
            Random random = new Random(3);
            for (int i = 0; i < 2000; i++) {
                List<String> topics = new ArrayList<>(List.of("t" + random.nextInt(4)));
                for (int more = random.nextInt(4); more > 0; more--) {
                    topics.add("t" + random.nextInt(6));
                }
                bench.hub.publish(topics, Event.of("x".repeat(random.nextInt(3000))));
                if (i % 100 == 0) {
                    bench.assertRingsValid();
                    assertThat(bench.hub.stats().bytes()).isLessThanOrEqualTo(20_000);
                }
            }
            bench.assertRingsValid();
        }
    }

    /** Otherwise a history that dies between two batches would keep half of the event. */
    @Test
    void allCopiesAreWrittenInOneBatch() {
        List<List<Long>> batches = new java.util.concurrent.CopyOnWriteArrayList<>();
        GatedHistory history = new GatedHistory(
                MvStoreHistory.builder(directory).sync(SyncPolicy.os()).build());
        history.whenAppended = events ->
                batches.add(events.stream().map(event -> event.position()).toList());
        try (HistoryFixture bench = new HistoryFixture(history, options -> options.historyEvents(10))) {
            history.appends.drainPermits();
            try {
                for (int i = 0; i < 12; i++) {
                    publish(bench, Event.of("x".repeat(1_500_000)), "a", "b", "c"); // a batch is about 4 MiB
                }
            } finally {
                history.appends.release(1_000_000);
            }
            bench.untilStored();
            bench.untilCommitted();
        }
        assertThat(batches).hasSizeGreaterThan(2);
        for (int i = 1; i < batches.size(); i++) {
            List<Long> before = batches.get(i - 1);
            assertThat(batches.get(i).get(0)).isGreaterThan(before.get(before.size() - 1));
        }
    }
}
