package io.sluice.sse.hub.lane;

import static org.assertj.core.api.Assertions.assertThat;

import io.sluice.sse.CloseReason;
import io.sluice.sse.Event;
import io.sluice.sse.hub.log.TestIds;
import io.sluice.sse.topic.OverflowPolicy;
import io.sluice.sse.topic.Published;
import io.sluice.sse.topic.StartPosition;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Which missed events a client receives after it has stopped reading or has reconnected. */
class CatchUpTest {

    // ---- clients that are behind

    @Test
    void aSinkThatStopsReadingFallsBehindAndCatchesUpInOrder() {
        try (HubFixture bench = new HubFixture()) {
            FakeSink slow = bench.live("a", "b");
            FakeSink quick = bench.live("a", "b");
            bench.onLane(() -> slow.stall(10));
            for (int i = 0; i < 500; i++) {
                bench.publish(i % 2 == 0 ? "a" : "b", Integer.toString(i));
                if (i % 7 == 0) {
                    bench.run();
                }
            }
            bench.run();
            assertThat(slow.pendingBytes()).isLessThan(100);
            assertThat(quick.data()).isEqualTo(HubFixture.numbers(0, 500));
            bench.onLane(slow::read);
            bench.run();
            assertThat(slow.data()).isEqualTo(HubFixture.numbers(0, 500));
            assertThat(slow.state().isBehind()).isFalse();
        }
    }

    @ParameterizedTest
    @EnumSource
    void theOverflowPolicyAppliesToALappedSink(OverflowPolicy policy) {
        try (HubFixture bench =
                new HubFixture(options -> options.historyEvents(10).overflow(policy))) {
            FakeSink slow = bench.live("a");
            bench.onLane(() -> slow.full(true));
            bench.publishMany("a", 0, 30);
            bench.run();
            bench.onLane(() -> slow.full(false));
            bench.run();
            switch (policy) {
                case DISCONNECT -> {
                    assertThat(slow.endReason()).isEqualTo(CloseReason.SLOW_CONSUMER);
                    FakeSink back = bench.open(StartPosition.after(slow.lastEventId()), "a");
                    assertThat(back.gaps()).hasSize(1);
                    assertThat(back.data()).isEqualTo(HubFixture.numbers(20, 30));
                }
                case GAP -> {
                    assertThat(slow.gaps()).hasSize(1);
                    assertThat(slow.data()).isEqualTo(HubFixture.numbers(20, 30));
                }
                case LATEST -> {
                    assertThat(slow.gaps()).hasSize(1);
                    bench.publish("a", "30");
                    bench.run();
                    assertThat(slow.data()).containsExactly("30");
                }
            }
        }
    }

    @Test
    void afterAGapALaterEvictionInAnotherTopicIsAnotherGap() {
        try (HubFixture bench =
                new HubFixture(options -> options.historyEvents(3).overflow(OverflowPolicy.GAP))) {
            FakeSink slow = bench.live("a", "b");
            bench.onLane(() -> slow.full(true));
            bench.publishMany("b", 0, 3);
            bench.publishMany("a", 0, 6);
            bench.run();
            bench.onLane(() -> slow.stall(1));
            bench.onLane(() -> slow.full(false));
            bench.run();
            bench.publishMany("b", 3, 6); // b's first events are evicted, below the reported floor of a
            bench.run();
            bench.onLane(slow::read);
            bench.run();
            assertThat(slow.gaps()).hasSize(2);
        }
    }

    @Test
    void theMemoryOfAStalledSinkDoesNotGrow() {
        try (HubFixture bench = new HubFixture(options -> options.historyEvents(10))) {
            FakeSink slow = bench.live("a");
            bench.onLane(() -> slow.stall(100));
            bench.publishMany("a", 0, 10);
            bench.run();
            long pending = slow.pendingBytes();
            int writes = slow.writes;
            int frames = bench.framer().inFlight();
            bench.publishMany("a", 10, 5000);
            bench.run();
            assertThat(slow.pendingBytes()).isEqualTo(pending);
            assertThat(slow.writes).isEqualTo(writes);
            assertThat(bench.framer().inFlight()).isEqualTo(frames);
        }
    }

    // ---- resume

    @Test
    void resumeAfterTheNewestGetsNothingAndNoGap() {
        try (HubFixture bench = new HubFixture(options -> options.historyEvents(3))) {
            bench.publishMany("a", 0, 50);
            FakeSink sink = bench.open(StartPosition.after(bench.hub.headId()), "a");
            assertThat(sink.events()).isEmpty();
        }
    }

