package io.sluice.sse.hub.lane;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatNullPointerException;

import io.sluice.sse.CloseReason;
import io.sluice.sse.Event;
import io.sluice.sse.hub.Hub;
import io.sluice.sse.topic.EventFilter;
import io.sluice.sse.topic.Selector;
import io.sluice.sse.topic.StartPosition;
import io.sluice.sse.topic.TopicEvent;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

/** Filters of subscriptions. */
class FilterTest {

    private static final EventFilter EVEN =
            event -> Integer.parseInt(String.valueOf(event.event().data())) % 2 == 0;
    private static final EventFilter NOTHING = event -> false;

    @Test
    void aClientGetsWhatItsFilterLetsThroughLiveAndReplayed() {
        try (HubFixture bench = new HubFixture()) {
            FakeSink all = bench.live("a", "b");
            FakeSink even =
                    bench.open(StartPosition.live(), Selector.of("a", "b").filtered(EVEN));
            for (int i = 0; i < 20; i++) {
                bench.publish(i % 3 == 0 ? "a" : "b", Integer.toString(i));
            }
            bench.run();
            assertThat(all.data()).hasSize(20);
            assertThat(even.data()).containsExactly("0", "2", "4", "6", "8", "10", "12", "14", "16", "18");
            assertThat(bench.open(StartPosition.replay(20), Selector.of("**").filtered(EVEN))
                            .data())
                    .isEqualTo(even.data());
            assertThat(bench.hub.stats().delivered()).isEqualTo(40);
        }
    }

    @Test
    void aFilterGetsTheTopicAndTheEventAsPublished() {
        try (HubFixture bench = new HubFixture()) {
            List<TopicEvent> seen = new ArrayList<>();
            bench.open(StartPosition.live(), Selector.of("a/*").filtered(seen::add));
            Event event = Event.builder()
                    .name("n")
                    .data("one\ntwo")
                    .retry(Duration.ofMillis(5))
                    .comment("c\nd")
                    .build();
            String id = bench.publish("a/1", event).id();
            bench.publish("a/2", Event.builder().id("mine").data("").build());
            bench.run();
            assertThat(seen.get(0).topic()).isEqualTo("a/1");
            assertThat(seen.get(0).event()).isEqualTo(event.toBuilder().id(id).build());
            assertThat(seen.get(0).event()).isSameAs(seen.get(0).event());
            assertThat(seen.get(1).topic()).isEqualTo("a/2");
            assertThat(seen.get(1).event())
                    .isEqualTo(Event.builder().id("mine").data("").build());
        }
    }

    @Test
    void aFilterSharedByClientsIsCalledOnceAndTheyShareFrames() {
        try (HubFixture bench = new HubFixture()) {
            AtomicInteger asked = new AtomicInteger();
            EventFilter counting = event -> asked.incrementAndGet() > 0;
            for (int i = 0; i < 100; i++) {
                // Each request makes its own selector.
                bench.open(StartPosition.live(), Selector.of("a").filtered(counting));
                bench.open(
                        StartPosition.live(),
                        Selector.of("a").filtered(counting).withEnvelope());
                bench.live("a");
            }
            bench.framer().resetCounts();
            bench.publish("a", "x");
            bench.run();
            assertThat(asked).as("with an envelope and without").hasValue(2);
            assertThat(bench.framer().framings()).isEqualTo(3);
            assertThat(bench.hub.stats().delivered()).isEqualTo(300);
        }
    }

    @Test
    void clientsThatReconnectTogetherShareRangesByVariant() {
        try (HubFixture bench = new HubFixture()) {
            bench.publishMany("a", 0, 50);
            bench.run();
            bench.framer().resetCounts();
            AtomicInteger asked = new AtomicInteger();
            EventFilter counting = event -> asked.incrementAndGet() % 2 == 0;
            for (int i = 0; i < 40; i++) {
                FakeSink sink = bench.sink();
                bench.open(sink, StartPosition.replay(50), Selector.of("a").filtered(counting));
                bench.open(bench.sink(), StartPosition.replay(50), Selector.of("a"));
            }
            bench.run();
            assertThat(asked).hasValue(50);
            assertThat(bench.framer().framings())
                    .as("first blocks, and two ranges")
                    .isEqualTo(80 + 2);
        }
    }

    /** The filter is called with both topics of an event, because it may accept either. */
    @Test
    void anEventInTwoTopicsIsDeliveredIfTheFilterAcceptsOneOfThem() {
        try (HubFixture bench = new HubFixture()) {
            Selector selector =
                    Selector.of("a", "b").filtered(event -> event.topic().equals("b"));
            FakeSink live = bench.open(StartPosition.live(), selector);
            bench.hub.publish(List.of("a", "b"), Event.of("x"));
            bench.run();
            assertThat(live.data()).containsExactly("x");
            assertThat(bench.open(StartPosition.replay(1), selector).data()).containsExactly("x");
        }
    }

    /** The copy of a range ends between two topics of one event: neither may be lost. */
    @Test
    void aRangeNeverEndsBetweenTwoTopicsOfOneEvent() {
        try (HubFixture bench = new HubFixture()) {
            String half = "x".repeat(HubLane.FRAME_BYTES / 2 - 60);
            Selector selector =
                    Selector.of("a", "b").filtered(event -> event.topic().equals("b"));
            for (int i = 0; i < 6; i++) {
                bench.hub.publish(List.of("a", "b"), Event.of(i + half));
            }
            assertThat(bench.open(StartPosition.replay(6), selector).data()).hasSize(6);
        }
    }

