package io.sluice.sse.hub.log;

import static org.assertj.core.api.Assertions.assertThat;

import io.sluice.sse.Event;
import io.sluice.sse.history.MvStoreHistory;
import io.sluice.sse.history.SyncPolicy;
import io.sluice.sse.hub.lane.FakeSink;
import io.sluice.sse.hub.lane.HubFixture;
import io.sluice.sse.hub.lane.LaneTestAccess;
import io.sluice.sse.topic.OverflowPolicy;
import io.sluice.sse.topic.Selector;
import io.sluice.sse.topic.StartPosition;
import io.sluice.sse.topic.TopicInfo;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Events below a ring are read from the history, page by page, and then from the ring: each event once and in order.
 */
class HistoryPagesTest {

    @TempDir
    Path directory;

    @Test
    void eventsEvictedFromTheRingAreReadFromTheHistory() {
        try (HistoryFixture bench = new HistoryFixture(directory)) {
            String first = bench.publish("a", "0");
            bench.publishMany("a", 1, 1000);
            FakeSink sink = bench.open(StartPosition.after(first), "a");
            bench.untilReceived(sink, 999);
            bench.publishMany("a", 1000, 1010);
            bench.lane.runAll();
            assertThat(sink.data()).isEqualTo(HubFixture.numbers(1, 1010));
            assertThat(sink.gaps()).isEmpty();
            assertThat(LaneTestAccess.isBehind(sink)).isFalse();
        }
    }

    @Test
    void theRingAloneServesAClientWhosePositionIsInIt() {
        try (HistoryFixture bench = new HistoryFixture(directory)) {
            bench.publishMany("a", 0, 95);
            String id = bench.publish("a", "95");
            bench.publishMany("a", 96, 100);
            FakeSink sink = bench.open(StartPosition.after(id), "a");
            assertThat(sink.data()).isEqualTo(HubFixture.numbers(96, 100)); // without waiting for any other thread
        }
    }

    @Test
    void severalTopicsAndPatternsAreMergedWhileMoreIsPublished() {
        Random random = new Random(31);
        try (HistoryFixture bench = new HistoryFixture(directory)) {
            String before = bench.hub.headId();
            Map<String, String> topicOf = new HashMap<>();
            List<String> all = new ArrayList<>();
            FakeSink byPattern = null;
            FakeSink byName = null;
            for (int i = 0; i < 6000; i++) {
                String topic = "t/" + (random.nextInt(10) < 7 ? 0 : random.nextInt(20));
                String data = i + " " + "x".repeat(random.nextInt(200));
                bench.publish(topic, data);
                topicOf.put(data, topic);
                all.add(data);
                if (i == 3000) {
                    byPattern = bench.open(StartPosition.after(before), "t/*", "t/1");
                    byName = bench.open(StartPosition.after(before), "t/0", "t/3", "never");
                }
                if (i > 3000 && random.nextInt(4) == 0) {
                    bench.lane.runOne();
                }
            }
            List<String> named = all.stream()
                    .filter(data -> List.of("t/0", "t/3").contains(topicOf.get(data)))
                    .toList();
            bench.untilReceived(byPattern, all.size());
            bench.untilReceived(byName, named.size());
            assertThat(byPattern.data()).isEqualTo(all);
            assertThat(byName.data()).isEqualTo(named);
            assertThat(byPattern.gaps()).isEmpty();
            assertThat(byName.gaps()).isEmpty();
        }
    }

    @Test
    void aLappedLaneContinuesFromTheHistory() {
        try (HistoryFixture bench = new HistoryFixture(directory)) {
            FakeSink sink = bench.open(StartPosition.live(), "a");
            FakeSink stalled = bench.open(StartPosition.live(), "a").stall(1);
            bench.publishMany("a", 0, 500); // the lane does not run meanwhile
            bench.untilReceived(sink, 500);
            bench.publishMany("a", 500, 600);
            bench.onLane(stalled::read);
            bench.untilReceived(stalled, 600);
            bench.untilReceived(sink, 600);
            assertThat(sink.data()).isEqualTo(HubFixture.numbers(0, 600));
            assertThat(stalled.data()).isEqualTo(HubFixture.numbers(0, 600));
            assertThat(sink.gaps()).isEmpty();
            assertThat(stalled.gaps()).isEmpty();
        }
    }

    @Test
    void anEventLargerThanAFrameIsAPageOfItsOwn() {
        try (HistoryFixture bench = new HistoryFixture(directory)) {
            String first = bench.publish("a", "0");
            bench.publish("a", "small");
            bench.publish("a", "L".repeat(300_000));
            bench.publish("a", "also small");
            bench.publishMany("a", 0, 20);
            FakeSink sink = bench.open(StartPosition.after(first), "a");
            bench.untilReceived(sink, 23);
            assertThat(sink.data().subList(0, 3)).extracting(String::length).containsExactly(5, 300_000, 10);
        }
    }

