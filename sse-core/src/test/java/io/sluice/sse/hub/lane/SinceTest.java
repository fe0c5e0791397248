package io.sluice.sse.hub.lane;

import static org.assertj.core.api.Assertions.assertThat;

import io.sluice.sse.Event;
import io.sluice.sse.hub.Hub;
import io.sluice.sse.hub.HubTestAccess;
import io.sluice.sse.topic.OverflowPolicy;
import io.sluice.sse.topic.Selector;
import io.sluice.sse.topic.StartPosition;
import java.time.Duration;
import java.time.Instant;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Replay since a time: every kept event of the selection from then on, and a gap exactly when one was evicted. */
class SinceTest {

    private static void second(HubFixture bench) {
        bench.nowNanos += TimeUnit.SECONDS.toNanos(1);
        bench.wallTime = bench.wallTime.plusSeconds(1);
    }

    /** Publishes one event each second, the first one now, to these topics in rotation. */
    private static Instant publish(HubFixture bench, int count, String... topics) {
        Instant first = bench.wallTime;
        for (int i = 0; i < count; i++) {
            bench.publish(topics[i % topics.length], "n" + i);
            second(bench);
        }
        return first;
    }

    @Test
    void eventsPublishedThenOrLaterAreReplayedWithoutAGap() {
        try (HubFixture bench = new HubFixture()) {
            Instant first = publish(bench, 6, "a", "b", "a/c");
            Instant third = first.plusSeconds(2);
            assertThat(bench.open(StartPosition.since(third), "a", "b").data()).containsExactly("n3", "n4");
            assertThat(bench.open(StartPosition.since(third), "**").data()).containsExactly("n2", "n3", "n4", "n5");
            assertThat(bench.open(StartPosition.since(third.plusMillis(1)), "**")
                            .data())
                    .as("just after an event")
                    .containsExactly("n3", "n4", "n5");
            FakeSink all = bench.open(StartPosition.since(first), "**");
            assertThat(all.data()).hasSize(6);
            assertThat(all.gaps()).isEmpty();
        }
    }

    @Test
    void sinceATimeBeforeTheFirstEventReplaysAllWithoutAGap() {
        try (HubFixture bench = new HubFixture()) {
            publish(bench, 3, "a");
            for (Instant longAgo : new Instant[] {Instant.EPOCH, Instant.MIN, bench.wallTime.minusSeconds(9)}) {
                FakeSink sink = bench.open(StartPosition.since(longAgo), "a");
                assertThat(sink.data()).containsExactly("n0", "n1", "n2");
                assertThat(sink.gaps()).isEmpty();
            }
        }
    }

    @Test
    void sinceATimeInTheFutureStartsLive() {
        try (HubFixture bench = new HubFixture()) {
            publish(bench, 3, "a");
            for (Instant later : new Instant[] {bench.wallTime, bench.wallTime.plusSeconds(60), Instant.MAX}) {
                FakeSink sink = bench.open(StartPosition.since(later), "a");
                assertThat(sink.data()).isEmpty();
                bench.publish("a", "now");
                bench.run();
                assertThat(sink.data()).containsExactly("now");
                second(bench);
            }
        }
    }

    @Test
    void aGapIsSentExactlyWhenAnEventOfThatTimeIsLost() {
        try (HubFixture bench = new HubFixture(options -> options.historyEvents(3))) {
            Instant first = publish(bench, 10, "a", "b");
            // a keeps n4 n6 n8, b keeps n5 n7 n9.
            FakeSink just = bench.open(StartPosition.since(first.plusMillis(2001)), "a");
            assertThat(just.gaps()).as("n2 is older than that").isEmpty();
            assertThat(just.data()).containsExactly("n4", "n6", "n8");
            FakeSink lost = bench.open(StartPosition.since(first.plusSeconds(2)), "a");
            assertThat(lost.gaps()).hasSize(1);
            assertThat(lost.gaps().get(0).data()).contains("\"reason\":\"evicted\",\"lastEventId\":null");
            assertThat(lost.data()).containsExactly("n4", "n6", "n8");
            FakeSink ofOther = bench.open(StartPosition.since(first.plusSeconds(3)), "a", "b");
            assertThat(ofOther.gaps()).as("n3 of b").hasSize(1);
            assertThat(ofOther.data()).containsExactly("n4", "n5", "n6", "n7", "n8", "n9");
        }
    }

