package io.sluice.sse.hub.lane;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.sluice.sse.CloseReason;
import io.sluice.sse.ClosedException;
import io.sluice.sse.Event;
import io.sluice.sse.Ledger;
import io.sluice.sse.SinkFullException;
import io.sluice.sse.hub.HubBuilder;
import io.sluice.sse.hub.log.TestIds;
import io.sluice.sse.test.ReceivedEvent;
import io.sluice.sse.topic.Selector;
import io.sluice.sse.topic.StartPosition;
import io.sluice.sse.topic.Subscription;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

/** Which events the clients of manually driven lanes receive, and when. */
class DeliveryTest {

    // ---- live

    @Test
    void liveEventsOfNamesAndPatternsAreMergedByPositionAndSentOnce() {
        try (HubFixture bench = new HubFixture()) {
            FakeSink sink = bench.live("news", "a/*", "a/1");
            for (int i = 0; i < 30; i++) {
                bench.publish(List.of("news", "a/1", "a/born-later", "other").get(i % 4), Integer.toString(i));
            }
            bench.run();
            assertThat(sink.data())
                    .isEqualTo(HubFixture.numbers(0, 30).stream()
                            .filter(n -> Integer.parseInt(n) % 4 != 3)
                            .toList());
            assertThat(sink.flushes).as("first block, one pass").isEqualTo(2);
        }
    }

    /** A lane that has not run for a while may have thousands of dirty topics at once. */
    @Test
    void manyTopicsAreMergedByPosition() {
        try (HubFixture bench = new HubFixture()) {
            FakeSink all = bench.live("t/*");
            FakeSink some = bench.live("t/7", "t/1999", "t/1000");
            List<String> order = new ArrayList<>();
            for (int round = 0; round < 3; round++) {
                for (int i = 0; i < 2000; i++) {
                    int topic = (int) (i * 1_234_577L % 2000); // each once, in mixed order
                    bench.publish("t/" + topic, round + " " + topic);
                    order.add(round + " " + topic);
                }
            }
            bench.run();
            assertThat(all.data()).isEqualTo(order);
            assertThat(some.data())
                    .isEqualTo(order.stream()
                            .filter(data -> data.matches("\\d (7|1999|1000)"))
                            .toList());
        }
    }

    @Test
    void theFirstBlockCarriesRetryAndTheIdOfTheStartingPosition() {
        try (HubFixture bench = new HubFixture()) {
            String id = bench.publish("a", "x");
            FakeSink sink = bench.live("a");
            assertThat(sink.text()).isEqualTo("retry: 3000\nid: " + id + "\n\n");
        }
    }

    @Test
    void aThousandSinksWithPrivateTopicsShareOneFramingOfTheCommonTopic() {
        try (HubFixture bench = new HubFixture()) {
            List<FakeSink> sinks = new ArrayList<>();
            for (int i = 0; i < 1000; i++) {
                sinks.add(bench.live("news", "own/" + i));
            }
            FakeFramer framer = bench.framer();
            framer.resetCounts();
            framer.framedBlocks.clear();
            for (int i = 0; i < 1000; i++) {
                bench.publish("own/" + i, "own " + i);
            }
            bench.publish("news", "for all");
            bench.run();
            assertThat(framer.framings()).as("one for each topic").isEqualTo(1001);
            assertThat(framer.framedBlocks).as("each event copied once").hasSize(1001);
            assertThat(framer.splices()).isEqualTo(1000);
            for (int i = 0; i < 1000; i++) {
                assertThat(sinks.get(i).data()).containsExactly("own " + i, "for all");
            }
        }
    }

    @Test
    void aFrameHoldsAtMostItsBoundOrOneEvent() {
        try (HubFixture bench = new HubFixture()) {
            FakeSink sink = bench.live("a", "b");
            bench.framer().frameSizes().clear();
            String kilo = "x".repeat(1000);
            for (int i = 0; i < 200; i++) {
                bench.publish(i % 3 == 0 ? "a" : "b", kilo);
            }
            bench.publish("a", "x".repeat(100_000));
            bench.publishMany("b", 0, 3);
            bench.run();
            assertThat(sink.data()).hasSize(204).endsWith("0", "1", "2");
            assertThat(bench.framer().frameSizes().stream()
                            .filter(size -> size > HubLane.FRAME_BYTES)
                            .filter(size -> size < 100_000 || size > 100_100))
                    .isEmpty();
        }
    }

