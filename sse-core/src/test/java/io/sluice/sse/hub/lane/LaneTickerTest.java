package io.sluice.sse.hub.lane;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.tuple;

import io.sluice.sse.CloseReason;
import io.sluice.sse.Event;
import io.sluice.sse.Heartbeat;
import io.sluice.sse.test.ReceivedEvent;
import io.sluice.sse.topic.StartPosition;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

/** Stalls and maximum lifetimes, on a clock that the test controls. */
class LaneTickerTest {

    private static final long SECOND = TimeUnit.SECONDS.toNanos(1);
    private static final LaneOptions BEAT_8 = HubFixture.QUIET.withHeartbeat(Duration.ofSeconds(8));
    private static final LaneOptions TIMEOUT_20 = HubFixture.QUIET.withWriteTimeout(Duration.ofSeconds(20));

    /** The whole process was suspended: a client that could not be served meanwhile does not count as stalled. */
    @Test
    void afterAPauseOnlyClientsSeenNotToMoveAreClosed() {
        try (HubFixture bench = new HubFixture(options -> {}, 1, TIMEOUT_20)) {
            FakeSink healthy = bench.live("a");
            FakeSink stuck = bench.live("a");
            bench.onLane(() -> healthy.stall(100_000));
            bench.onLane(() -> stuck.stall(100_000));
            bench.publish("a", "x");
            bench.advance(5 * SECOND);

            bench.lane().pause(Duration.ofNanos(60 * SECOND));
            bench.advance(1); // the late tick
            assertThat(healthy.endReason()).isNull();
            bench.onLane(healthy::read); // the lane handles I/O again
            bench.advance(4 * SECOND);
            assertThat(stuck.endReason()).as("9 s, less than half of the 20 s").isNull();
            bench.advance(2 * SECOND);
            assertThat(stuck.endReason()).isEqualTo(CloseReason.WRITE_TIMEOUT);
            assertThat(healthy.endReason()).isNull();
        }
    }

    @Test
    void aClientAboutToBeClosedIsCheckedOnceMoreAfterAPause() {
        try (HubFixture bench = new HubFixture(options -> {}, 1, TIMEOUT_20)) {
            FakeSink sink = bench.live("a");
            bench.onLane(() -> sink.stall(100_000));
            bench.publish("a", "x");
            bench.advance(20 * SECOND);
            assertThat(sink.endReason()).isNull();
            bench.lane().pause(Duration.ofNanos(30 * SECOND));
            bench.advance(1);
            assertThat(sink.endReason()).as("in the first tick after the pause").isNull();
            bench.onLane(sink::read);
            bench.advance(10 * SECOND);
            assertThat(sink.endReason()).isNull();
        }
    }

    /** A lane so busy that each tick is late must not keep its stalled clients forever. */
    @Test
    void aLaneThatIsAlwaysLateClosesItsStalledClients() {
        try (HubFixture bench = new HubFixture(options -> {}, 1, TIMEOUT_20)) {
            FakeSink sink = bench.live("a");
            bench.onLane(() -> sink.stall(100_000));
            bench.publish("a", "x");
            bench.run();
            for (int i = 0; i < 40; i++) {
                bench.lane().pause(Duration.ofNanos(3 * SECOND));
                bench.advance(1);
            }
            assertThat(sink.endReason()).isEqualTo(CloseReason.WRITE_TIMEOUT);
        }
    }

    /** The kernel has accepted all bytes, so nothing is pending, but the client's host no longer acknowledges them. */
    @Test
    void aClientThatAcknowledgesNothingForTheWriteTimeoutIsClosed() {
        try (HubFixture bench = new HubFixture(options -> {}, 1, TIMEOUT_20)) {
            FakeSink sink = bench.live("a");
            bench.advance(100 * SECOND);
            long cut = bench.lane().nanoTime();
            // Its last acknowledgement is old, since it was sent nothing before.
            sink.unacknowledged = () -> 50 * SECOND + bench.lane().nanoTime() - cut;
            bench.advance(20 * SECOND);
            assertThat(sink.endReason()).as("within the write timeout").isNull();
            bench.advance(6 * SECOND);
            assertThat(sink.endReason()).as("a quarter of the timeout later").isEqualTo(CloseReason.WRITE_TIMEOUT);
        }
    }