    @Test
    void replayCountsEventsInTheHistoryToo() {
        try (HistoryFixture bench = new HistoryFixture(directory)) {
            bench.publishMany("a", 0, 100);
            bench.publishMany("b", 100, 150);
            for (int count : new int[] {1, 9, 10, 11, 20, 21, 60, 149, 150, 151, StartPosition.MAX_REPLAY}) {
                FakeSink sink = bench.open(StartPosition.replay(count), "a", "b");
                bench.untilReceived(sink, Math.min(count, 150));
                assertThat(sink.data()).isEqualTo(HubFixture.numbers(Math.max(0, 150 - count), 150));
                assertThat(sink.gaps()).isEmpty();
                assertThat(sink.lastEventId()).isEqualTo(bench.hub.headId());
                FakeSink ofOne = bench.open(StartPosition.replay(count), "a", "*");
                bench.untilReceived(ofOne, Math.min(count, 150));
                assertThat(ofOne.data()).isEqualTo(HubFixture.numbers(Math.max(0, 150 - count), 150));
            }
        }
    }

    @Test
    void aClientWaitingForItsStartGetsDirectSendsAndMayLeave() {
        try (HistoryFixture bench = new HistoryFixture(directory)) {
            bench.publishMany("a", 0, 100);
            FakeSink leaves = new FakeSink(bench.hubLane, null);
            FakeSink stays = new FakeSink(bench.hubLane, null);
            bench.onLane(() -> {
                leaves.open(Selector.of("a"), StartPosition.replay(50), null);
                stays.open(Selector.of("a"), StartPosition.replay(50), null);
                assertThat(stays.offer(Event.of("direct"))).isTrue();
                leaves.close(io.sluice.sse.CloseReason.CLIENT_LEFT);
            });
            bench.publish("a", "100");
            bench.untilReceived(stays, 52);
            assertThat(stays.data()).contains("direct").endsWith("99", "100");
            assertThat(leaves.data()).isEmpty();
        }
    }

    @Test
    void topicInfosCountEventsInTheHistory() {
        try (HistoryFixture bench = new HistoryFixture(directory)) {
            String first = bench.publish("a", "0");
            bench.publishMany("a", 1, 99);
            String last = bench.publish("a", "99");
            TopicInfo info = bench.hub.topics(null, 10).get(0);
            assertThat(info.events()).isEqualTo(100);
            assertThat(info.oldestId()).isEqualTo(first);
            assertThat(info.newestId()).isEqualTo(last);
            assertThat(bench.hub.stats().events()).isEqualTo(10); // in memory
        }
    }

    /** The store has evicted all events of a topic, and the topic's next event is not stored yet. */
    @Test
    void theOldestKeptEventMayNotBeStoredYet() {
        GatedHistory history = new GatedHistory(MvStoreHistory.builder(directory)
                .sync(SyncPolicy.os())
                .totalBytes(1000)
                .build());
        try (HistoryFixture bench =
                new HistoryFixture(history, options -> options.historyEvents(1).overflow(OverflowPolicy.GAP))) {
            String before = bench.hub.headId();
            bench.publish("a", "0");
            bench.untilCommitted();
            history.appends.drainPermits();
            bench.publish("b", "L".repeat(1000));
            bench.until(history.appends::hasQueuedThreads);
            String other = bench.publish("b", "small");
            String oldest = bench.publish("a", "1");
            bench.publish("a", "2"); // the only one in the ring
            history.appends.release();
            FakeSink sink;
            try {
                bench.until(() -> bench.writer().stored() == 2);
                TopicInfo info = bench.hub.topics(null, 1).get(0);
                assertThat(info.events()).isEqualTo(2);
                assertThat(info.oldestId()).isEqualTo(oldest);
                sink = bench.open(StartPosition.after(before), "a");
                assertThat(sink.gaps()).hasSize(1);
                assertThat(sink.gaps().get(0).lastEventId()).isEqualTo(other);
            } finally {
                history.appends.release(1_000_000); // a failure must not hold up the end of the test
            }
            bench.untilReceived(sink, 2);
            assertThat(sink.data()).containsExactly("1", "2");
            assertThat(sink.gaps()).hasSize(1);
        }
    }

    @Test
    void aHistoryAndConflationCannotBeCombined() {
        assertThat(org.assertj.core.api.Assertions.catchThrowable(
                        () -> new HistoryFixture(directory, SyncPolicy.os(), options -> options.conflate("a"))))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("conflate: a (expected: no topic that conflates in a hub with a history)");
    }
}