    @Test
    void aPassThatYieldedContinuesWhileSinksCloseOpenAndCancel() {
        try (HubFixture bench = new HubFixture()) {
            List<FakeSink> sinks = new ArrayList<>();
            List<Subscription> subscriptions = new ArrayList<>();
            for (int i = 0; i < 300; i++) {
                sinks.add(bench.live("a"));
                subscriptions.add(sinks.get(i).state().requireSelection().first());
            }
            bench.publish("a", "1");
            bench.lane().nanosPerLook(4_000_000);
            assertThat(bench.lane().runOne()).isTrue();
            assertThat(bench.hubLane().isPassRunning()).isTrue();
            bench.onLane(() -> sinks.get(0).close(CloseReason.RESET));
            bench.onLane(() -> sinks.get(299).close(CloseReason.RESET));
            bench.onLane(() -> subscriptions.get(298).cancel());
            bench.onLane(() -> sinks.get(298).full(true));
            FakeSink late = bench.sink();
            bench.open(late, StartPosition.live(), null, "a");
            bench.publish("a", "2");
            bench.run();
            for (FakeSink sink : sinks.subList(1, 298)) {
                assertThat(sink.data()).containsExactly("1", "2");
            }
            assertThat(sinks.get(298).data()).as("its subscription had ended").isEmpty();
            assertThat(late.data()).containsExactly("2");
            assertThat(bench.hub.subscribers("a")).isEqualTo(298);
        }
    }

    @Test
    void eventsPublishedWhileAPassIsSuspendedFollow() {
        try (HubFixture bench = new HubFixture()) {
            List<FakeSink> sinks = new ArrayList<>();
            for (int i = 0; i < 100; i++) {
                sinks.add(bench.live("a"));
            }
            bench.publish("a", "1");
            bench.lane().nanosPerLook(2_200_000);
            bench.lane().runOne();
            bench.publish("a", "2");
            bench.run();
            assertThat(sinks).allSatisfy(sink -> assertThat(sink.data()).containsExactly("1", "2"));
        }
    }

    // ---- heartbeats and stalls

    @Test
    void heartbeatsAreSentToIdleClientsAndCarryTheIdWhenThePositionMoved() {
        LaneOptions options =
                HubFixture.QUIET.withHeartbeat(Duration.ofSeconds(8)).withWriteTimeout(Duration.ofSeconds(20));
        try (HubFixture bench = new HubFixture(o -> {}, 1, options)) {
            FakeSink silent = bench.live("silent", "other/*");
            FakeSink busy = bench.live("busy");
            FakeSink none = bench.open(StartPosition.live());
            for (int i = 0; i < 9; i++) {
                bench.advance(TimeUnit.SECONDS.toNanos(1));
                bench.publish("busy", Integer.toString(i));
                bench.run();
            }
            assertThat(busy.comments()).isEmpty();
            assertThat(silent.comments()).hasSize(1);
            assertThat(none.comments()).hasSize(1);
            assertThat(none.text()).doesNotContain("id:");
            assertThat(TestIds.position(7, silent.lastEventId())).isBetween(7L, 9L);
            assertThat(silent.events()).isEmpty();
        }
    }

    @Test
    void aClientWhosePendingBytesDoNotMoveIsClosed() {
        LaneOptions options = HubFixture.QUIET.withWriteTimeout(Duration.ofSeconds(20));
        try (HubFixture bench = new HubFixture(o -> {}, 1, options)) {
            FakeSink stuck = bench.live("a");
            FakeSink slow = bench.live("a");
            bench.onLane(() -> stuck.stall(100_000));
            bench.onLane(() -> slow.stall(100_000));
            for (int i = 0; i < 30; i++) {
                bench.publish("a", "x");
                bench.advance(TimeUnit.SECONDS.toNanos(1));
                bench.onLane(() -> slow.readFrames(1));
            }
            assertThat(stuck.endReason()).isEqualTo(CloseReason.WRITE_TIMEOUT);
            assertThat(slow.endReason()).isNull();
        }
    }

    // ---- direct sends

