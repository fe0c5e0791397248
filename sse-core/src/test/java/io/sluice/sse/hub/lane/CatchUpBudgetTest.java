package io.sluice.sse.hub.lane;

import static org.assertj.core.api.Assertions.assertThat;

import io.sluice.sse.CloseReason;
import io.sluice.sse.Event;
import io.sluice.sse.topic.StartPosition;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** Many clients that reconnect at once, each at its own position, cost the budget and one small frame each. */
class CatchUpBudgetTest {

    private static final LaneOptions TICKING = HubFixture.QUIET.withHeartbeat(Duration.ofSeconds(8));
    private static final int EVENTS = 200;
    private static final int EVENT_BYTES = 1000;
    private static final int CROWD = 100;
    private static final long BUDGET = 256 * 1024;

    /** The positions of the clients, all different. */
    private static List<FakeSink> comeBack(HubFixture bench, List<String> ids, boolean reading) {
        List<FakeSink> crowd = new ArrayList<>();
        for (int i = 0; i < CROWD; i++) {
            FakeSink sink = bench.sink();
            if (!reading) {
                bench.onLane(() -> sink.stall(64 * 1024));
            }
            bench.open(sink, StartPosition.after(ids.get(i)), null, "a");
            crowd.add(sink);
        }
        bench.run();
        return crowd;
    }

    private static List<String> publish(HubFixture bench) {
        List<String> ids = new ArrayList<>();
        for (int i = 0; i < EVENTS; i++) {
            ids.add(bench.publish("a", i + " " + "x".repeat(EVENT_BYTES)));
        }
        return ids;
    }

    @Test
    void aClientThatDoesNotReadHoldsASmallFrameAndGetsTheRestWhenItReads() {
        try (HubFixture bench = new HubFixture(options -> options.catchUpBytes(BUDGET), 1, TICKING)) {
            List<String> ids = publish(bench);
            List<FakeSink> crowd = comeBack(bench, ids, false);
            FakeFramer framer = bench.framers.get(0);
            long bound = BUDGET + HubLane.FRAME_BYTES + CROWD * (long) HubLane.SMALL_FRAME_BYTES;
            assertThat(framer.heldBytes()).isGreaterThan(BUDGET).isLessThanOrEqualTo(bound);
            for (int i = 0; i < 10; i++) {
                bench.advance(TimeUnit.SECONDS.toNanos(1));
                assertThat(framer.heldBytes()).isLessThanOrEqualTo(bound);
            }
            FakeSink healthy = bench.open(StartPosition.after(ids.get(0)), "a");
            assertThat(healthy.data())
                    .as("clients that do not read do not delay one that reads")
                    .hasSize(EVENTS - 1);

            crowd.forEach(sink -> bench.onLane(sink::read));
            for (int i = 0; i < 10; i++) {
                bench.advance(TimeUnit.SECONDS.toNanos(1));
            }
            for (int i = 0; i < CROWD; i++) {
                assertThat(crowd.get(i).data().stream().map(data -> data.substring(0, data.indexOf(' '))))
                        .containsExactlyElementsOf(IntStream.range(i + 1, EVENTS)
                                .mapToObj(Integer::toString)
                                .toList());
                assertThat(crowd.get(i).state().isBehind()).isFalse();
            }
        }
    }

    @Test
    void withinTheBudgetFramesAreFull() {
        try (HubFixture bench = new HubFixture(options -> options.catchUpBytes(BUDGET), 1, TICKING)) {
            List<String> ids = publish(bench);
            FakeFramer framer = bench.framers.get(0);
            framer.frameSizes().clear();
            comeBack(bench, ids, true);
            assertThat(framer.frameSizes().stream()
                            .filter(size -> size > HubLane.SMALL_FRAME_BYTES)
                            .count())
                    .isGreaterThan(CROWD / 2);
        }
    }

