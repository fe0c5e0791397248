package io.sluice.sse.hub;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.sluice.sse.Event;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Memory is bounded hub-wide: nothing that a publisher or a client does grows without a limit that an option names. */
class Invariant10BoundsTest {

    @Test
    void aFloodOfNewTopicsIsRefusedAndABatchIsTakenWholeOrNotAtAll() {
        try (Bench bench = new Bench(options -> options.maxTopics(100))) {
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
            assertThatThrownBy(() -> bench.open(bench.sink(), Start.live(), null, "t/1", "new"))
                    .isInstanceOf(TopicLimitException.class);
            assertThat(bench.hub.stats().topics()).isEqualTo(100);
            assertThat(bench.hub.stats().events()).isEqualTo(100);
        }
    }

    @Test
    void countBytesAgeAndTheTotalOfTheHubBoundWhatIsKept() {
        try (Bench bench = new Bench(options -> options.historyEvents(10)
                .historyBytes(5_000)
                .historyTotalBytes(20_000)
                .historyAge(Duration.ofSeconds(1)))) {
            for (int i = 0; i < 2000; i++) {
                bench.publish("t/" + i % 37, "x".repeat(i % 800));
                assertThat(bench.hub.log().bounds.totalBytes()).isLessThanOrEqualTo(20_000);
            }
            bench.hub.log().locked(() -> {
                bench.hub.log().topics.all().forEach(topic -> {
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

    @Test
    void anEventLargerThanEveryBoundIsKeptAlone() {
        try (Bench bench = new Bench(options -> options.historyBytes(100).historyTotalBytes(200))) {
            bench.publish("a", "x");
            bench.publish("b", "x".repeat(10_000));
            assertThat(bench.hub.stats().events()).isEqualTo(1);
            assertThat(bench.open(Start.replay(5), "**").data()).hasSize(1);
        }
    }

    @Test
    void aThousandStalledSinksCostNothingMoreWhateverIsPublished() {
        try (Bench bench = new Bench(options -> options.historyEvents(10))) {
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
}