    @Test
    void directSendsKeepTheirOrderPrecedeHubEventsAndAreBounded() {
        try (HubFixture bench = new HubFixture()) {
            FakeSink sink = bench.live("a");
            bench.onLane(() -> sink.full(true));
            for (int i = 0; i < HubBuilder.DEFAULT_DIRECT_SEND_EVENTS; i++) {
                sink.send(Event.of(Integer.toString(i)));
            }
            assertThatThrownBy(
                            () -> sink.send(Event.of("x")).toCompletableFuture().join())
                    .hasCauseInstanceOf(SinkFullException.class);
            bench.publish("a", "hub");
            bench.run();
            bench.onLane(() -> sink.full(false));
            bench.run();
            List<String> all = new ArrayList<>(HubFixture.numbers(0, HubBuilder.DEFAULT_DIRECT_SEND_EVENTS));
            all.add("hub");
            assertThat(sink.data()).isEqualTo(all);
            assertThatIllegalArgumentException()
                    .isThrownBy(
                            () -> sink.send(Event.builder().id("1").data("x").build()));
        }
    }

    @Test
    void eventsSentBeforeCompleteAreWrittenAndTheClientIsNotToReconnect() {
        try (HubFixture bench = new HubFixture()) {
            FakeSink sink = bench.open(StartPosition.live());
            bench.onLane(() -> sink.full(true));
            sink.send(Event.builder().id("7").data("last").build());
            sink.complete();
            bench.run();
            assertThat(sink.endReason()).isEqualTo(CloseReason.SOURCE_COMPLETED);
            assertThat(sink.data()).containsExactly("last");
            ReceivedEvent end = sink.events().get(1);
            assertThat(end.type()).isEqualTo("end");
            assertThat(end.lastEventId()).isEqualTo("end~" + bench.hub.headId());
            assertThatThrownBy(
                            () -> sink.send(Event.of("x")).toCompletableFuture().join())
                    .hasCauseInstanceOf(ClosedException.class);
        }
    }

    @Test
    void aCompleteAfterAnotherCloseSendsNoEndEvent() {
        try (HubFixture bench = new HubFixture()) {
            FakeSink sink = bench.open(StartPosition.live());
            sink.close(CloseReason.SERVER_DRAINING);
            sink.complete();
            bench.run();
            assertThat(sink.endReason()).isEqualTo(CloseReason.SERVER_DRAINING);
            assertThat(sink.events()).isEmpty();
        }
    }

    @Test
    void aSendBeforeTheSinkIsOpenWaitsForTheFirstBlock() {
        try (HubFixture bench = new HubFixture()) {
            FakeSink sink = bench.sink();
            sink.send(Event.of("early"));
            bench.run();
            assertThat(sink.text()).isEmpty();
            bench.open(sink, StartPosition.live(), null);
            bench.run();
            assertThat(sink.text()).isEqualTo("retry: 3000\n\ndata: early\n\n");
        }
    }

    // ---- the ends of hubs and lanes

    @Test
    void flushPublishedServesEveryClientThatReads() {
        try (HubFixture bench = new HubFixture()) {
            bench.publishMany("a", 0, 500);
            FakeSink sink = bench.sink();
            bench.onLane(() -> {
                sink.open(Selector.of("a"), StartPosition.replay(500), null);
                bench.lane().nanosPerLook(4_000_000);
                bench.hubLane().flushPublished();
                assertThat(sink.data()).hasSize(500);
            });
        }
    }

    @Test
    void aClosedHubOpensNoSink() {
        try (HubFixture bench = new HubFixture()) {
            bench.hub.close();
            assertThatThrownBy(() -> bench.open(bench.sink(), StartPosition.live(), null))
                    .isInstanceOf(ClosedException.class);
            assertThatThrownBy(() -> bench.open(bench.sink(), StartPosition.live(), null, "a"))
                    .isInstanceOf(ClosedException.class);
            assertThat(bench.hub.ledger().isZero()).isTrue();
        }
    }

    @Test
    void sinksOfALaneThatEndedInAPassCloseInPlaceAndLeaveNothing() {
        HubFixture bench = new HubFixture();
        List<FakeSink> sinks = new ArrayList<>();
        for (int i = 0; i < 100; i++) {
            sinks.add(bench.live("a"));
        }
        bench.publish("a", "1");
        bench.lane().nanosPerLook(4_000_000);
        bench.lane().runOne();
        assertThat(bench.hubLane().isPassRunning()).isTrue();
        bench.lane().terminate();
        sinks.forEach(sink -> sink.close(CloseReason.SERVER_DRAINING));
        assertThat(bench.hub.ledger().count(Ledger.Kind.SINKS)).isZero();
        bench.close();
    }
}
