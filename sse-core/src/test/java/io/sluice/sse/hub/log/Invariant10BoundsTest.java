package io.sluice.sse.hub.log;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.sluice.sse.Event;
import io.sluice.sse.hub.Hub;
import io.sluice.sse.hub.HubTestAccess;
import io.sluice.sse.hub.lane.FakeSink;
import io.sluice.sse.hub.lane.HubFixture;
import io.sluice.sse.hub.lane.LaneTestAccess;
import io.sluice.sse.topic.OverflowPolicy;
import io.sluice.sse.topic.Publication;
import io.sluice.sse.topic.Published;
import io.sluice.sse.topic.StartPosition;
import io.sluice.sse.topic.TopicLimitException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Memory is bounded for the whole hub: whatever publishers and clients do, an option limits its growth. */
class Invariant10BoundsTest {

    @Test
    void aFloodOfNewTopicsIsRejectedAndABatchIsAcceptedAsAWholeOrNotAtAll() {
        try (HubFixture bench = new HubFixture(options -> options.maxTopics(100))) {
            for (int i = 0; i < 100; i++) {
                bench.publish("t/" + i, "x");
            }
            assertThatThrownBy(() -> bench.publish("one/more", "x")).hasCauseInstanceOf(TopicLimitException.class);
            assertThatThrownBy(() -> bench.hub
                            .publishAll(List.of(
                                    new Publication("t/1", Event.of("x")), new Publication("new", Event.of("x"))))
                            .toCompletableFuture()
                            .join())
                    .hasCauseInstanceOf(TopicLimitException.class);
            assertThatThrownBy(() -> bench.open(bench.sink(), StartPosition.live(), null, "t/1", "new"))
                    .isInstanceOf(TopicLimitException.class);
            assertThat(bench.hub.stats().topics()).isEqualTo(100);
            assertThat(bench.hub.stats().events()).isEqualTo(100);
        }
    }

    /** A batch is appended in one step, so what it costs under the hub's lock is bounded. */
    @Test
    void theEventsOfABatchTimesTheirTopicsAreBounded() {
        try (HubFixture bench = new HubFixture(options -> options.historyEvents(10))) {
            Publication ofFifty = Publication.of(
                    Event.of("x"),
                    IntStream.range(0, 50).mapToObj(i -> "t/" + i).toList());
            List<Publication> largest = new ArrayList<>(Collections.nCopies(Hub.MAX_BATCH / 50, ofFifty));
            assertThat(bench.hub.publishAll(largest).toCompletableFuture().join())
                    .hasSize(4_000);
            String head = bench.hub.headId();
            largest.add(new Publication("one/more", Event.of("x")));
            assertThatThrownBy(() -> bench.hub.publishAll(largest))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessage("batch: 4001 events, 200001 if each counts once for each of its topics"
                            + " (expected: at most 200000)");
            assertThat(bench.hub.headId()).as("nothing is published").isEqualTo(head);
        }
    }

    /** A topic with a long name counts more bytes than a short event. */
    @Test
    void aFloodOfLongNamesCountsTheNames() {
        try (HubFixture bench = new HubFixture(options -> options.historyTotalBytes(2 << 20))) {
            String longest = "x".repeat(230);
            for (int i = 0; i < 10_000; i++) {
                bench.publish("t/" + i + longest, "x");
            }
            assertThat(bench.hub.stats().topics()).isBetween(1_000L, 4_000L);
            bench.publish("large", "x".repeat(2 << 20));
            assertThat(bench.hub.stats().topics()).isLessThan(4_000L);
            assertThat(bench.hub.stats().events()).isPositive();
        }
    }

    @Test
    void chosenIdsCountTowardsTheBytesOfTheHub() {
        try (HubFixture bench =
                new HubFixture(options -> options.historyTotalBytes(100_000).historyEvents(10_000))) {
            for (int i = 0; i < 1_000; i++) {
                bench.publish(
                        "a", Event.builder().id(i + "x".repeat(100)).data("x").build());
            }
            assertThat(bench.hub.stats().events()).isBetween(100L, 260L);
        }
    }