    @Test
    void aClientThatAcknowledgesBytesNowAndThenStays() {
        try (HubFixture bench = new HubFixture(options -> {}, 1, TIMEOUT_20)) {
            FakeSink busy = bench.live("a");
            FakeSink probed = bench.live("a");
            busy.unacknowledged = () -> 15 * SECOND; // bytes are always in flight, and some are always acknowledged
            AtomicInteger checks = new AtomicInteger();
            probed.unacknowledged = () -> checks.getAndIncrement() % 2 == 0 ? 100 * SECOND : 0; // a probe in flight
            bench.advance(200 * SECOND);
            assertThat(busy.endReason()).isNull();
            assertThat(probed.endReason()).isNull();
            assertThat(checks.get())
                    .as("a few system calls for each write timeout")
                    .isBetween(70, 81);
        }
    }

    @Test
    void withoutAWriteTimeoutMissingAcknowledgementsAreIgnored() {
        try (HubFixture bench = new HubFixture(options -> {}, 1, TIMEOUT_20.withWriteTimeout(Duration.ZERO))) {
            FakeSink sink = bench.live("a");
            sink.unacknowledged = () -> 100 * SECOND;
            bench.advance(200 * SECOND);
            assertThat(sink.endReason()).isNull();
        }
    }

    @Test
    void lifetimesEndAtRandomMomentsWithinATenthOfTheMaximum() {
        LaneOptions lifetime = HubFixture.QUIET.withMaxLifetime(Duration.ofSeconds(1000));
        try (HubFixture bench = new HubFixture(options -> {}, 1, lifetime)) {
            List<FakeSink> sinks = new ArrayList<>();
            for (int i = 0; i < 1000; i++) {
                FakeSink sink = bench.sink();
                bench.open(sink, StartPosition.live(), null, "a");
                sinks.add(sink);
            }
            bench.run();
            bench.advance(899 * SECOND);
            assertThat(sinks).allSatisfy(sink -> assertThat(sink.endReason()).isNull());
            int before = 0;
            for (int second = 900; second < 1100; second += 20) {
                bench.advance(20 * SECOND);
                int ended = (int)
                        sinks.stream().filter(sink -> sink.endReason() != null).count();
                assertThat(ended - before).as("ended from second %s", second).isBetween(50, 150);
                before = ended;
            }
            bench.advance(2 * SECOND);
            assertThat(sinks).allSatisfy(sink -> {
                assertThat(sink.endReason()).isEqualTo(CloseReason.LIFETIME_ENDED);
                assertThat(sink.endedOrderly()).isTrue();
            });
        }
    }

    @Test
    void aBusyClientReachesItsMaximumLifetimeTooAndLosesNothing() {
        LaneOptions lifetime = HubFixture.QUIET.withMaxLifetime(Duration.ofSeconds(10));
        try (HubFixture bench = new HubFixture(options -> {}, 1, lifetime)) {
            FakeSink first = bench.live("a");
            for (int i = 0; first.endReason() == null && i < 20; i++) {
                bench.publish("a", Event.of(Integer.toString(i)));
                bench.advance(SECOND);
            }
            assertThat(first.endReason()).isEqualTo(CloseReason.LIFETIME_ENDED);
            int seen = first.data().size();
            bench.publish("a", Integer.toString(seen));
            FakeSink second = bench.open(StartPosition.after(first.lastEventId()), "a");
            assertThat(second.data()).containsExactly(Integer.toString(seen));
            assertThat(second.gaps()).isEmpty();
        }
    }

