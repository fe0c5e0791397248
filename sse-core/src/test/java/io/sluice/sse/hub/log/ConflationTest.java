package io.sluice.sse.hub.log;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import io.sluice.sse.CloseReason;
import io.sluice.sse.Event;
import io.sluice.sse.hub.Hub;
import io.sluice.sse.hub.HubBuilder;
import io.sluice.sse.hub.HubTestAccess;
import io.sluice.sse.hub.lane.FakeSink;
import io.sluice.sse.hub.lane.HubFixture;
import io.sluice.sse.hub.lane.HubLane;
import io.sluice.sse.hub.lane.LaneTestAccess;
import io.sluice.sse.topic.OverflowPolicy;
import io.sluice.sse.topic.StartPosition;
import io.sluice.sse.topic.TopicInfo;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * In a topic that conflates, the latest event of each key survives its eviction from the ring. Other lost events are a
 * gap.
 */
class ConflationTest {

    private static Consumer<HubBuilder> ring(int events) {
        return options ->
                options.historyEvents(events).conflate("p/*").conflate("p").overflow(OverflowPolicy.GAP);
    }

    private static String publish(HubFixture bench, String topic, String key, String data) {
        Event.Builder event = Event.builder().data(data);
        if (key != null) {
            event.key(key);
        }
        return bench.publish(topic, event.build()).id();
    }

    private static ConflationTable table(HubFixture bench, String topic) {
        return ((ConflatedLog) LogAssertions.topic(bench.hub, topic).log).table();
    }

    // ---- what survives

    @Test
    void theLatestEventOfEachKeyIsReplayedInOrderOfPublication() {
        try (HubFixture bench = new HubFixture(ring(2))) {
            for (String each : List.of("a1", "b1", "c1", "a2", "d1", "c2", "a3")) {
                publish(bench, "p", each.substring(0, 1), each);
            }
            assertThat(bench.open(StartPosition.replay(100), "p").data()).containsExactly("b1", "d1", "c2", "a3");
            assertThat(bench.open(StartPosition.replay(1), "p").data()).containsExactly("b1", "d1", "c2", "a3");
            assertThat(table(bench, "p").size()).isEqualTo(2);
            assertThat(bench.hub.topics(null, 1).get(0))
                    .extracting(TopicInfo::events, TopicInfo::oldestId)
                    .containsExactly(
                            4, HubTestAccess.core(bench.hub).sequencer().idOf(2));
        }
    }

    @Test
    void aReconnectingClientGetsNewEventsAndNoGapForSupersededOnes() {
        try (HubFixture bench = new HubFixture(ring(1))) {
            String first = publish(bench, "p", "a", "a1");
            publish(bench, "p", "b", "b1");
            String third = publish(bench, "p", "a", "a2");
            publish(bench, "p", "c", "c1");
            FakeSink back = bench.open(StartPosition.after(first), "p");
            assertThat(back.gaps()).isEmpty();
            assertThat(back.data()).containsExactly("b1", "a2", "c1");
            assertThat(bench.open(StartPosition.after(third), "p").data()).containsExactly("c1");
        }
    }

    @Test
    void aClientThatFellBehindGetsTheLatestEventOfEachKeyAndNoGap() {
        try (HubFixture bench = new HubFixture(ring(5))) {
            FakeSink slow = bench.live("p/1", "p/2", "other");
            bench.onLane(() -> slow.full(true));
            for (int i = 0; i < 500; i++) {
                publish(bench, "p/" + (1 + i % 2), "k" + i % 20, Integer.toString(i));
                if (i % 50 == 0) {
                    bench.run();
                }
            }
            bench.publish("other", "x");
            bench.onLane(() -> slow.full(false));
            bench.run();
            assertThat(slow.gaps()).isEmpty();
            List<String> expected = new ArrayList<>();
            for (int i = 480; i < 500; i++) {
                expected.add(Integer.toString(i));
            }
            expected.add("x");
            assertThat(slow.data()).isEqualTo(expected);
            assertThat(LaneTestAccess.isBehind(slow)).isFalse();
        }
    }