    /** Over io_uring, bytes are pending after each flush, even if the client reads fast. */
    @Test
    void aClientWhoseBytesLeaveAfterTheLanesIoNeedsNoTick() {
        try (HubFixture bench = new HubFixture(options -> options.catchUpBytes(0), 1, TICKING)) {
            List<String> ids = publish(bench);
            List<FakeSink> crowd = new ArrayList<>();
            for (int i = 0; i < CROWD; i++) {
                FakeSink sink = bench.sink();
                sink.takesLater = true;
                bench.open(sink, StartPosition.after(ids.get(i)), null, "a");
                crowd.add(sink);
            }
            bench.run();
            for (int i = 0; i < CROWD; i++) {
                assertThat(crowd.get(i).data()).hasSize(EVENTS - 1 - i);
                assertThat(crowd.get(i).state().isBehind()).isFalse();
            }
        }
    }

    @Test
    void aDirectSendToAParkedSinkNeedsNoTick() {
        try (HubFixture bench = new HubFixture(options -> options.catchUpBytes(0), 1, TICKING)) {
            FakeSink sink = parked(bench, publish(bench).get(0));
            long before = sink.pendingBytes();
            CompletableFuture<Void> sent = sink.send(Event.of("direct")).toCompletableFuture();
            bench.run();
            assertThat(sent).isCompleted();
            assertThat(sink.pendingBytes() - before).as("and nothing else").isEqualTo("data: direct\n\n".length());
            bench.onLane(sink::read);
            bench.advance(TimeUnit.SECONDS.toNanos(1));
            assertThat(sink.data()).contains("direct").hasSize(EVENTS);
        }
    }

    @Test
    void aParkedSinkThatBecomesWritableNeedsNoTick() {
        try (HubFixture bench = new HubFixture(options -> options.catchUpBytes(0), 1, TICKING)) {
            FakeSink sink = parked(bench, publish(bench).get(0));
            bench.onLane(() -> sink.full(true));
            bench.onLane(() -> {
                sink.read();
                sink.full(false);
            });
            bench.run();
            assertThat(sink.data()).hasSize(EVENTS - 1);
        }
    }

    @Test
    void flushPublishedServesParkedSinksThatAcceptMoreAndDoesNotWaitForOthers() {
        try (HubFixture bench = new HubFixture(options -> options.catchUpBytes(0), 1, TICKING)) {
            List<String> ids = publish(bench);
            FakeSink reads = parked(bench, ids.get(0));
            FakeSink stalled = parked(bench, ids.get(1));
            bench.onLane(() -> {
                reads.read();
                long head = bench.hubLane().flushPublished();
                assertThat(reads.hasReached(head)).isTrue();
                assertThat(stalled.hasReached(head)).isFalse();
            });
            assertThat(reads.data()).hasSize(EVENTS - 1);
        }
    }

    /** When the bytes of other clients have left, there is room for the clients that have not read theirs. */
    @Test
    void flushPublishedServesParkedSinksWhenThereIsRoomForAll() {
        try (HubFixture bench = new HubFixture(options -> options.catchUpBytes(8 * 1024), 1, TICKING)) {
            List<String> ids = publish(bench);
            FakeSink first = parked(bench, ids.get(0));
            FakeSink second = parked(bench, ids.get(1));
            bench.onLane(() -> {
                second.stall(1 << 20);
                first.close(CloseReason.CLIENT_LEFT);
                long before = second.pendingBytes();
                assertThat(before).isPositive();
                bench.hubLane().flushPublished();
                assertThat(second.pendingBytes()).isGreaterThan(before);
            });
        }
    }

    /** A client that reads a little at a time gets more bytes in total, but never more at once. */
    @Test
    void aSlowlyReadingSinkHoldsNoMoreThanASmallFrame() {
        try (HubFixture bench = new HubFixture(options -> options.catchUpBytes(0), 1, TICKING)) {
            List<String> ids = publish(bench);
            parked(bench, ids.get(1));
            FakeSink sink = parked(bench, ids.get(0));
            for (int i = 0; i < EVENTS; i++) {
                bench.onLane(() -> sink.readFrames(1));
                bench.advance(TimeUnit.SECONDS.toNanos(1));
                assertThat(sink.pendingBytes()).isLessThanOrEqualTo(HubLane.SMALL_FRAME_BYTES);
            }
            assertThat(sink.data()).hasSize(EVENTS - 1);
        }
    }

