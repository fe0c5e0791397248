package io.sluice.sse.hub.log;

import static org.assertj.core.api.Assertions.assertThat;

import io.sluice.sse.Event;
import io.sluice.sse.history.MvStoreHistory;
import io.sluice.sse.history.StoreClock;
import io.sluice.sse.history.SyncPolicy;
import io.sluice.sse.hub.HubBuilder;
import io.sluice.sse.hub.HubTestAccess;
import io.sluice.sse.hub.lane.FakeSink;
import io.sluice.sse.hub.lane.HubFixture;
import io.sluice.sse.hub.lane.LaneTestAccess;
import io.sluice.sse.test.ReceivedEvent;
import io.sluice.sse.topic.OverflowPolicy;
import io.sluice.sse.topic.Selector;
import io.sluice.sse.topic.StartPosition;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Replay since a time, when most kept events are only in the history, and some were evicted from it too. */
class HistorySinceTest {

    private static final Duration SECOND = Duration.ofSeconds(1);
    private static final Instant BEGIN = Instant.parse("2026-11-21T10:00:00Z");

    @TempDir
    Path directory;

    /** The wall clock, and with it the clock of the hub; the writer reads both. */
    private volatile Instant now = BEGIN;

    /** How far the wall clock is wrong. */
    private volatile Duration wrong = Duration.ZERO;

    private GatedHistory history;

    /** A failure while the history is blocked must not block the end of the test. */
    private void heldBack(Runnable work) {
        history.reads.drainPermits();
        try {
            work.run();
        } finally {
            history.reads.release(1_000_000);
        }
    }

    private HistoryFixture open(int stored, Consumer<HubBuilder> options) {
        // The store uses this clock too: by the real clock, these events would be too old some day.
        history = new GatedHistory(StoreClock.turn(
                        MvStoreHistory.builder(directory).sync(SyncPolicy.os()).events(stored), () -> now)
                .build());
        return new HistoryFixture(history, hub -> {
            hub.historyEvents(5);
            HubTestAccess.clock(hub, () -> Duration.between(BEGIN, now).toNanos());
            HubTestAccess.wallClock(hub, () -> now.plus(wrong));
            options.accept(hub);
        });
    }

    private HistoryFixture open(int stored) {
        return open(stored, options -> {});
    }

    /** Publishes one event each second, the first one now, to these topics in rotation. */
    private void publish(HistoryFixture bench, int from, int to, String... topics) {
        for (int i = from; i < to; i++) {
            bench.publish(topics[i % topics.length], Integer.toString(i));
            bench.untilStored(); // the writer sets the time of the event
            now = now.plus(SECOND);
        }
    }

    private static Instant second(long number) {
        return BEGIN.plusSeconds(number);
    }

    private static FakeSink since(HistoryFixture bench, Instant time, String... terms) {
        FakeSink sink = bench.open(StartPosition.since(time), terms);
        bench.until(() -> !LaneTestAccess.isBehind(sink));
        return sink;
    }

    private static void assertContinues(HistoryFixture bench, FakeSink sink, int from, int to, boolean isGap) {
        assertThat(sink.data()).isEqualTo(HubFixture.numbers(from, to));
        assertThat(sink.gaps()).hasSize(isGap ? 1 : 0);
        if (isGap) {
            ReceivedEvent gap = sink.events().get(0);
            assertThat(gap.type()).isEqualTo("gap");
            assertThat(gap.data()).contains("\"reason\":\"evicted\",\"lastEventId\":null");
            assertThat(gap.data()).contains("\"resumeId\":\"" + gap.lastEventId() + "\"");
            assertThat(gap.lastEventId())
                    .isEqualTo(HubTestAccess.core(bench.hub).sequencer().idOf(from)); // the position before
        }
    }