    @Test
    void aTableLargerThanAFrameIsReadInPages() {
        try (HubFixture bench = new HubFixture(ring(3))) {
            List<String> expected = new ArrayList<>();
            for (int i = 0; i < 2000; i++) {
                expected.add(i + "x".repeat(i % 100));
                publish(bench, "p", "k" + i, expected.get(i));
            }
            bench.framer().frameSizes().clear();
            FakeSink sink = bench.open(StartPosition.replay(5000), "p");
            assertThat(sink.data()).isEqualTo(expected);
            assertThat(bench.framer().frameSizes()).hasSizeGreaterThan(4).allMatch(size -> size <= HubLane.FRAME_BYTES);
        }
    }

    @Test
    void anEventThatDoesNotFitAfterThoseOfTheTableIsInTheNextFrame() {
        try (HubFixture bench = new HubFixture(ring(1))) {
            publish(bench, "p", "a", "a");
            publish(bench, "p", "b", "x".repeat(HubLane.FRAME_BYTES - 60));
            bench.framer().frameSizes().clear();
            FakeSink sink = bench.open(StartPosition.replay(2), "p");
            assertThat(sink.data()).hasSize(2);
            assertThat(bench.framer().frameSizes()).allMatch(size -> size <= HubLane.FRAME_BYTES);
        }
    }

    @Test
    void clientsAtTheHeadShareOneFrameAlthoughTheRingHasLappedTheirLane() {
        try (HubFixture bench = new HubFixture(ring(2))) {
            List<FakeSink> sinks = new ArrayList<>();
            for (int i = 0; i < 100; i++) {
                sinks.add(bench.live("p"));
            }
            bench.framer().resetCounts();
            for (int i = 0; i < 50; i++) {
                publish(bench, "p", "k" + i % 5, Integer.toString(i));
            }
            bench.run();
            assertThat(bench.framer().framings()).isEqualTo(1);
            assertThat(sinks).allSatisfy(sink -> {
                assertThat(sink.data()).containsExactly("45", "46", "47", "48", "49");
                assertThat(sink.gaps()).isEmpty();
            });
        }
    }

    // ---- what is a gap