    @Test
    void eventsAreBoundedByCountBytesAgeAndTheTotalOfTheHub() {
        try (HubFixture bench = new HubFixture(options -> options.historyEvents(10)
                .historyBytes(5_000)
                .historyTotalBytes(20_000)
                .historyAge(Duration.ofSeconds(1)))) {
            for (int i = 0; i < 2000; i++) {
                bench.publish("t/" + i % 37, "x".repeat(i % 800));
                assertThat(LogAssertions.totalBytes(bench.hub)).isLessThanOrEqualTo(20_000);
            }
            HubTestAccess.log(bench.hub).locked(() -> {
                HubTestAccess.log(bench.hub).topics().all().forEach(topic -> {
                    assertThat(topic.log.size()).isLessThanOrEqualTo(10);
                    assertThat(topic.log.bytes()).isLessThanOrEqualTo(5_000);
                });
                return null;
            });
            bench.assertRingsValid();
            bench.nowNanos += 2_000_000_000L;
            assertThat(bench.hub.stats().bytes()).isZero();
            assertThat(bench.hub.stats().topics()).isZero();
        }
    }

    /** The lane has not written the event of the quiet topic yet when the flood comes. */
    @Test
    void aFloodOnOneTopicDoesNotCutTheReadersOfAnother() {
        try (HubFixture bench =
                new HubFixture(options -> options.historyTotalBytes(100_000).overflow(OverflowPolicy.DISCONNECT))) {
            FakeSink quiet = bench.live("quiet");
            for (int i = 0; i < 20; i++) {
                bench.publish("quiet", "event " + i);
                for (int j = 0; j < 100; j++) {
                    bench.publish("flood", "x".repeat(5_000));
                    assertThat(LogAssertions.totalBytes(bench.hub)).isLessThanOrEqualTo(100_000);
                }
                bench.run();
            }
            assertThat(quiet.data()).hasSize(20);
            assertThat(quiet.isOpen()).isTrue();
            // Later the oldest event of the hub goes first again, whatever its topic keeps.
            bench.nowNanos += LogBounds.SPARED_NANOS;
            for (int j = 0; j < 100; j++) {
                bench.publish("flood", "x".repeat(5_000));
            }
            assertThat(bench.open(StartPosition.replay(100), "quiet").data()).isEmpty();
        }
    }

    @Test
    void anEventLargerThanEveryBoundIsKeptAlone() {
        try (HubFixture bench =
                new HubFixture(options -> options.historyBytes(100).historyTotalBytes(200))) {
            bench.publish("a", "x");
            bench.publish("b", "x".repeat(10_000));
            assertThat(bench.hub.stats().events()).isEqualTo(1);
            assertThat(bench.open(StartPosition.replay(5), "**").data()).hasSize(1);
        }
    }

    @Test
    void aThousandStalledSinksCostNoFurtherMemoryWhateverIsPublished() {
        try (HubFixture bench = new HubFixture(options -> options.historyEvents(10))) {
            for (int i = 0; i < 1000; i++) {
                FakeSink sink = bench.live("a");
                bench.onLane(() -> sink.stall(1));
            }
            bench.publish("a", "first");
            bench.run();
            int inFlight = bench.framer().inFlight();
            bench.publishMany("a", 0, 2000);
            bench.run();
            assertThat(inFlight).isEqualTo(1);
            assertThat(bench.framer().alive()).isEqualTo(1);
            assertThat(bench.hub.stats().events()).isEqualTo(10);
        }
    }

    // ---- a flood of new topics

    private static final int FLOOD = 300_000;
    private static final int REFUSALS = 100_000;

    /** Far below what 300,000 topics would retain, and below their smallest possible remains. */
    private static final long RETAINED = 24 << 20;

    private enum Listeners {
        NONE,
        /** Clients that never read subscribe to patterns that match every topic, on a lane that runs. */
        STALLED,
        /** The same topics conflate as well. */
        STALLED_AND_CONFLATING
    }

