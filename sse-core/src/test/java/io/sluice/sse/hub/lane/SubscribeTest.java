package io.sluice.sse.hub.lane;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.sluice.sse.CloseReason;
import io.sluice.sse.ClosedException;
import io.sluice.sse.Event;
import io.sluice.sse.Ledger;
import io.sluice.sse.topic.EventFilter;
import io.sluice.sse.topic.OverflowPolicy;
import io.sluice.sse.topic.Selector;
import io.sluice.sse.topic.StartPosition;
import io.sluice.sse.topic.Subscription;
import io.sluice.sse.topic.TopicLimitException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

/** Subscriptions that are added and cancelled while the connection is open. */
class SubscribeTest {

    private static long subscriptions(HubFixture bench) {
        return bench.hub.ledger().count(Ledger.Kind.SUBSCRIPTIONS);
    }

    @Test
    void topicsAreAddedAndRemovedInOrderOfPosition() {
        try (HubFixture bench = new HubFixture()) {
            FakeSink sink = bench.live("a");
            bench.publish("b", "before");
            Subscription b = bench.subscribe(sink, "b", "c/*");
            bench.publish("b", "1");
            bench.publish("a", "2");
            bench.publish("c/1", "3");
            bench.run();
            assertThat(sink.data()).containsExactly("1", "2", "3");
            assertThat(subscriptions(bench)).isEqualTo(2);
            assertThat(sink.state().requireSelection().next()).isSameAs(b);
            bench.cancel(b);
            bench.publish("b", "4");
            bench.publish("a", "5");
            bench.run();
            assertThat(sink.data()).containsExactly("1", "2", "3", "5");
            assertThat(subscriptions(bench)).isEqualTo(1);
            bench.cancel(b);
            assertThat(subscriptions(bench)).as("a second time").isEqualTo(1);
        }
    }

    @Test
    void theFirstSubscriptionCanEndBeforeLaterOnes() {
        try (HubFixture bench = new HubFixture()) {
            FakeSink sink = bench.live("a");
            Subscription first = sink.state().requireSelection().first();
            Subscription b = bench.subscribe(sink, "b");
            Subscription c = bench.subscribe(sink, "c");
            bench.cancel(first);
            bench.cancel(b);
            bench.publish("a", "1");
            bench.publish("b", "2");
            bench.publish("c", "3");
            bench.run();
            assertThat(sink.data()).containsExactly("3");
            bench.cancel(c);
            bench.publish("c", "4");
            bench.run();
            assertThat(sink.data()).containsExactly("3");
            assertThat(subscriptions(bench)).isZero();
            bench.subscribe(sink, "c");
            bench.publish("c", "5");
            bench.run();
            assertThat(sink.data()).containsExactly("3", "5");
        }
    }

    /** The lane may be far below the head, because it has no subscriber to the published events. */
    @Test
    void aNewSubscriptionGetsNoEarlierEventsAlthoughTheLaneIsBehind() {
        try (HubFixture bench = new HubFixture()) {
            FakeSink sink = bench.live("a");
            bench.publishMany("b", 0, 10);
            assertThat(bench.hubLane().position).isZero();
            CompletionStage<Subscription> begun = sink.subscribe(Selector.of("b"));
            bench.publish("b", "still before it takes effect");
            bench.run();
            begun.toCompletableFuture().join();
            bench.publish("b", "now");
            bench.run();
            assertThat(sink.data()).containsExactly("now");
            assertThat(sink.state().isBehind()).isFalse();
        }
    }