    /** A client at its own position that has not read the bytes it was sent. */
    private static FakeSink parked(HubFixture bench, String lastEventId) {
        FakeSink sink = bench.sink();
        bench.onLane(() -> sink.stall(64 * 1024));
        bench.open(sink, StartPosition.after(lastEventId), null, "a");
        bench.run();
        assertThat(sink.state().isBehind()).isTrue();
        return sink;
    }

    @Test
    void aClientThatLeavesWhileItIsParkedIsForgotten() {
        try (HubFixture bench = new HubFixture(options -> options.catchUpBytes(0), 1, TICKING)) {
            List<String> ids = publish(bench);
            List<FakeSink> crowd = comeBack(bench, ids, false);
            crowd.forEach(sink -> sink.close(CloseReason.CLIENT_LEFT));
            bench.run();
        } // close checks that nothing is left
    }

    /** A large event counts against the budget, although it is a frame of its own. */
    @Test
    void unreadLargeEventsStayWithinTheBudget() {
        int large = 60 * 1024;
        try (HubFixture bench =
                new HubFixture(options -> options.catchUpBytes(BUDGET).historyBytes(16 << 20), 1, TICKING)) {
            bench.live("a"); // the lane is at the head, so the others catch up alone
            String start = bench.publish("a", "start");
            bench.publish("a", "x".repeat(large));
            bench.publish("a", "end");
            bench.run();
            FakeFramer framer = bench.framers.get(0);
            List<FakeSink> crowd = new ArrayList<>();
            for (int i = 0; i < 30; i++) {
                FakeSink sink = bench.sink();
                bench.onLane(() -> sink.stall(1 << 20));
                bench.open(sink, StartPosition.after(start), null, "a", "own/" + i); // no two share a frame
                crowd.add(sink);
            }
            bench.run();
            assertThat(framer.heldBytes()).isGreaterThan(large).isLessThanOrEqualTo(BUDGET + 30 * 1024);
            for (int i = 0; i < 10; i++) {
                bench.advance(TimeUnit.SECONDS.toNanos(1));
                assertThat(framer.heldBytes()).isLessThanOrEqualTo(BUDGET + 30 * 1024);
            }
            crowd.forEach(sink -> bench.onLane(sink::read));
            for (int i = 0; i < 30; i++) {
                bench.advance(TimeUnit.SECONDS.toNanos(1));
            }
            for (FakeSink sink : crowd) {
                assertThat(sink.data()).hasSize(2).endsWith("end");
            }
        }
    }

    @Test
    void aLargeEventIsDeliveredEvenWithoutABudget() {
        try (HubFixture bench = new HubFixture(options -> options.catchUpBytes(0), 1, TICKING)) {
            bench.live("a"); // the lane is at the head, so the others catch up alone
            String start = bench.publish("a", "start");
            bench.publish("a", "x".repeat(100_000));
            bench.run();
            assertThat(bench.open(StartPosition.after(start), "a").data()).hasSize(1);
        }
    }

    @Test
    void aClientThatLeavesWhileItWaitsForRoomIsForgotten() {
        try (HubFixture bench = new HubFixture(options -> options.catchUpBytes(100), 1, TICKING)) {
            bench.live("a"); // the lane is at the head, so the others catch up alone
            String start = bench.publish("a", "start");
            bench.publish("a", "x".repeat(100_000));
            bench.run();
            FakeSink stalled = bench.sink();
            bench.onLane(() -> stalled.stall(1 << 20));
            bench.open(stalled, StartPosition.after(start), null, "a");
            bench.run();
            FakeSink waits = bench.sink();
            bench.open(waits, StartPosition.after(start), null, "a", "own");
            bench.run();
            assertThat(waits.data()).isEmpty();
            bench.onLane(() -> waits.close(CloseReason.CLIENT_LEFT));
            bench.run();
        }
    }
}