    @ParameterizedTest
    @EnumSource
    void aFloodOfNewTopicsStaysWithinTheBytesOfTheHub(Listeners listeners) {
        long before = retained();
        try (HubFixture bench = new HubFixture(options -> {
            options.historyTotalBytes(1 << 20).maxTopics(20_000).overflow(OverflowPolicy.GAP);
            if (listeners == Listeners.STALLED_AND_CONFLATING) {
                options.conflate("flood/**").historyAge(Duration.ofSeconds(1));
            }
        })) {
            List<FakeSink> stalled = new ArrayList<>();
            if (listeners != Listeners.NONE) {
                for (String pattern : new String[] {"**", "flood/*", "*/*"}) {
                    FakeSink sink = bench.live(pattern);
                    bench.onLane(() -> sink.stall(1));
                    stalled.add(sink);
                }
            }
            for (int i = 0; i < FLOOD; i++) {
                bench.publish(
                        "flood/" + i, Event.builder().data("some data").key("k").build());
                if (i % 1000 == 0) {
                    bench.advance(TimeUnit.MILLISECONDS.toNanos(10)); // half of the events expire into tables
                    assertWithinBounds(bench);
                }
            }
            assertWithinBounds(bench);
            assertThat(retained() - before).as("retained heap").isLessThan(RETAINED);
            bench.onLane(() -> stalled.forEach(FakeSink::read));
            bench.run();
            assertThat(stalled).allSatisfy(sink -> {
                assertThat(sink.gaps()).isNotEmpty();
                assertThat(LaneTestAccess.isBehind(sink)).isFalse();
            });
        }
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void newTopicsAboveTheLimitAreRejectedUntilIdleOnesAreForgotten(boolean subscribed) {
        long before = retained();
        try (HubFixture bench = new HubFixture(options -> options.maxTopics(500).historyAge(Duration.ofSeconds(1)))) {
            if (subscribed) {
                FakeSink sink = bench.live("**");
                bench.onLane(() -> sink.full(true));
            }
            int taken = 0;
            int refusedTooSoon = 0;
            for (int i = 0; i < REFUSALS; i++) {
                CompletionStage<Published> published = bench.hub.publish("flood/" + i, Event.of("x"));
                if (published.toCompletableFuture().isCompletedExceptionally()) {
                    refusedTooSoon += topics(bench) < 500 ? 1 : 0;
                } else {
                    taken++;
                }
                if (i % 2_000 == 1_999) {
                    bench.advance(TimeUnit.MILLISECONDS.toNanos(1_200));
                    assertThat(topics(bench)).isZero();
                }
            }
            assertThat(refusedTooSoon).isZero();
            assertThat(taken).isEqualTo(REFUSALS / 4);
            assertWithinBounds(bench);
            assertThat(retained() - before).as("retained heap").isLessThan(RETAINED);
        }
    }

    private static int topics(HubFixture bench) {
        return HubTestAccess.log(bench.hub)
                .locked(() -> HubTestAccess.log(bench.hub).topics().size());
    }

    private static void assertWithinBounds(HubFixture bench) {
        HubLog log = HubTestAccess.log(bench.hub);
        log.locked(() -> {
            assertThat(log.bounds().totalBytes()).isLessThanOrEqualTo(1 << 20);
            assertThat(log.topics().size()).isLessThanOrEqualTo(20_000);
            assertThat(log.topics().removedFloors().size()).isLessThanOrEqualTo(RemovedTopicFloors.MAX_NAMES);
            return null;
        });
    }

    /** The minimum of several readings, because a collection may have been running. */
    private static long retained() {
        long least = Long.MAX_VALUE;
        for (int i = 0; i < 4; i++) {
            System.gc();
            Runtime runtime = Runtime.getRuntime();
            least = Math.min(least, runtime.totalMemory() - runtime.freeMemory());
        }
        return least;
    }
}