    @Test
    void eventsInTheRingNeedNoRead() {
        try (HistoryFixture bench = open(1000)) {
            publish(bench, 0, 20, "a");
            FakeSink older = new FakeSink(bench.hubLane, null);
            heldBack(() -> {
                bench.onLane(() -> older.open(Selector.of("a"), StartPosition.since(second(14)), null));
                FakeSink all = bench.open(StartPosition.since(second(15)), "a");
                assertThat(all.data()).isEqualTo(HubFixture.numbers(15, 20));
                assertThat(bench.open(StartPosition.since(second(14).plusMillis(1)), "a")
                                .data())
                        .isEqualTo(HubFixture.numbers(15, 20));
                assertThat(bench.open(StartPosition.since(second(18)), "a").data())
                        .isEqualTo(HubFixture.numbers(18, 20));
                assertThat(bench.open(StartPosition.since(Instant.MAX), "a").data())
                        .isEmpty();
                assertThat(LaneTestAccess.isAwaitingStart(older)).isTrue();
                assertThat(older.data()).isEmpty();
            });
            bench.untilReceived(older, 6);
            assertContinues(bench, older, 14, 20, false);
        }
    }

    @Test
    void olderEventsAreReadFromTheHistoryToTheMillisecond() {
        try (HistoryFixture bench = open(1000)) {
            publish(bench, 0, 40, "a", "b");
            for (int from : new int[] {0, 1, 9, 30, 33, 34, 35, 39}) {
                assertContinues(bench, since(bench, second(from), "a", "b"), from, 40, false);
                assertContinues(bench, since(bench, second(from), "**"), from, 40, false);
                assertContinues(bench, since(bench, second(from).plusMillis(1), "**"), from + 1, 40, false);
            }
            assertContinues(bench, since(bench, Instant.MIN, "**"), 0, 40, false);
            assertContinues(bench, since(bench, BEGIN.minusSeconds(1), "a", "b"), 0, 40, false);
            FakeSink ofOne = since(bench, second(20), "b");
            assertThat(ofOne.data()).hasSize(10).startsWith("21", "23");
        }
    }

    @Test
    void aGapIsSentExactlyWhenAnEventOfThatTimeIsEvictedFromTheStore() {
        try (HistoryFixture bench = open(10)) {
            publish(bench, 0, 30, "a"); // 20 to 29 are in the store
            assertSinceTheStoreBegins(bench);
        }
        try (HistoryFixture bench = open(10)) {
            assertSinceTheStoreBegins(bench);
            publish(bench, 30, 31, "a");
            assertContinues(bench, since(bench, second(20), "a"), 21, 31, true);
            assertContinues(bench, since(bench, second(20).plusMillis(1), "a"), 21, 31, false);
        }
    }

    private static void assertSinceTheStoreBegins(HistoryFixture bench) {
        bench.untilCommitted();
        assertContinues(bench, since(bench, second(19).plusMillis(1), "a"), 20, 30, false);
        assertContinues(bench, since(bench, second(20), "a"), 20, 30, false);
        assertContinues(bench, since(bench, second(25), "a"), 25, 30, false);
        assertContinues(bench, since(bench, second(29).plusMillis(1), "a"), 30, 30, false);
        for (Instant lost : new Instant[] {second(19), second(19).minusNanos(1), BEGIN, Instant.EPOCH, Instant.MIN}) {
            assertContinues(bench, since(bench, lost, "a"), 20, 30, true);
        }
    }

    /** Times are stored in milliseconds: a client that requests the exact time of an evicted event gets a gap. */
    @Test
    void aRequestForTheExactTimeOfAnEvictedEventGetsAGap() {
        now = BEGIN.plusNanos(600_700);
        try (HistoryFixture bench = open(3)) {
            publish(bench, 0, 10, "a");
            bench.untilCommitted();
            Instant ofLost = BEGIN.plusNanos(600_700).plusSeconds(6);
            assertContinues(bench, since(bench, ofLost, "a"), 7, 10, true);
            assertContinues(bench, since(bench, ofLost.plusMillis(1), "a"), 7, 10, false);
        }
    }

