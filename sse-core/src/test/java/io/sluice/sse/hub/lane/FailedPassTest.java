package io.sluice.sse.hub.lane;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.sluice.sse.CloseReason;
import io.sluice.sse.topic.StartPosition;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Failures while a lane frames and writes: no memory for a frame, or a pass that is aborted. */
class FailedPassTest {

    @Test
    void withoutMemoryForAFrameOneSinkEndsAndTheOthersReceiveTheirEvents() {
        try (HubFixture bench = new HubFixture()) {
            List<FakeSink> sinks = new ArrayList<>();
            for (int i = 0; i < 5; i++) {
                sinks.add(bench.live("a"));
            }
            bench.framer().failNext = true;
            bench.publish("a", "1");
            bench.publish("a", "2");
            bench.run();
            assertThat(sinks.stream().filter(sink -> sink.endReason() == CloseReason.RESET))
                    .hasSize(1);
            assertThat(sinks.stream().filter(sink -> sink.endReason() == null))
                    .hasSize(4)
                    .allSatisfy(sink -> assertThat(sink.data()).containsExactly("1", "2"));
        }
    }

    @Test
    void aLaneThatLosesManySinksLogsOneLineASecond() {
        try (HubFixture bench = new HubFixture();
                LogLines lines = LogLines.of(HubLane.class)) {
            for (int i = 0; i < 50; i++) {
                bench.live("a");
                bench.framer().failNext = true;
                bench.publish("a", "1");
                bench.run();
            }
            assertThat(lines.all()).hasSize(1);
            bench.lane().advance(Duration.ofSeconds(2));
            bench.live("a");
            bench.framer().failNext = true;
            bench.publish("a", "1");
            bench.run();
            assertThat(lines.all()).hasSize(2);
            assertThat(lines.all().get(1)).contains("(and 49 more since the last line)");
        }
    }

    @Test
    void withoutMemoryForAHeartbeatTheTickerContinues() {
        try (HubFixture bench = new HubFixture(o -> {}, 1, HubFixture.QUIET.withHeartbeat(Duration.ofSeconds(8)))) {
            FakeSink one = bench.live("a");
            FakeSink two = bench.live("a");
            bench.lane().advance(Duration.ofNanos(TimeUnit.SECONDS.toNanos(7)));
            bench.framer().failNext = true;
            bench.advance(TimeUnit.SECONDS.toNanos(2));
            bench.advance(TimeUnit.SECONDS.toNanos(20));
            FakeSink stays = one.endReason() == null ? one : two;
            FakeSink failed = stays == one ? two : one;
            assertThat(failed.endReason()).isEqualTo(CloseReason.RESET);
            assertThat(stays.comments().size()).isGreaterThan(1);
        }
    }

    @Test
    void withoutMemoryForTheFirstBlockNothingIsLeftOver() {
        try (HubFixture bench = new HubFixture()) {
            FakeSink sink = bench.sink();
            bench.framer().failNext = true;
            assertThatThrownBy(() -> bench.open(sink, StartPosition.live(), null, "a"))
                    .hasMessageContaining("no memory");
            bench.onLane(() -> sink.close(CloseReason.REJECTED));
            bench.run();
            assertThat(bench.hub.ledger().isZero()).isTrue();
            assertThat(bench.hub.subscribers("a")).isZero();
        }
    }

    /**
     * A turn fails after its pass has yielded, outside the work for one sink. No other code posts a turn then, so the
     * lane would stop forever. Sinks that were already written to are not written to again.
     */
    @ParameterizedTest
    @ValueSource(ints = {1, 2})
    void aFailedTurnIsFollowedByAnother(int topics) {
        try (HubFixture bench = new HubFixture()) {
            String[] terms = {"a", "b"};
            List<FakeSink> sinks = new ArrayList<>();
            for (int i = 0; i < 500; i++) {
                sinks.add(bench.live(terms));
            }
            bench.lane().nanosPerLook(1_500_000);
            for (int i = 0; i < topics; i++) {
                bench.publish(terms[i], "before");
            }
            for (int turn = 0; turn < 4; turn++) {
                bench.lane().runOne();
            }
            long written = sinks.stream().filter(sink -> !sink.data().isEmpty()).count();
            assertThat(written).as("the pass has yielded").isBetween(1L, 499L);
            bench.publish("a", "meanwhile");
            bench.framer().failNextSweep = true;
            bench.lane().runOne();
            assertThat(bench.framer().failNextSweep).isFalse();
            bench.run();
            bench.publish("b", "after");
            bench.run();
            List<String> expected = new ArrayList<>();
            for (int i = 0; i < topics; i++) {
                expected.add("before");
            }
            expected.addAll(List.of("meanwhile", "after"));
            for (FakeSink sink : sinks) {
                assertThat(sink.data()).isEqualTo(expected);
            }
        }
    }

    /** The last step of a pass fails after all sinks were written to. */
    @Test
    void aPassThatFailsAtItsEndIsNotRepeated() {
        try (HubFixture bench = new HubFixture()) {
            FakeSink one = bench.live("a", "b");
            FakeSink two = bench.live("a");
            bench.publish("a", "0");
            bench.run();
            String id = bench.publish("a", "1");
            bench.publish("b", "2");
            bench.framer().failDoneOf("id: " + id + "\ndata: 1\n\n");
            bench.run();
            bench.publish("a", "3");
            bench.run();
            assertThat(bench.framer().failsDone()).as("still to fail").isFalse();
            assertThat(one.data()).containsExactly("0", "1", "2", "3");
            assertThat(two.data()).containsExactly("0", "1", "3");
        }
    }
}
