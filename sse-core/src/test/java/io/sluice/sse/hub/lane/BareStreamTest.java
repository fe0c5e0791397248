package io.sluice.sse.hub.lane;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.sluice.sse.CloseReason;
import io.sluice.sse.ClosedException;
import io.sluice.sse.Event;
import io.sluice.sse.Heartbeat;
import io.sluice.sse.history.MvStoreHistory;
import io.sluice.sse.history.SyncPolicy;
import io.sluice.sse.test.ReceivedEvent;
import io.sluice.sse.topic.OverflowPolicy;
import io.sluice.sse.topic.StartPosition;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** A bare stream has the events of the application and nothing else. Other options of a sink are tested here, too. */
class BareStreamTest {

    private static final long SECOND = TimeUnit.SECONDS.toNanos(1);
    private static final SinkOptions BARE = SinkOptions.DEFAULT.bare(null);
    private static final Event FIRST = Event.of("");

    private static FakeSink open(HubFixture bench, SinkOptions options, StartPosition start, String... terms) {
        FakeSink sink = bench.sink();
        sink.options = options;
        bench.open(sink, start, null, terms);
        bench.run();
        return sink;
    }

    @Test
    void itHasNoBlockOfTheHub() {
        try (HubFixture bench = new HubFixture(options -> {}, 1, LaneOptions.DEFAULT)) {
            FakeSink sink = open(bench, BARE, StartPosition.live(), "a");
            bench.publish("b", "elsewhere");
            bench.advance(120 * SECOND);
            assertThat(sink.text()).isEmpty();
            String id = bench.publish("a", "x");
            bench.run();
            bench.onLane(sink::complete);
            assertThat(sink.text()).isEqualTo("id: " + id + "\ndata: x\n\n");
            assertThat(sink.endReason()).isEqualTo(CloseReason.SOURCE_COMPLETED);
            assertThat(sink.endedOrderly()).isTrue();
        }
    }

    @Test
    void itsRouteMayAskForHeartbeatsWhichCarryNoPosition() {
        try (HubFixture bench = new HubFixture(options -> {}, 1, HubFixture.QUIET)) {
            Heartbeat beat = Heartbeat.comment().every(Duration.ofSeconds(8));
            FakeSink bare = open(bench, BARE.withHeartbeat(beat), StartPosition.live(), "a");
            FakeSink usual = open(bench, SinkOptions.DEFAULT.withHeartbeat(beat), StartPosition.live(), "a");
            bench.publish("b", "elsewhere");
            bench.advance(7 * SECOND);
            assertThat(bare.text()).isEmpty();
            bench.advance(2 * SECOND);
            assertThat(bare.text()).isEqualTo(":\n");
            assertThat(usual.text()).contains(":\nid: ");
        }
    }

    @Test
    void itsFirstEventHasThePositionUnlessItHasAnIdOfItsOwn() {
        try (HubFixture bench = new HubFixture()) {
            String head = bench.publish("a", "before");
            FakeSink sink = open(bench, SinkOptions.DEFAULT.bare(FIRST), StartPosition.live(), "a");
            assertThat(sink.text()).isEqualTo("id: " + head + "\ndata: \n\n");
            Event own = FIRST.toBuilder().id("own").build();
            assertThat(open(bench, SinkOptions.DEFAULT.bare(own), StartPosition.live(), "a")
                            .text())
                    .isEqualTo("id: own\ndata: \n\n");
            FakeSink withoutTopics = bench.sink();
            withoutTopics.options = SinkOptions.DEFAULT.bare(FIRST);
            bench.open(withoutTopics, StartPosition.live(), null);
            assertThat(withoutTopics.text()).isEqualTo("data: \n\n");
        }
    }

    @Test
    void aTopicThatItSubscribesToLaterSendsNoPosition() {
        try (HubFixture bench = new HubFixture()) {
            FakeSink sink = bench.sink();
            sink.options = BARE;
            bench.open(sink, StartPosition.live(), null);
            bench.subscribe(sink, "a");
            bench.run();
            assertThat(sink.text()).isEmpty();
            bench.publish("a", "x");
            bench.run();
            assertThat(sink.data()).containsExactly("x");
        }
    }

    @Test
    void aGapAtItsBeginningIsNoStream() {
        try (HubFixture bench = new HubFixture()) {
            assertThatThrownBy(() -> open(bench, BARE, StartPosition.after("unknown"), "a"))
                    .isInstanceOfSatisfying(
                            ClosedException.class,
                            closed -> assertThat(closed.reason()).isEqualTo(CloseReason.SLOW_CONSUMER));
            assertThat(bench.hub.stats().gaps()).isOne();
        }
    }