    @Test
    void aFilterThatThrowsAcceptsNothingIsCountedAndAffectsNoOtherClient() {
        try (HubFixture bench = new HubFixture();
                LogLines lines = LogLines.of(Hub.class)) {
            FakeSink plain = bench.live("a");
            FakeSink failing = bench.open(StartPosition.live(), Selector.of("a").filtered(event -> {
                if (EVEN.accepts(event)) {
                    throw new IllegalStateException("thrown by the test");
                }
                return true;
            }));
            bench.publishMany("a", 0, 6);
            bench.run();
            assertThat(plain.data()).hasSize(6);
            assertThat(failing.data()).containsExactly("1", "3", "5");
            assertThat(failing.endReason()).isNull();
            assertThat(bench.hub.stats().userCodeFailures()).isEqualTo(3);
            assertThat(lines.all())
                    .filteredOn(line -> line.contains("the filter failed"))
                    .hasSize(1);
        }
    }

    @Test
    void aFilterThatClosesItsOwnClientAffectsNoOtherClient() {
        for (boolean live : new boolean[] {true, false}) {
            try (HubFixture bench = new HubFixture()) {
                if (!live) {
                    bench.publish("a", "1");
                }
                FakeSink other = bench.open(StartPosition.replay(9), "a");
                FakeSink sink = bench.sink();
                bench.open(sink, StartPosition.replay(9), Selector.of("a").filtered(event -> {
                    sink.close(CloseReason.CLOSED_BY_APPLICATION);
                    return true;
                }));
                bench.run();
                if (live) {
                    bench.publish("a", "1");
                    bench.run();
                }
                assertThat(sink.endReason()).isEqualTo(CloseReason.CLOSED_BY_APPLICATION);
                assertThat(sink.data()).isEmpty();
                assertThat(other.data()).containsExactly("1");
            }
        }
    }

    @Test
    void aFilterThatCancelsItsOwnSubscriptionLeavesTheOthers() {
        try (HubFixture bench = new HubFixture()) {
            FakeSink sink = bench.sink();
            bench.open(sink, StartPosition.live(), Selector.of("a").filtered(event -> {
                sink.state().requireSelection().first().cancel();
                return false;
            }));
            sink.subscribe(Selector.of("b"));
            bench.run();
            sink.full(true);
            bench.publish("b", "1");
            bench.publish("a", "the last of a");
            bench.publish("b", "2");
            bench.run();
            bench.onLane(() -> sink.full(false));
            bench.run();
            assertThat(sink.data()).containsExactly("1", "2");
        }
    }

    /** The position advances although no event is accepted: heartbeats carry it, and a reconnect starts there. */
    @Test
    void heartbeatsAdvanceTheIdWhenTheFilterAcceptsNothing() {
        LaneOptions lane = HubFixture.QUIET.withHeartbeat(Duration.ofSeconds(1));
        try (HubFixture bench = new HubFixture(options -> options.historyEvents(60), 1, lane)) {
            FakeSink sink = bench.open(StartPosition.live(), Selector.of("a").filtered(NOTHING));
            for (int i = 0; i < 10; i++) {
                bench.publishMany("a", 0, 50);
                bench.run();
                bench.advance(TimeUnit.SECONDS.toNanos(2));
                assertThat(sink.lastEventId()).as("after a heartbeat").isEqualTo(bench.hub.headId());
            }
            assertThat(sink.comments()).isNotEmpty();
            assertThat(sink.data()).isEmpty();
            String last = sink.lastEventId();
            bench.onLane(() -> sink.close(CloseReason.RESET));
            bench.publishMany("a", 0, 3);
            AtomicInteger asked = new AtomicInteger();
            FakeSink back =
                    bench.open(StartPosition.after(last), Selector.of("a").filtered(event -> {
                        asked.incrementAndGet();
                        return false;
                    }));
            assertThat(back.gaps()).isEmpty();
            assertThat(asked).as("only new events").hasValue(3);
        }
    }

    @Test
    void aClientThatIsBehindAndWhoseFilterAcceptsNothingReachesTheHead() {
        try (HubFixture bench = new HubFixture()) {
            String first = bench.publish("a", "0");
            for (int i = 0; i < 500; i++) {
                bench.publish("a", "x".repeat(1000));
            }
            bench.framer().resetCounts();
            FakeSink sink =
                    bench.open(StartPosition.after(first), Selector.of("a").filtered(NOTHING));
            assertThat(sink.state().isBehind()).isFalse();
            assertThat(bench.hubLane().lagOf(sink)).isZero();
            assertThat(bench.framer().framings()).as("the first block").isEqualTo(1);
            assertThat(sink.events()).isEmpty();
        }
    }

    @Test
    void aStalledClientOfAVariantCostsOnlyItsPositionAndGetsTheRestLater() {
        try (HubFixture bench = new HubFixture()) {
            FakeSink sink = bench.open(StartPosition.live(), Selector.of("a").filtered(EVEN));
            bench.onLane(() -> sink.stall(1));
            bench.publishMany("a", 0, 2);
            bench.run();
            bench.publishMany("a", 2, 100);
            bench.run();
            assertThat(sink.state().isBehind()).isTrue();
            bench.onLane(sink::read);
            bench.run();
            assertThat(sink.data()).hasSize(50).startsWith("0", "2").endsWith("98");
        }
    }

    @Test
    void aNullFilterIsRejected() {
        assertThatNullPointerException()
                .isThrownBy(() -> Selector.of("a").filtered(null))
                .withMessage("filter");
    }
}