    @Test
    void aNamedHeartbeatContainsItsIntervalAndOtherClientsGetAComment() {
        try (HubFixture bench = new HubFixture(options -> {}, 1, BEAT_8)) {
            FakeSink named = beating(bench, Heartbeat.event("alive"));
            FakeSink plain = beating(bench, Heartbeat.comment());
            FakeSink named2 = beating(bench, Heartbeat.event("alive"));
            bench.publish("elsewhere", "x");
            bench.advance(9 * SECOND);
            for (FakeSink sink : List.of(named, named2)) {
                assertThat(sink.events())
                        .extracting(ReceivedEvent::type, ReceivedEvent::data)
                        .containsExactly(tuple("alive", "{\"interval\":8000}"));
                assertThat(sink.lastEventId()).isEqualTo(bench.hub.headId());
                assertThat(sink.comments()).isEmpty();
            }
            assertThat(plain.events()).isEmpty();
            assertThat(plain.comments()).hasSize(1);
            assertThat(plain.lastEventId()).isEqualTo(bench.hub.headId());
        }
    }

    @Test
    void aFixedRateHeartbeatIsSentToBusyClientsToo() {
        try (HubFixture bench = new HubFixture(options -> {}, 1, BEAT_8)) {
            FakeSink fixed = beating(bench, Heartbeat.comment().atFixedRate());
            FakeSink silentOnly = beating(bench, Heartbeat.comment());
            for (int second = 1; second <= 84; second++) {
                bench.publish("a", "x");
                bench.advance(SECOND);
            }
            assertThat(silentOnly.comments()).isEmpty();
            assertThat(fixed.comments()).hasSize(10);
            assertThat(fixed.data()).hasSize(84);
        }
    }

    @Test
    void aClientThatDoesNotReadGetsNoHeartbeat() {
        try (HubFixture bench = new HubFixture(options -> {}, 1, BEAT_8)) {
            FakeSink fixed = beating(bench, Heartbeat.event("alive").atFixedRate());
            bench.onLane(() -> fixed.full(true));
            bench.advance(60 * SECOND);
            assertThat(fixed.pendingBytes()).isZero();
            bench.onLane(() -> fixed.full(false));
            bench.advance(8 * SECOND);
            assertThat(fixed.events()).hasSize(1);
        }
    }

    @Test
    void aHeartbeatIntervalOfZeroDisablesHeartbeats() {
        try (HubFixture bench = new HubFixture(options -> {}, 1, BEAT_8.withHeartbeat(Duration.ZERO))) {
            FakeSink silent = beating(bench, Heartbeat.comment());
            FakeSink fixed = beating(bench, Heartbeat.event("alive"));
            bench.publish("elsewhere", "x");
            bench.advance(3600 * SECOND);
            assertThat(silent.comments()).isEmpty();
            assertThat(silent.writes).as("only the first block").isOne();
            assertThat(fixed.writes).isOne();
        }
    }

    @Test
    void aFailedTickIsFollowedByAnother() {
        try (HubFixture bench = new HubFixture(options -> {}, 1, BEAT_8)) {
            FakeSink sink = beating(bench, Heartbeat.comment());
            bench.onLane(() -> bench.framer().failNextSweep = true);
            bench.advance(SECOND);
            assertThat(bench.framer().failNextSweep).isFalse();
            bench.advance(9 * SECOND);
            assertThat(sink.comments()).hasSize(1);
        }
    }

    @Test
    void aFailedHeartbeatSliceIsFollowedByAnother() {
        try (HubFixture bench = new HubFixture(options -> {}, 1, BEAT_8)) {
            FakeSink sink = beating(bench, Heartbeat.comment());
            bench.onLane(() -> bench.framer().failDoneOf(":\n"));
            bench.advance(9 * SECOND);
            assertThat(sink.comments()).hasSize(1);
            bench.advance(9 * SECOND);
            assertThat(sink.comments()).hasSize(2);
        }
    }

    private static FakeSink beating(HubFixture bench, Heartbeat heartbeat) {
        FakeSink sink = bench.sink();
        sink.options = SinkOptions.DEFAULT.withHeartbeat(heartbeat);
        bench.open(sink, StartPosition.live(), null, "a");
        bench.run();
        return sink;
    }
}