    @Test
    void resumeJustBeforeTheOldestKeptGetsAllAndOneEarlierGetsAGap() {
        try (HubFixture bench = new HubFixture(options -> options.historyEvents(3))) {
            List<String> ids = new ArrayList<>();
            for (int i = 0; i < 50; i++) {
                ids.add(bench.publish("a", Integer.toString(i)));
            }
            FakeSink whole = bench.open(StartPosition.after(ids.get(46)), "a");
            assertThat(whole.gaps()).isEmpty();
            assertThat(whole.data()).isEqualTo(HubFixture.numbers(47, 50));
            FakeSink gapped = bench.open(StartPosition.after(ids.get(45)), "a");
            assertThat(gapped.gaps()).hasSize(1);
            assertThat(gapped.gaps().get(0).data())
                    .isEqualTo("{\"reason\":\"evicted\",\"lastEventId\":\"" + ids.get(45) + "\",\"resumeId\":\""
                            + ids.get(46) + "\"}");
            assertThat(gapped.data()).isEqualTo(HubFixture.numbers(47, 50));
        }
    }

    @Test
    void unknownIdsAreGapsAndEverythingKeptFollows() {
        try (HubFixture bench = new HubFixture()) {
            bench.publishMany("a", 0, 5);
            record Case(String id, String reason) {}
            for (Case odd : List.of(
                    new Case(TestIds.id(8, 2), "foreign"),
                    new Case(TestIds.id(7, 6), "ahead"),
                    new Case("what\"ever", "unknown"),
                    new Case("", "unknown"))) {
                FakeSink sink = bench.open(StartPosition.after(odd.id), "a");
                assertThat(sink.gaps()).hasSize(1);
                assertThat(sink.gaps().get(0).data()).contains("\"reason\":\"" + odd.reason + "\"");
                assertThat(sink.data()).isEqualTo(HubFixture.numbers(0, 5));
            }
        }
    }

    @Test
    void aChosenIdCanBeResumedWhileItsEventIsKept() {
        try (HubFixture bench = new HubFixture(options -> options.historyEvents(3))) {
            bench.publish("a", Event.builder().id("mine").data("0").build());
            assertThat(bench.publish(
                            "a", Event.builder().id("mine").data("again").build()))
                    .isEqualTo(new Published("mine", "a", true));
            assertThat(bench.publish(
                            "b", Event.builder().id("mine").data("elsewhere").build()))
                    .as("the topic of the first event, not the requested one")
                    .isEqualTo(new Published("mine", "a", true));
            bench.publishMany("a", 1, 3);
            FakeSink sink = bench.open(StartPosition.after("mine"), "a");
            assertThat(sink.gaps()).isEmpty();
            assertThat(sink.data()).isEqualTo(HubFixture.numbers(1, 3));
            bench.publish("a", "3");
            assertThat(bench.open(StartPosition.after("mine"), "a").gaps()).hasSize(1);
        }
    }

    @Test
    void replaySendsTheLastKeptEventsOfTheWholeSelector() {
        try (HubFixture bench = new HubFixture(options -> options.historyEvents(5))) {
            for (int i = 0; i < 40; i++) {
                bench.publish(List.of("a/1", "a/2", "b", "other").get(i % 4), Integer.toString(i));
            }
            FakeSink sink = bench.open(StartPosition.replay(4), "a/*", "a/1", "b");
            assertThat(sink.data()).containsExactly("34", "36", "37", "38");
            assertThat(sink.gaps()).isEmpty();
            assertThat(bench.open(StartPosition.replay(1000), "b").data())
                    .containsExactly("22", "26", "30", "34", "38");
        }
    }

    @Test
    void aClientThatHasSeenAllGetsNoGapWhateverWasEvictedSince() {
        try (HubFixture bench =
                new HubFixture(options -> options.historyEvents(2).historyAge(Duration.ofSeconds(1)))) {
            String[][] selectors = {{"a/1"}, {"a/1", "a/2"}, {"a/*"}, {"**", "a/1"}};
            List<FakeSink> sinks = new ArrayList<>();
            for (String[] terms : selectors) {
                sinks.add(bench.live(terms));
            }
            for (int i = 0; i < 20; i++) {
                bench.publish("a/" + (1 + i % 2), Integer.toString(i));
                bench.run();
            }
            sinks.forEach(sink -> bench.onLane(() -> sink.close(CloseReason.RESET)));
            bench.run();
            bench.advance(TimeUnit.SECONDS.toNanos(5));
            bench.hub.stats(); // evicts expired events, and with them the topics
            assertThat(bench.hub.topics(null, 10)).isEmpty();
            for (int i = 0; i < selectors.length; i++) {
                FakeSink back = bench.open(StartPosition.after(sinks.get(i).lastEventId()), selectors[i]);
                assertThat(back.gaps()).as("%s", List.of(selectors[i])).isEmpty();
            }
            bench.publish("a/1", "born again");
            bench.run();
            bench.hubLane()
                    .forEachSink(sink -> assertThat(((FakeSink) sink).data()).containsExactly("born again"));
            FakeSink before = bench.open(StartPosition.after(TestIds.id(7, 3)), "a/*");
            assertThat(before.gaps()).as("a position before an eviction").hasSize(1);
        }
    }
}