    @ParameterizedTest
    @EnumSource(OverflowPolicy.class)
    void aGapLaterCutsItWhateverThePolicyIs(OverflowPolicy policy) {
        try (HubFixture bench =
                new HubFixture(options -> options.historyEvents(10).overflow(policy))) {
            FakeSink sink = open(bench, BARE, StartPosition.live(), "a");
            bench.onLane(sink::stall);
            for (int i = 0; i < 30; i++) {
                bench.publish("a", "x" + i);
                bench.run();
            }
            bench.onLane(sink::read);
            bench.run();
            assertThat(sink.endReason()).isEqualTo(CloseReason.SLOW_CONSUMER);
            assertThat(sink.endedOrderly()).isFalse();
            assertThat(sink.events()).extracting(ReceivedEvent::type).doesNotContain("gap", "end");
        }
    }

    @Test
    void theEndOfItsTopicIsTheEndOfTheResponse() {
        try (HubFixture bench = new HubFixture()) {
            FakeSink sink = open(bench, BARE, StartPosition.live(), "a");
            bench.hub.end("a", Event.of("[DONE]")).toCompletableFuture().join();
            bench.run();
            assertThat(sink.endReason()).isEqualTo(CloseReason.TOPIC_ENDED);
            assertThat(sink.endedOrderly()).isTrue();
            assertThat(sink.text()).endsWith("data: [DONE]\n\n");
        }
    }

    @Test
    void aHistoryThatAnswersLateSendsTheFirstEventWithThePosition(@TempDir Path directory) {
        MvStoreHistory history = MvStoreHistory.builder(directory)
                .sync(SyncPolicy.os())
                .age(Duration.ofDays(36_000))
                .build();
        try (HubFixture bench =
                new HubFixture(options -> options.history(history).historyEvents(10))) {
            bench.publish("a", "one");
            bench.publish("a", "two");
            FakeSink sink = bench.sink();
            sink.options = SinkOptions.DEFAULT.bare(FIRST);
            bench.open(sink, StartPosition.replay(1), null, "a");
            await().pollInSameThread().until(() -> {
                bench.run();
                return sink.text().contains("data: two");
            });
            String[] blocks = sink.text().split("\n\n");
            assertThat(blocks).hasSize(2);
            assertThat(blocks[0]).endsWith("\ndata: ");
            assertThat(sink.text()).startsWith("id: ").doesNotContain("retry");
        }
    }

    @Test
    void aLifetimeOfItsOwn() {
        try (HubFixture bench = new HubFixture()) {
            SinkOptions minute = SinkOptions.DEFAULT.withMaxLifetime(Duration.ofMinutes(1));
            FakeSink sink = open(bench, minute, StartPosition.live(), "a");
            FakeSink other = bench.live("a");
            bench.advance(50 * SECOND);
            assertThat(sink.endReason()).isNull();
            bench.advance(20 * SECOND);
            assertThat(sink.endReason()).isEqualTo(CloseReason.LIFETIME_ENDED);
            assertThat(other.endReason()).isNull();
        }
    }

    @Test
    void withoutRetryTheFirstBlockHasThePositionAlone() {
        try (HubFixture bench = new HubFixture()) {
            FakeSink sink = open(bench, SinkOptions.DEFAULT.withoutRetry(), StartPosition.live(), "a");
            assertThat(sink.text()).matches("id: \\S+\n\n");
            FakeSink withoutTopics = bench.sink();
            withoutTopics.options = SinkOptions.DEFAULT.withoutRetry();
            bench.open(withoutTopics, StartPosition.live(), null);
            assertThat(withoutTopics.text()).isEmpty();
        }
    }

    @Test
    void aNamedHeartbeatContainsItsOwnInterval() {
        try (HubFixture bench = new HubFixture()) {
            Heartbeat beat = Heartbeat.event("alive").every(Duration.ofSeconds(4));
            FakeSink sink = open(bench, SinkOptions.DEFAULT.withHeartbeat(beat), StartPosition.live(), "a");
            bench.advance(5 * SECOND);
            assertThat(sink.data()).containsExactly("{\"interval\":4000}");
        }
    }

    @Test
    void valuesAreChecked() {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> Heartbeat.comment().every(Duration.ofMillis(999)))
                .withMessage("heartbeat interval: PT0.999S (expected: 0 for none, or from 1 second to 365 days)");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> SinkOptions.DEFAULT.withMaxLifetime(Duration.ofDays(366)))
                .withMessage("maxLifetime: PT8784H (expected: 0 for no end, or from 1 second to 365 days)");
        assertThat(Heartbeat.event("beat")
                        .every(Duration.ofSeconds(2))
                        .atFixedRate()
                        .toString())
                .isEqualTo("event beat at a fixed rate every PT2S");
    }
}
