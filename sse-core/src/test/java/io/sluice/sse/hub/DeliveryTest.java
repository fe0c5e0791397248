package io.sluice.sse.hub;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.sluice.sse.CloseReason;
import io.sluice.sse.ClosedException;
import io.sluice.sse.Event;
import io.sluice.sse.Ledger;
import io.sluice.sse.SinkFullException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** What clients of hand-driven lanes receive, and when. */
class DeliveryTest {

    private static List<String> numbers(int from, int to) {
        return IntStream.range(from, to).mapToObj(Integer::toString).toList();
    }

    // ---- live

    @Test
    void liveEventsOfNamesAndPatternsComeMergedByPositionAndOnce() {
        try (Bench bench = new Bench()) {
            FakeSink sink = bench.live("news", "a/*", "a/1");
            for (int i = 0; i < 30; i++) {
                bench.publish(List.of("news", "a/1", "a/born-later", "other").get(i % 4), Integer.toString(i));
            }
            bench.run();
            assertThat(sink.data())
                    .isEqualTo(numbers(0, 30).stream()
                            .filter(n -> Integer.parseInt(n) % 4 != 3)
                            .toList());
            assertThat(sink.flushes).as("first block, one pass").isEqualTo(2);
        }
    }

    /** Who heard nothing for a while may have thousands of topics at once. */
    @Test
    void manyTopicsComeMergedByPosition() {
        try (Bench bench = new Bench()) {
            FakeSink all = bench.live("t/*");
            FakeSink some = bench.live("t/7", "t/1999", "t/1000");
            List<String> order = new ArrayList<>();
            for (int round = 0; round < 3; round++) {
                for (int i = 0; i < 2000; i++) {
                    int topic = (int) (i * 1_234_577L % 2000); // each once, in no order
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
        try (Bench bench = new Bench()) {
            String id = bench.publish("a", "x");
            FakeSink sink = bench.live("a");
            assertThat(sink.text.toString()).isEqualTo("retry: 3000\nid: " + id + "\n\n");
        }
    }

    @Test
    void aThousandSinksWithATopicOfTheirOwnShareOneFramingOfTheCommonTopic() {
        try (Bench bench = new Bench()) {
            List<FakeSink> sinks = new ArrayList<>();
            for (int i = 0; i < 1000; i++) {
                sinks.add(bench.live("news", "own/" + i));
            }
            FakeFramer framer = bench.framer();
            framer.framings = 0;
            framer.framedBlocks.clear();
            for (int i = 0; i < 1000; i++) {
                bench.publish("own/" + i, "own " + i);
            }
            bench.publish("news", "for all");
            bench.run();
            assertThat(framer.framings).as("one for each topic").isEqualTo(1001);
            assertThat(framer.framedBlocks).as("each event copied once").hasSize(1001);
            assertThat(framer.splices).isEqualTo(1000);
            for (int i = 0; i < 1000; i++) {
                assertThat(sinks.get(i).data()).containsExactly("own " + i, "for all");
            }
        }
    }

    @Test
    void aFrameHoldsAtMostItsBoundOrOneEvent() {
        try (Bench bench = new Bench()) {
            FakeSink sink = bench.live("a", "b");
            bench.framer().frameSizes.clear();
            String kilo = "x".repeat(1000);
            for (int i = 0; i < 200; i++) {
                bench.publish(i % 3 == 0 ? "a" : "b", kilo);
            }
            bench.publish("a", "x".repeat(100_000));
            bench.publishMany("b", 0, 3);
            bench.run();
            assertThat(sink.data()).hasSize(204).endsWith("0", "1", "2");
            assertThat(bench.framer().frameSizes.stream()
                            .filter(size -> size > HubBuilder.FRAME_BYTES)
                            .filter(size -> size < 100_000 || size > 100_100))
                    .isEmpty();
        }
    }

    @Test
    void aPassThatYieldsGoesOnWhileSinksCloseOpenAndCancel() {
        try (Bench bench = new Bench()) {
            List<FakeSink> sinks = new ArrayList<>();
            List<Subscription> subscriptions = new ArrayList<>();
            for (int i = 0; i < 300; i++) {
                sinks.add(bench.live("a"));
                subscriptions.add(sinks.get(i).listensBy());
            }
            bench.publish("a", "1");
            bench.lane().nanosPerLook(4_000_000);
            assertThat(bench.lane().runOne()).isTrue();
            assertThat(bench.hubLane().pass.isRunning()).isTrue();
            bench.onLane(() -> sinks.get(0).close(CloseReason.RESET));
            bench.onLane(() -> sinks.get(299).close(CloseReason.RESET));
            bench.onLane(() -> subscriptions.get(298).cancel());
            bench.onLane(() -> sinks.get(298).full(true));
            FakeSink late = bench.sink();
            bench.open(late, Start.live(), null, "a");
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
    void whatIsPublishedWhileAPassIsSuspendedFollows() {
        try (Bench bench = new Bench()) {
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

    // ---- behind

    @Test
    void aSinkThatStopsReadingFallsBehindAndCatchesUpInOrder() {
        try (Bench bench = new Bench()) {
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
            assertThat(quick.data()).isEqualTo(numbers(0, 500));
            bench.onLane(slow::read);
            bench.run();
            assertThat(slow.data()).isEqualTo(numbers(0, 500));
            assertThat(slow.behind).isFalse();
        }
    }

    @ParameterizedTest
    @EnumSource
    void aLappedSinkMeetsTheOverflowPolicy(OverflowPolicy policy) {
        try (Bench bench = new Bench(options -> options.historyEvents(10).overflow(policy))) {
            FakeSink slow = bench.live("a");
            bench.onLane(() -> slow.full(true));
            bench.publishMany("a", 0, 30);
            bench.run();
            bench.onLane(() -> slow.full(false));
            bench.run();
            switch (policy) {
                case DISCONNECT -> {
                    assertThat(slow.ended).isEqualTo(CloseReason.SLOW_CONSUMER);
                    FakeSink back = bench.open(Start.after(slow.lastEventId()), "a");
                    assertThat(back.gaps()).hasSize(1);
                    assertThat(back.data()).isEqualTo(numbers(20, 30));
                }
                case GAP -> {
                    assertThat(slow.gaps()).hasSize(1);
                    assertThat(slow.data()).isEqualTo(numbers(20, 30));
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
    void afterAGapFurtherLossOfAnotherTopicIsAnotherGap() {
        try (Bench bench = new Bench(options -> options.historyEvents(3).overflow(OverflowPolicy.GAP))) {
            FakeSink slow = bench.live("a", "b");
            bench.onLane(() -> slow.full(true));
            bench.publishMany("b", 0, 3);
            bench.publishMany("a", 0, 6);
            bench.run();
            bench.onLane(() -> slow.stall(1));
            bench.onLane(() -> slow.full(false));
            bench.run();
            bench.publishMany("b", 3, 6); // b's first events go, below the floor of a that was told
            bench.run();
            bench.onLane(slow::read);
            bench.run();
            assertThat(slow.gaps()).hasSize(2);
        }
    }

    @Test
    void theMemoryOfAStalledSinkDoesNotGrow() {
        try (Bench bench = new Bench(options -> options.historyEvents(10))) {
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
    void resumeBehindTheNewestGetsNothingAndNoGap() {
        try (Bench bench = new Bench(options -> options.historyEvents(3))) {
            bench.publishMany("a", 0, 50);
            FakeSink sink = bench.open(Start.after(bench.hub.headId()), "a");
            assertThat(sink.events).isEmpty();
        }
    }

    @Test
    void resumeJustBeforeTheOldestKeptGetsAllAndOneOlderAGap() {
        try (Bench bench = new Bench(options -> options.historyEvents(3))) {
            List<String> ids = new ArrayList<>();
            for (int i = 0; i < 50; i++) {
                ids.add(bench.publish("a", Integer.toString(i)));
            }
            FakeSink whole = bench.open(Start.after(ids.get(46)), "a");
            assertThat(whole.gaps()).isEmpty();
            assertThat(whole.data()).isEqualTo(numbers(47, 50));
            FakeSink gapped = bench.open(Start.after(ids.get(45)), "a");
            assertThat(gapped.gaps()).hasSize(1);
            assertThat(gapped.gaps().get(0).data())
                    .isEqualTo("{\"reason\":\"evicted\",\"lastEventId\":\"" + ids.get(45) + "\",\"resumeId\":\""
                            + ids.get(46) + "\"}");
            assertThat(gapped.data()).isEqualTo(numbers(47, 50));
        }
    }

    @Test
    void idsThatLeadNowhereAreGapsAndEverythingKeptFollows() {
        try (Bench bench = new Bench()) {
            bench.publishMany("a", 0, 5);
            EventIds own = new EventIds(7);
            record Case(String id, String reason) {}
            for (Case odd : List.of(
                    new Case(new EventIds(8).text(2), "foreign"),
                    new Case(own.text(6), "ahead"),
                    new Case("what\"ever", "unknown"),
                    new Case("", "unknown"))) {
                FakeSink sink = bench.open(Start.after(odd.id), "a");
                assertThat(sink.gaps()).hasSize(1);
                assertThat(sink.gaps().get(0).data()).contains("\"reason\":\"" + odd.reason + "\"");
                assertThat(sink.data()).isEqualTo(numbers(0, 5));
            }
        }
    }

    @Test
    void aChosenIdLeadsBackWhileItsEventIsKept() {
        try (Bench bench = new Bench(options -> options.historyEvents(3))) {
            bench.publish("a", Event.builder().id("mine").data("0").build());
            assertThat(bench.publish(
                            "a", Event.builder().id("mine").data("again").build()))
                    .isEqualTo(new Published("mine", "a", true));
            assertThat(bench.publish(
                            "b", Event.builder().id("mine").data("elsewhere").build()))
                    .as("the first's topic, and not the one that was asked for")
                    .isEqualTo(new Published("mine", "a", true));
            bench.publishMany("a", 1, 3);
            FakeSink sink = bench.open(Start.after("mine"), "a");
            assertThat(sink.gaps()).isEmpty();
            assertThat(sink.data()).isEqualTo(numbers(1, 3));
            bench.publish("a", "3");
            assertThat(bench.open(Start.after("mine"), "a").gaps()).hasSize(1);
        }
    }

    @Test
    void replayGivesTheLastKeptOfTheWholeSelector() {
        try (Bench bench = new Bench(options -> options.historyEvents(5))) {
            for (int i = 0; i < 40; i++) {
                bench.publish(List.of("a/1", "a/2", "b", "other").get(i % 4), Integer.toString(i));
            }
            FakeSink sink = bench.open(Start.replay(4), "a/*", "a/1", "b");
            assertThat(sink.data()).containsExactly("34", "36", "37", "38");
            assertThat(sink.gaps()).isEmpty();
            assertThat(bench.open(Start.replay(1000), "b").data()).containsExactly("22", "26", "30", "34", "38");
        }
    }

    @Test
    void whoHasSeenAllHearsOfNoGapWhateverWentSince() {
        try (Bench bench = new Bench(options -> options.historyEvents(2).historyAge(Duration.ofSeconds(1)))) {
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
            bench.hub.stats(); // lets aged events, and with them the topics, go
            assertThat(bench.hub.topics(null, 10)).isEmpty();
            for (int i = 0; i < selectors.length; i++) {
                FakeSink back = bench.open(Start.after(sinks.get(i).lastEventId()), selectors[i]);
                assertThat(back.gaps()).as("%s", List.of(selectors[i])).isEmpty();
            }
            bench.publish("a/1", "born again");
            bench.run();
            bench.hubLane()
                    .forEachSink(sink -> assertThat(((FakeSink) sink).data()).containsExactly("born again"));
            FakeSink before = bench.open(Start.after(new EventIds(7).text(3)), "a/*");
            assertThat(before.gaps()).as("one that stood before a loss").hasSize(1);
        }
    }

    // ---- heartbeats and stalls

    @Test
    void heartbeatsGoToTheSilentAndCarryTheIdWhenThePositionMoved() {
        LaneOptions options = Bench.QUIET.withHeartbeat(Duration.ofSeconds(8)).withWriteTimeout(Duration.ofSeconds(20));
        try (Bench bench = new Bench(o -> {}, 1, options)) {
            FakeSink silent = bench.live("silent", "other/*");
            FakeSink busy = bench.live("busy");
            FakeSink none = bench.open(Start.live());
            for (int i = 0; i < 9; i++) {
                bench.advance(TimeUnit.SECONDS.toNanos(1));
                bench.publish("busy", Integer.toString(i));
                bench.run();
            }
            assertThat(busy.comments).isEmpty();
            assertThat(silent.comments).hasSize(1);
            assertThat(none.comments).hasSize(1);
            assertThat(none.text.toString()).doesNotContain("id:");
            assertThat(new EventIds(7).positionOf(silent.lastEventId())).isBetween(7L, 9L);
            assertThat(silent.events).isEmpty();
        }
    }

    @Test
    void aClientWhoseBytesDoNotMoveIsClosed() {
        LaneOptions options = Bench.QUIET.withWriteTimeout(Duration.ofSeconds(20));
        try (Bench bench = new Bench(o -> {}, 1, options)) {
            FakeSink stuck = bench.live("a");
            FakeSink slow = bench.live("a");
            bench.onLane(() -> stuck.stall(100_000));
            bench.onLane(() -> slow.stall(100_000));
            for (int i = 0; i < 30; i++) {
                bench.publish("a", "x");
                bench.advance(TimeUnit.SECONDS.toNanos(1));
                bench.onLane(() -> slow.readSome(1));
            }
            assertThat(stuck.ended).isEqualTo(CloseReason.WRITE_TIMEOUT);
            assertThat(slow.ended).isNull();
        }
    }

    // ---- direct sends

    @Test
    void directSendsKeepTheirOrderGoAheadAndAreBounded() {
        try (Bench bench = new Bench()) {
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
            List<String> all = new ArrayList<>(numbers(0, HubBuilder.DEFAULT_DIRECT_SEND_EVENTS));
            all.add("hub");
            assertThat(sink.data()).isEqualTo(all);
            assertThatIllegalArgumentException()
                    .isThrownBy(
                            () -> sink.send(Event.builder().id("1").data("x").build()));
        }
    }

    @Test
    void whatWasSentBeforeCompleteIsWrittenAndTheEndIsForGood() {
        try (Bench bench = new Bench()) {
            FakeSink sink = bench.open(Start.live());
            bench.onLane(() -> sink.full(true));
            sink.send(Event.builder().id("7").data("last").build());
            sink.complete();
            bench.run();
            assertThat(sink.ended).isEqualTo(CloseReason.SOURCE_COMPLETED);
            assertThat(sink.data()).containsExactly("last");
            FakeSink.Received end = sink.events.get(1);
            assertThat(end.type()).isEqualTo("end");
            assertThat(end.lastEventId()).isEqualTo("end~" + bench.hub.headId());
            assertThatThrownBy(
                            () -> sink.send(Event.of("x")).toCompletableFuture().join())
                    .hasCauseInstanceOf(ClosedException.class);
        }
    }

    @Test
    void aCompleteThatComesSecondDoesNotTellTheClientToStayAway() {
        try (Bench bench = new Bench()) {
            FakeSink sink = bench.open(Start.live());
            sink.close(CloseReason.SERVER_DRAINING);
            sink.complete();
            bench.run();
            assertThat(sink.ended).isEqualTo(CloseReason.SERVER_DRAINING);
            assertThat(sink.events).isEmpty();
        }
    }

    @Test
    void aSendBeforeTheOpeningWaitsForTheFirstBlock() {
        try (Bench bench = new Bench()) {
            FakeSink sink = bench.sink();
            sink.send(Event.of("early"));
            bench.run();
            assertThat(sink.text).isEmpty();
            bench.open(sink, Start.live(), null);
            bench.run();
            assertThat(sink.text.toString()).isEqualTo("retry: 3000\n\ndata: early\n\n");
        }
    }

    // ---- the ends of hubs and lanes

    @Test
    void flushPublishedLeavesNobodyBehindWhoCanRead() {
        try (Bench bench = new Bench()) {
            bench.publishMany("a", 0, 500);
            FakeSink sink = bench.sink();
            bench.onLane(() -> {
                sink.open(Selector.of("a"), Start.replay(500), null);
                bench.lane().nanosPerLook(4_000_000);
                bench.hubLane().flushPublished();
                assertThat(sink.data()).hasSize(500);
            });
        }
    }

    @Test
    void aClosedHubOpensNothing() {
        try (Bench bench = new Bench()) {
            bench.hub.close();
            assertThatThrownBy(() -> bench.open(bench.sink(), Start.live(), null))
                    .isInstanceOf(ClosedException.class);
            assertThatThrownBy(() -> bench.open(bench.sink(), Start.live(), null, "a"))
                    .isInstanceOf(ClosedException.class);
            assertThat(bench.hub.ledger().isZero()).isTrue();
        }
    }

    @Test
    void sinksOfALaneThatEndedInAPassCloseInPlaceAndLeaveNothing() {
        Bench bench = new Bench();
        List<FakeSink> sinks = new ArrayList<>();
        for (int i = 0; i < 100; i++) {
            sinks.add(bench.live("a"));
        }
        bench.publish("a", "1");
        bench.lane().nanosPerLook(4_000_000);
        bench.lane().runOne();
        assertThat(bench.hubLane().pass.isRunning()).isTrue();
        bench.lane().terminate();
        sinks.forEach(sink -> sink.close(CloseReason.SERVER_DRAINING));
        assertThat(bench.hub.ledger().count(Ledger.Kind.SINKS)).isZero();
        bench.close();
    }
}