    @Test
    void aClientThatIsBehindGetsNoEarlierEventsAndNoFalseGap() {
        try (HubFixture bench =
                new HubFixture(options -> options.historyEvents(5).overflow(OverflowPolicy.GAP))) {
            FakeSink sink = bench.live("a");
            bench.onLane(() -> sink.stall(1));
            bench.publish("a", "1");
            bench.run();
            bench.publish("a", "2");
            bench.publishMany("b", 100, 120); // evicted above the client's position
            bench.run();
            Subscription b = bench.subscribe(sink, "b");
            bench.publish("b", "3");
            bench.publish("a", "4");
            bench.run();
            assertThat(sink.state().isBehind()).isTrue();
            bench.onLane(sink::read);
            bench.run();
            assertThat(sink.data()).containsExactly("1", "2", "3", "4");
            assertThat(sink.gaps()).isEmpty();
            assertThat(sink.state().isBehind()).isFalse();

            bench.onLane(() -> sink.stall(1));
            bench.publish("b", "5");
            bench.run();
            bench.publishMany("b", 6, 20);
            bench.run();
            bench.onLane(sink::read);
            bench.run();
            assertThat(sink.gaps()).as("a gap of its own").hasSize(1);
            assertThat(sink.data()).endsWith("15", "16", "17", "18", "19");
            bench.cancel(b);
        }
    }

    @Test
    void aSubscriptionCancelledWhileTheClientIsBehindStopsAtOnce() {
        try (HubFixture bench = new HubFixture()) {
            FakeSink sink = bench.live("a");
            Subscription b = bench.subscribe(sink, "b");
            bench.onLane(() -> sink.stall(1));
            bench.publish("a", "1");
            bench.run();
            bench.publish("b", "2");
            bench.publish("a", "3");
            bench.run();
            bench.cancel(b);
            bench.onLane(sink::read);
            bench.run();
            assertThat(sink.data()).containsExactly("1", "3");
        }
    }

    /** A sink that was written to by a pass that yielded is no longer at the position of the lane. */
    @Test
    void changesDuringAYieldedPassRepeatAndLoseNothing() {
        try (HubFixture bench = new HubFixture()) {
            List<FakeSink> sinks = new ArrayList<>();
            List<Subscription> seconds = new ArrayList<>();
            for (int i = 0; i < 300; i++) {
                sinks.add(bench.live("a"));
                seconds.add(bench.subscribe(sinks.get(i), "c"));
            }
            bench.publish("a", "1");
            bench.publish("c", "2");
            bench.lane().nanosPerLook(4_000_000);
            while (!bench.hubLane().isPassRunning() || sinks.get(0).data().isEmpty()) {
                assertThat(bench.lane().runOne()).isTrue();
            }
            List<CompletionStage<?>> stages = new ArrayList<>();
            for (FakeSink sink : List.of(sinks.get(0), sinks.get(299))) {
                bench.onLane(() -> stages.add(sink.subscribe(Selector.of("b"))));
            }
            for (int i : List.of(1, 298)) {
                bench.onLane(() -> stages.add(seconds.get(i).cancel()));
            }
            assertThat(stages).noneMatch(stage -> stage.toCompletableFuture().isDone());
            bench.publish("b", "not yet");
            bench.publish("a", "3");
            while (stages.stream()
                    .anyMatch(stage -> !stage.toCompletableFuture().isDone())) {
                assertThat(bench.lane().runOne()).isTrue();
            }
            bench.publish("b", "4");
            bench.publish("c", "5");
            bench.run();
            assertThat(sinks.get(0).data()).containsExactly("1", "2", "3", "4", "5");
            assertThat(sinks.get(299).data()).containsExactly("1", "2", "3", "4", "5");
            assertThat(sinks.get(1).data()).containsExactly("1", "2", "3");
            assertThat(sinks.get(298).data()).containsExactly("1", "2", "3");
            assertThat(sinks.get(100).data()).containsExactly("1", "2", "3", "5");
        }
    }

    @Test
    void aSinkWithOnlyASourceCanSubscribe() {
        LaneOptions lane = HubFixture.QUIET.withHeartbeat(Duration.ofSeconds(1));
        try (HubFixture bench = new HubFixture(options -> {}, 1, lane)) {
            FakeSink sink = bench.sink();
            bench.open(sink, StartPosition.live(), source -> {});
            bench.publish("a", "before");
            bench.run();
            assertThat(sink.lastEventId()).isEmpty();
            bench.subscribe(sink, "a");
            assertThat(sink.lastEventId()).as("sent at once").isEqualTo(bench.hub.headId());
            assertThatThrownBy(() -> sink.send(Event.builder().id("x").build()))
                    .isInstanceOf(IllegalArgumentException.class);
            bench.publish("a", "1");
            bench.run();
            assertThat(sink.data()).containsExactly("1");
            bench.publish("other", "x");
            bench.advance(TimeUnit.SECONDS.toNanos(3));
            assertThat(sink.lastEventId()).isEqualTo(bench.hub.headId());
        }
    }