    @Test
    void aResumeWithTheIdOfTheFirstBlockGetsTheSameEvents() {
        try (HubFixture bench = new HubFixture(options -> options.historyEvents(3))) {
            Instant first = publish(bench, 10, "a", "b");
            for (long millis = 0; millis < 10_000; millis += 500) {
                StartPosition since = StartPosition.since(first.plusMillis(millis));
                FakeSink cut = bench.sink();
                bench.open(cut, since, null, "a", "b"); // the lane has not run: only the first block is there
                FakeSink back = bench.open(StartPosition.after(cut.lastEventId()), "a", "b");
                assertThat(back.data())
                        .containsExactlyElementsOf(bench.open(since, "a", "b").data());
                if (cut.gaps().isEmpty()) {
                    assertThat(back.gaps()).as("since %s ms", millis).isEmpty();
                }
            }
        }
    }

    @Test
    void aForgottenTopicRemembersWhenItsLastEventWasEvicted() {
        try (HubFixture bench = new HubFixture(options -> options.historyAge(Duration.ofSeconds(5)))) {
            Instant first = publish(bench, 1, "gone/1");
            for (int i = 0; i < 10; i++) {
                second(bench);
            }
            bench.hub.stats(); // evicts what is too old
            assertThat(bench.hub.topics(null, 9)).isEmpty();
            for (String term : new String[] {"gone/1", "gone/*", "**"}) {
                assertThat(bench.open(StartPosition.since(first), term).gaps())
                        .as(term)
                        .hasSize(1);
                assertThat(bench.open(StartPosition.since(first.plusMillis(1)), term)
                                .gaps())
                        .as(term)
                        .isEmpty();
            }
            assertThat(bench.open(StartPosition.since(first), "gone/2").gaps()).isEmpty();
        }
    }

    @Test
    void keptStateIsReplayedAndSupersededEventsAreNoGap() {
        try (HubFixture bench =
                new HubFixture(options -> options.historyEvents(2).conflate("a"))) {
            Instant first = bench.wallTime;
            for (String key : new String[] {"x", "y", "x", "z", "z"}) {
                bench.publish("a", Event.builder().data(key).key(key).build());
                second(bench);
            }
            // In the ring: z z. In the table: y, x.
            FakeSink sink = bench.open(StartPosition.since(first.plusSeconds(1)), "a");
            assertThat(sink.data()).containsExactly("y", "x", "z", "z");
            assertThat(sink.gaps()).isEmpty();
            assertThat(bench.open(StartPosition.since(first.plusSeconds(2)), "a")
                            .data())
                    .containsExactly("x", "z", "z");
            assertThat(bench.open(StartPosition.since(first.plusSeconds(4)), "a")
                            .data())
                    .containsExactly("z");
        }
    }

    @ParameterizedTest
    @EnumSource(OverflowPolicy.class)
    void afterAGapTheStreamContinuesByItsPolicy(OverflowPolicy policy) {
        try (HubFixture bench =
                new HubFixture(options -> options.historyEvents(2).overflow(policy))) {
            Instant first = publish(bench, 4, "a");
            FakeSink sink = bench.open(StartPosition.since(first), "a");
            assertThat(sink.endReason()).isNull();
            assertThat(sink.gaps()).hasSize(1);
            if (policy == OverflowPolicy.LATEST) {
                assertThat(sink.data()).isEmpty();
                assertThat(sink.lastEventId()).isEqualTo(bench.hub.headId());
            } else {
                assertThat(sink.data()).containsExactly("n2", "n3");
            }
            Selector own = Selector.of("a").withOverflow(OverflowPolicy.LATEST);
            assertThat(bench.open(StartPosition.since(first), own).data()).isEmpty();
        }
    }

    @Test
    void afterAClockCorrectionTimesAreReadByTheNewClock() {
        try (HubFixture bench = new HubFixture()) {
            bench.wallTime = Instant.EPOCH; // as on a machine whose clock is not set yet
            publish(bench, 3, "a");
            bench.wallTime = Instant.parse("2026-11-21T10:00:00Z");
            assertThat(bench.open(StartPosition.since(bench.wallTime.minusSeconds(2)), "a")
                            .data())
                    .containsExactly("n1", "n2");
        }
    }

    @Test
    void timesAreThoseOfTheWallClock() {
        Hub hub = Hub.create();
        long before = System.nanoTime();
        long now = HubTestAccess.log(hub).nanosAt(Instant.now());
        assertThat(now)
                .isBetween(before - TimeUnit.MINUTES.toNanos(1), System.nanoTime() + TimeUnit.MINUTES.toNanos(1));
    }
}