    @Test
    void evictedEventsWithoutAKeyAreMissed() {
        try (HubFixture bench = new HubFixture(ring(1))) {
            String first = publish(bench, "p", "a", "a1");
            String second = publish(bench, "p", null, "plain");
            publish(bench, "p", "b", "b1");
            FakeSink missed = bench.open(StartPosition.after(first), "p");
            assertThat(missed.gaps()).hasSize(1);
            assertThat(missed.data()).containsExactly("b1");
            assertThat(bench.open(StartPosition.after(second), "p").gaps()).isEmpty();
        }
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void eventsBeyondTheBoundsOfTheTableAreMissed(boolean byKeys) {
        try (HubFixture bench = new HubFixture(options -> {
            ring(1).accept(options);
            if (byKeys) {
                options.conflationKeys(2);
            } else {
                options.conflationBytes(600);
            }
        })) {
            List<String> ids = new ArrayList<>();
            for (String key : List.of("a", "b", "c", "d")) {
                ids.add(publish(bench, "p", key, key)); // about 250 bytes each
            }
            FakeSink missed = bench.open(StartPosition.after(new EventIds(7).text(0)), "p");
            assertThat(missed.gaps()).hasSize(1);
            assertThat(missed.data()).containsExactly("b", "c", "d");
            FakeSink whole = bench.open(StartPosition.after(ids.get(0)), "p");
            assertThat(whole.gaps()).isEmpty();
            assertThat(whole.data()).containsExactly("b", "c", "d");
            assertThat(table(bench, "p").keys()).isEqualTo(3);
        }
    }

    @Test
    void aNewEventOfAKeyEvictsNoOtherKey() {
        try (HubFixture bench = new HubFixture(options -> {
            ring(1).accept(options);
            options.conflationKeys(1);
        })) {
            publish(bench, "p", "a", "a1");
            publish(bench, "p", "b", "b1"); // a1 is in the table now
            publish(bench, "p", "b", "b2"); // b1 is evicted, and must not take a1's place first
            FakeSink sink = bench.open(StartPosition.after(new EventIds(7).text(0)), "p");
            assertThat(sink.gaps()).isEmpty();
            assertThat(sink.data()).containsExactly("a1", "b2");
        }
    }

    @Test
    void anEvictedStateIsNoGapForAClientThatHasSeenIt() {
        try (HubFixture bench = new HubFixture(options -> {
            ring(2).accept(options);
            options.conflationKeys(2);
        })) {
            FakeSink slow = bench.live("p");
            publish(bench, "p", "a", "a1");
            bench.run();
            bench.onLane(() -> slow.full(true));
            publish(bench, "p", null, "lost");
            publish(bench, "p", "b", "b1");
            publish(bench, "p", "c", "c1");
            bench.run();
            bench.onLane(() -> slow.stall(1));
            bench.onLane(() -> slow.full(false));
            bench.run(); // the gap for "lost" is written, and the position is after it
            publish(bench, "p", "d", "d1");
            publish(bench, "p", "e", "e1"); // evicts a1, which the client has received
            bench.onLane(slow::read);
            bench.run();
            assertThat(slow.gaps()).hasSize(1);
            assertThat(slow.data()).containsExactly("a1", "b1", "c1", "d1", "e1");
        }
    }

    @Test
    void anEvictionAfterAReportedGapIsAnotherGap() {
        try (HubFixture bench = new HubFixture(options -> {
            ring(2).accept(options);
            options.conflationKeys(2);
        })) {
            FakeSink slow = bench.live("p");
            bench.onLane(() -> slow.full(true));
            publish(bench, "p", "a", "a1");
            publish(bench, "p", null, "lost");
            publish(bench, "p", "b", "b1");
            publish(bench, "p", "c", "c1");
            bench.run();
            bench.onLane(() -> slow.stall(1));
            bench.onLane(() -> slow.full(false));
            bench.run(); // according to the gap, a1 is the next event
            publish(bench, "p", "d", "d1");
            publish(bench, "p", "e", "e1"); // evicts a1, which the client has not received
            bench.onLane(slow::read);
            bench.run();
            assertThat(slow.gaps()).hasSize(2);
            assertThat(slow.data()).containsExactly("b1", "c1", "d1", "e1");
        }
    }

    // ---- bounds

    @Test
    void theTotalBytesBoundTablesTooAndTheOldestIsEvictedFirst() {
        try (HubFixture bench = new HubFixture(options -> {
            ring(1).accept(options);
            options.historyTotalBytes(3_000);
        })) {
            publish(bench, "p/1", "a", "a1");
            publish(bench, "p/1", "b", "b1"); // a1 is in the table
            bench.publish("plain", "x");
            long before = bench.hub.stats().bytes();
            bench.publish("big", "x".repeat((int) (3_000 - before - 200)));
            assertThat(bench.hub.stats().events()).isEqualTo(4);
            bench.publish("plain/2", "x".repeat(200));
            assertThat(bench.hub.stats().bytes()).isLessThanOrEqualTo(3_000);
            assertThat(table(bench, "p/1").size())
                    .as("the oldest event of the hub was evicted")
                    .isZero();
            FakeSink sink = bench.open(StartPosition.after(new EventIds(7).text(0)), "p/1");
            assertThat(sink.gaps()).hasSize(1);
            assertThat(sink.data()).containsExactly("b1");
            for (int i = 0; i < 5000; i++) {
                publish(bench, "p/" + i % 50, "k" + i, "x".repeat(i % 300));
                assertThat(LogAssertions.totalBytes(bench.hub)).isLessThanOrEqualTo(3_000);
            }
        }
    }

    @Test
    void anEventEvictedFromTheRingByTheTotalBytesDoesNotMoveToTheTable() {
        try (HubFixture bench = new HubFixture(options -> {
            ring(10).accept(options);
            options.historyTotalBytes(1_000);
        })) {
            publish(bench, "p", "a", "a1");
            bench.publish("big", "x".repeat(900));
            assertThat(bench.hub.stats().events()).isEqualTo(1);
            assertThat(bench.hub.topics(null, 9)).extracting(TopicInfo::name).containsExactly("big");
            assertThat(bench.open(StartPosition.after(new EventIds(7).text(0)), "p")
                            .gaps())
                    .hasSize(1);
        }
    }

    @Test
    void theLatestEventOfAKeyDoesNotAge() {
        try (HubFixture bench = new HubFixture(options -> {
            ring(100).accept(options);
            options.historyAge(Duration.ofSeconds(1));
        })) {
            String first = publish(bench, "p", "a", "a1");
            publish(bench, "p", "a", "a2");
            publish(bench, "p", "b", "b1");
            bench.advance(TimeUnit.SECONDS.toNanos(5));
            assertThat(bench.hubTimers()).as("nothing is left that can expire").isZero();
            FakeSink back = bench.open(StartPosition.after(first), "p");
            assertThat(back.gaps()).isEmpty();
            assertThat(back.data()).containsExactly("a2", "b1");
            publish(bench, "p", "c", "c1");
            bench.publish("plain", "x");
            bench.advance(TimeUnit.SECONDS.toNanos(5));
            assertThat(bench.hub.topics(null, 10)).extracting(TopicInfo::name).containsExactly("p");
            assertThat(bench.open(StartPosition.replay(9), "p/*", "p").data()).containsExactly("a2", "b1", "c1");
        }
    }

    @Test
    void aChosenIdCanBeResumedFromTheTableAndIsFreeWhenSuperseded() {
        try (HubFixture bench = new HubFixture(ring(1))) {
            Event mine = Event.builder().id("mine").key("a").data("a1").build();
            bench.publish("p", mine);
            publish(bench, "p", "b", "b1");
            assertThat(bench.publish("p", mine).duplicate()).isTrue();
            assertThat(bench.open(StartPosition.after("mine"), "p").data()).containsExactly("b1");
            publish(bench, "p", "a", "a2");
            assertThat(bench.publish("p", mine).duplicate()).isFalse();
        }
    }

    @Test
    void topicsThatDoNotConflateHaveNoOverhead() {
        try (HubFixture bench = new HubFixture(ring(2))) {
            publish(bench, "plain", "a", "x");
            TopicLog log = LogAssertions.topic(bench.hub, "plain").log;
            assertThat(log).isExactlyInstanceOf(TopicLog.class);
            assertThat(log.oldest()).isExactlyInstanceOf(LogEntry.class);
        }
    }

    @Test
    void anInvalidOptionIsNamed() {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> Hub.builder().conflate("a*"))
                .withMessageStartingWith("conflate: ")
                .withMessageContaining("a*");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> Hub.builder().conflationKeys(0))
                .withMessage("conflationKeys: 0 (expected: from 1 to 268435456)");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> Hub.builder().conflationBytes(0))
                .withMessage("conflationBytes: 0 (expected: at least 1)");
    }

    // ---- with overflow

    @ParameterizedTest
    @EnumSource
    void theOverflowPolicyAppliesToMissedEvents(OverflowPolicy policy) {
        try (HubFixture bench = new HubFixture(options -> {
            ring(1).accept(options);
            options.overflow("p", policy);
        })) {
            FakeSink slow = bench.live("p");
            bench.onLane(() -> slow.full(true));
            publish(bench, "p", "a", "a1");
            publish(bench, "p", null, "lost");
            publish(bench, "p", "b", "b1");
            bench.run();
            bench.onLane(() -> slow.full(false));
            bench.run();
            switch (policy) {
                case DISCONNECT -> assertThat(slow.endReason()).isEqualTo(CloseReason.SLOW_CONSUMER);
                case GAP -> assertThat(slow.data()).containsExactly("a1", "b1");
                case LATEST -> assertThat(slow.data()).isEmpty();
            }
            assertThat(slow.gaps()).hasSize(policy == OverflowPolicy.DISCONNECT ? 0 : 1);
        }
    }
}