    @Test
    void aTopicOfTwoSubscriptionsIsSentOnceAndStaysUntilBothHaveEnded() {
        try (HubFixture bench = new HubFixture()) {
            FakeSink sink = bench.live("a");
            bench.live("a");
            Subscription second = bench.subscribe(sink, "a");
            Subscription third = bench.subscribe(sink, "*", "a");
            assertThat(bench.hub.subscribers("a")).isEqualTo(2);
            bench.publish("a", "1");
            bench.run();
            bench.cancel(sink.state().requireSelection().first());
            bench.cancel(third);
            assertThat(bench.hub.subscribers("a")).isEqualTo(2);
            bench.publish("a", "2");
            bench.run();
            assertThat(sink.data()).containsExactly("1", "2");
            bench.cancel(second);
            assertThat(bench.hub.subscribers("a")).isEqualTo(1);
        }
    }

    @Test
    void closingASinkWithRepeatedTopicsLeavesCorrectCounts() {
        try (HubFixture bench = new HubFixture()) {
            FakeSink stays = bench.live("a");
            FakeSink goes = bench.live("a");
            bench.subscribe(goes, "a");
            bench.subscribe(goes, "a", "b");
            assertThat(bench.hub.subscribers("a")).isEqualTo(2);
            bench.onLane(() -> goes.close(CloseReason.RESET));
            assertThat(bench.hub.subscribers("a")).isEqualTo(1);
            assertThat(subscriptions(bench)).isEqualTo(1);
            bench.onLane(() -> stays.close(CloseReason.RESET));
            assertThat(bench.hub.subscribers("a")).isZero();
        }
    }

    @Test
    void eachSubscriptionHasItsOwnFilterAndForm() {
        try (HubFixture bench = new HubFixture()) {
            FakeSink sink = bench.open(
                    StartPosition.live(),
                    Selector.of("a")
                            .filtered(event -> !"hidden".equals(event.event().data())));
            Subscription rest = bench.subscribe(sink, Selector.of("**").withEnvelope());
            bench.publish("a", "1");
            bench.publish("a", "hidden");
            bench.publish("b", "2");
            bench.run();
            assertThat(sink.data())
                    .containsExactly("1", "{\"topic\":\"a\",\"data\":\"hidden\"}", "{\"topic\":\"b\",\"data\":\"2\"}");
            bench.cancel(rest);
            bench.publish("a", "hidden");
            bench.publish("a", "3");
            bench.run();
            assertThat(sink.data()).hasSize(4).endsWith("3");
        }
    }

    /** A second subscription does not deliver events that a filter rejected before it began. */
    @Test
    void aLaterSubscriptionWithoutAFilterGetsNoEarlierEvents() {
        try (HubFixture bench = new HubFixture()) {
            FakeSink sink = bench.open(StartPosition.live(), Selector.of("a").filtered(event -> false));
            bench.onLane(() -> sink.full(true));
            bench.publish("a", "before");
            bench.run();
            bench.subscribe(sink, "a");
            bench.publish("a", "after");
            bench.run();
            bench.onLane(() -> sink.full(false));
            bench.run();
            assertThat(sink.data()).containsExactly("after");
        }
    }

    /** Events collected for several subscriptions reach no other client, even if one subscription ends meanwhile. */
    @Test
    void aFilterThatCancelsASubscriptionAffectsNoOther() {
        try (HubFixture bench = new HubFixture()) {
            List<Subscription> ends = new ArrayList<>();
            EventFilter ending = event -> {
                ends.forEach(Subscription::cancel);
                ends.clear();
                return true;
            };
            Selector selector = Selector.of("a").filtered(ending);
            FakeSink one = bench.open(StartPosition.live(), selector);
            FakeSink other = bench.open(StartPosition.live(), selector);
            Subscription b = bench.subscribe(one, Selector.of("b").filtered(ending));
            bench.onLane(() -> List.of(one, other).forEach(sink -> sink.full(true)));
            bench.publish("a", "1");
            bench.publish("b", "2");
            bench.run();
            ends.add(b);
            bench.onLane(() -> List.of(one, other).forEach(sink -> sink.full(false)));
            bench.run();
            assertThat(one.data()).startsWith("1");
            assertThat(other.data()).containsExactly("1");
        }
    }