    @ParameterizedTest
    @EnumSource(OverflowPolicy.class)
    void afterAGapTheStreamContinuesByItsPolicy(OverflowPolicy policy) {
        try (HistoryFixture bench = open(10, options -> options.overflow(policy))) {
            publish(bench, 0, 30, "a");
            bench.untilCommitted();
            FakeSink sink = since(bench, second(3), "a");
            assertThat(sink.endReason()).isNull();
            boolean latest = policy == OverflowPolicy.LATEST;
            assertContinues(bench, sink, latest ? 30 : 20, 30, true);
            assertContinues(bench, since(bench, second(22), "a"), 22, 30, false);
        }
    }

    /** While the history is read, it may evict the requested events. */
    @ParameterizedTest
    @EnumSource(OverflowPolicy.class)
    void eventsEvictedWhileTheHistoryIsReadAreAGap(OverflowPolicy policy) {
        try (HistoryFixture bench = open(10, options -> options.overflow(policy))) {
            publish(bench, 0, 10, "a");
            FakeSink loses = new FakeSink(bench.hubLane, null);
            FakeSink keeps = new FakeSink(bench.hubLane, null);
            heldBack(() -> {
                bench.onLane(() -> loses.open(Selector.of("a"), StartPosition.since(BEGIN), null));
                bench.onLane(() -> keeps.open(Selector.of("a"), StartPosition.since(second(3)), null));
                publish(bench, 10, 12, "a");
                bench.untilCommitted();
            });
            bench.until(() -> !LaneTestAccess.isBehind(loses) && !LaneTestAccess.isBehind(keeps));
            assertContinues(bench, keeps, 3, 12, false);
            assertContinues(bench, loses, policy == OverflowPolicy.LATEST ? 12 : 2, 12, true);
        }
    }

    @Test
    void noClientStartsBeforeTheLossOfAnUncleanStop() {
        Path after = directory.resolve("after");
        try (HistoryFixture bench = new HistoryFixture(directory.resolve("before"))) {
            bench.publishMany("a", 0, 20);
            bench.untilStored();
            bench.untilCommitted();
            HistoryFixture.copy(directory.resolve("before"), after);
        }
        try (HistoryFixture bench = new HistoryFixture(after)) {
            String head = bench.hub.headId();
            Instant later = Instant.now().plusSeconds(3600);
            FakeSink sink = since(bench, later, "a");
            assertThat(sink.lastEventId()).isEqualTo(head);
            assertThat(bench.open(StartPosition.after(sink.lastEventId()), "a").gaps())
                    .isEmpty();
            bench.publish("a", Event.of("next"));
            bench.lane.runAll();
            assertThat(sink.data()).containsExactly("next");
        }
    }

    /** The times of a history rise, so the wrong time would be given to every later event. */
    @Test
    void aWallClockThatIsAheadForAMomentGivesNoEventItsTime() {
        try (HistoryFixture bench = open(1_000)) {
            publish(bench, 0, 5, "a");
            wrong = Duration.ofDays(8);
            publish(bench, 5, 10, "a");
            wrong = Duration.ZERO;
            publish(bench, 10, 30, "a");
            assertContinues(bench, since(bench, second(12), "a"), 12, 30, false);
        }
    }

    @Test
    void aChangeOfTheWallClockCountsAfterTenMinutes() {
        try (HistoryFixture bench = open(1_000)) {
            publish(bench, 0, 5, "a");
            wrong = Duration.ofDays(8); // the machine slept, for example
            publish(bench, 5, 10, "a");
            now = now.plus(Duration.ofMinutes(10));
            publish(bench, 10, 30, "a");
            Instant changed = second(10).plus(Duration.ofMinutes(10)).plus(wrong);
            assertContinues(bench, since(bench, changed, "a"), 10, 30, false);
        }
    }
}