    @Test
    void aSecondSubscriptionOfTheSameKindStaysOnTheSharedBatch() {
        try (HubFixture bench = new HubFixture()) {
            for (int i = 0; i < 50; i++) {
                FakeSink sink = bench.live("a");
                bench.subscribe(sink, "b");
                assertThat(sink.state().hasView()).isFalse();
            }
            bench.framer().resetCounts();
            bench.publish("b", "x");
            bench.run();
            assertThat(bench.framer().framings()).isEqualTo(1);
        }
    }

    @Test
    void eachSubscriptionHasItsOwnOverflowPolicy() {
        try (HubFixture bench =
                new HubFixture(options -> options.historyEvents(2).overflow(OverflowPolicy.GAP))) {
            FakeSink sink = bench.live("a");
            bench.subscribe(sink, Selector.of("b").withOverflow(OverflowPolicy.LATEST));
            bench.onLane(() -> sink.full(true));
            bench.publishMany("a", 0, 5);
            bench.run();
            bench.onLane(() -> sink.full(false));
            bench.run();
            assertThat(sink.data()).as("gap, oldest kept").containsExactly("3", "4");
            bench.onLane(() -> sink.full(true));
            bench.publishMany("b", 10, 15);
            bench.run();
            bench.onLane(() -> sink.full(false));
            bench.run();
            assertThat(sink.data()).as("gap, from now on").containsExactly("3", "4");
            assertThat(sink.gaps()).hasSize(2);
        }
    }

    @Test
    void limitsAndErrorsAreTheSameAsForTheFirstSubscription() {
        try (HubFixture bench = new HubFixture(options -> options.maxTopics(1400))) {
            FakeSink sink = bench.live("a");
            List<String> terms = new ArrayList<>();
            for (int i = 0; i < 1000; i++) {
                terms.add("t/" + i);
            }
            assertThatThrownBy(() -> bench.subscribe(sink, Selector.of(terms)))
                    .hasCauseInstanceOf(IllegalArgumentException.class)
                    .hasMessageContaining("1001 topics and patterns: at most 1000 are allowed on one stream");
            bench.subscribe(sink, Selector.of(terms.subList(0, 999)));
            FakeSink other = bench.live("a", "b");
            terms.replaceAll(term -> term + "/x");
            assertThatThrownBy(() -> bench.subscribe(other, Selector.of(terms.subList(0, 60))))
                    .hasCauseInstanceOf(TopicLimitException.class);
            assertThat(bench.hub.topics(null, 9999))
                    .as("none of them was created")
                    .hasSize(1001);
            assertThat(subscriptions(bench)).isEqualTo(3);
            bench.publish("b", "1");
            bench.run();
            assertThat(other.data()).containsExactly("1");

            bench.onLane(() -> other.close(CloseReason.RESET));
            assertThatThrownBy(() -> bench.subscribe(other, "c")).hasCauseInstanceOf(ClosedException.class);
            assertThatThrownBy(() -> bench.subscribe(bench.sink(), "c"))
                    .hasCauseInstanceOf(IllegalStateException.class);
            bench.hub.close();
            assertThatThrownBy(() -> bench.subscribe(sink, "c")).hasCauseInstanceOf(ClosedException.class);
        }
    }

    @Test
    void aSubscribeOnAnEndedLaneFails() {
        try (HubFixture bench = new HubFixture()) {
            FakeSink sink = bench.live("a");
            bench.onLane(() -> sink.close(CloseReason.RESET));
            bench.lane().terminate();
            assertThatThrownBy(() -> sink.subscribe(Selector.of("b"))
                            .toCompletableFuture()
                            .join())
                    .hasCauseInstanceOf(ClosedException.class);
        }
    }
}
