package io.sluice.sse.hub.lane;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatNullPointerException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.sluice.sse.CloseReason;
import io.sluice.sse.ClosedException;
import io.sluice.sse.Event;
import io.sluice.sse.Ledger;
import io.sluice.sse.hub.Hub;
import io.sluice.sse.topic.HubSink;
import io.sluice.sse.topic.OverflowPolicy;
import io.sluice.sse.topic.Selector;
import io.sluice.sse.topic.StartPosition;
import io.sluice.sse.topic.TopicEvent;
import io.sluice.sse.topic.TopicLimitException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Flow;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** Subscribers in this process: a consumer, and a publisher of Reactive Streams. */
class LocalSubscriberTest {

    private static HubSink subscribe(
            HubFixture bench, StartPosition start, Consumer<TopicEvent> consumer, String... terms) {
        CompletableFuture<HubSink> begun =
                bench.hub.subscribe(Selector.of(terms), start, consumer).toCompletableFuture();
        bench.run();
        return begun.join();
    }

    private static Consumer<TopicEvent> into(List<String> got) {
        return event -> got.add(event.topic() + " " + event.event().data());
    }

    private static void close(HubFixture bench, HubSink sink) {
        sink.close(CloseReason.CLIENT_LEFT);
        bench.run();
        assertThat(bench.hub.ledger().isZero()).as("%s", bench.hub.ledger()).isTrue();
    }

    // ---- a consumer

    @Test
    void aConsumerGetsItsTopicsInOrderWithTheirIds() {
        try (HubFixture bench = new HubFixture()) {
            List<String> got = new ArrayList<>();
            List<@Nullable String> ids = new ArrayList<>();
            List<@Nullable String> sent = new ArrayList<>();
            sent.add(bench.publish("a/1", "kept"));
            HubSink sink = subscribe(
                    bench,
                    StartPosition.replay(9),
                    event -> {
                        got.add(event.topic() + " " + event.event().data());
                        ids.add(event.event().id());
                    },
                    "a/*",
                    "b");
            sent.add(bench.publish("a/1", Event.of("named", "one")).id());
            sent.add(bench.publish("b", Event.builder().id("mine").data("two").build())
                    .id());
            bench.publish("c", "not for it");
            sent.add(bench.hub
                    .publish(List.of("b", "a/2"), Event.of("once"))
                    .toCompletableFuture()
                    .join()
                    .id());
            bench.run();
            assertThat(got).hasSize(4).startsWith("a/1 kept", "a/1 one", "b two");
            assertThat(got.get(3)).endsWith(" once");
            assertThat(ids).isEqualTo(sent);
            assertThat(sink.protocol()).isEqualTo("in-process");
            assertThat(bench.hub.ledger().counts())
                    .containsEntry(Ledger.Kind.SINKS, 1L)
                    .containsEntry(Ledger.Kind.SUBSCRIPTIONS, 1L);
            assertThat(bench.hub.subscribers("b")).isEqualTo(1);
            close(bench, sink);
            bench.publish("b", "later");
            bench.run();
            assertThat(got).hasSize(4);
        }
    }

    @Test
    void severalSubscribersHavePositionsOfTheirOwn() {
        try (HubFixture bench = new HubFixture()) {
            bench.publishMany("a", 0, 5);
            List<String> all = new ArrayList<>();
            List<String> two = new ArrayList<>();
            List<String> live = new ArrayList<>();
            HubSink first = subscribe(bench, StartPosition.replay(9), into(all), "a");
            HubSink second = subscribe(bench, StartPosition.replay(2), into(two), "a");
            HubSink third = subscribe(bench, StartPosition.live(), into(live), "a");
            bench.publish("a", "5");
            bench.run();
            assertThat(all).hasSize(6);
            assertThat(two).containsExactly("a 3", "a 4", "a 5");
            assertThat(live).containsExactly("a 5");
            first.close(CloseReason.CLIENT_LEFT);
            second.close(CloseReason.CLIENT_LEFT);
            close(bench, third);
        }
    }

    @Test
    void aGapIsAnEventWithoutATopic() {
        try (HubFixture bench = new HubFixture()) {
            bench.publish("a", "kept");
            List<String> got = new ArrayList<>();
            HubSink sink = subscribe(
                    bench,
                    StartPosition.after("unknown"),
                    event -> got.add(event.event().name() + " " + event.topic()),
                    "a");
            assertThat(got).containsExactly("gap ", "null a");
            close(bench, sink);
        }
    }

    @Test
    void aConsumerThatThrowsGetsNothingMore() {
        try (HubFixture bench = new HubFixture()) {
            List<String> got = new ArrayList<>();
            HubSink sink = subscribe(
                    bench,
                    StartPosition.live(),
                    event -> {
                        got.add(String.valueOf(event.event().data()));
                        if (got.size() == 2) {
                            throw new IllegalStateException("thrown by the test");
                        }
                    },
                    "a");
            FakeSink client = bench.live("a");
            bench.publishMany("a", 0, 5);
            bench.run();
            assertThat(got).containsExactly("0", "1");
            assertThat(sink.isOpen()).isFalse();
            assertThat(sink.scope().reason()).isEqualTo(CloseReason.SOURCE_FAILED);
            assertThat(bench.hub.stats().userCodeFailures()).isEqualTo(1);
            assertThat(client.data()).hasSize(5);
        }
    }

    @Test
    void theEndOfItsTopicEndsItAfterTheLastEvent() {
        try (HubFixture bench = new HubFixture()) {
            List<String> got = new ArrayList<>();
            HubSink sink = subscribe(bench, StartPosition.live(), into(got), "a");
            sink.scope().onClose(reason -> got.add(reason.tag()));
            bench.run();
            bench.publish("a", "one");
            bench.hub.end("a", Event.of("last"));
            bench.run();
            assertThat(got).containsExactly("a one", "a last", "topic-ended");
            assertThat(bench.hub.ledger().isZero()).isTrue();
        }
    }

    @Test
    void itMaySubscribeToMoreAndMayBeSentEventsDirectly() {
        try (HubFixture bench = new HubFixture()) {
            List<String> got = new ArrayList<>();
            HubSink sink = subscribe(bench, StartPosition.live(), into(got), "a");
            sink.subscribe(Selector.of("b"));
            bench.run();
            bench.publish("b", "x");
            bench.run();
            sink.send(Event.of("direct"));
            bench.run();
            assertThat(got).containsExactly("b x", " direct");
            close(bench, sink);
        }
    }

    @Test
    void aSubscriptionThatFailsLeavesNothing() {
        try (HubFixture bench = new HubFixture(options -> options.maxTopics(1))) {
            bench.publish("a", "x");
            CompletableFuture<HubSink> begun = bench.hub
                    .subscribe(Selector.of("b"), StartPosition.live(), event -> {})
                    .toCompletableFuture();
            bench.run();
            assertThatThrownBy(begun::join).hasCauseInstanceOf(TopicLimitException.class);
            assertThat(bench.hub.ledger().isZero()).isTrue();
            bench.hub.close();
            CompletableFuture<HubSink> late = bench.hub
                    .subscribe(Selector.of("a"), StartPosition.live(), event -> {})
                    .toCompletableFuture();
            bench.run();
            assertThatThrownBy(late::join).hasCauseInstanceOf(ClosedException.class);
        }
    }

    @Test
    void anIdOfAnEndIsTheEnd() {
        try (HubFixture bench = new HubFixture()) {
            HubSink sink = subscribe(bench, StartPosition.after("end~1"), event -> {}, "a");
            assertThat(sink.isOpen()).isFalse();
            assertThat(bench.hub.stats().topics()).isZero();
        }
    }

    @Test
    void aConsumerThatBlocksHoldsUpNoOtherAndIsInterruptedByItsEnd() throws Exception {
        Hub hub = Hub.builder().historyEvents(10).overflow(OverflowPolicy.GAP).build();
        CountDownLatch entered = new CountDownLatch(1);
        CountDownLatch never = new CountDownLatch(1);
        CompletableFuture<Throwable> interrupted = new CompletableFuture<>();
        List<String> got = new ArrayList<>();
        try {
            HubSink blocked = hub.subscribe(Selector.of("a"), StartPosition.live(), event -> {
                        entered.countDown();
                        try {
                            never.await();
                        } catch (InterruptedException e) {
                            interrupted.complete(e);
                            throw new IllegalStateException(e);
                        }
                    })
                    .toCompletableFuture()
                    .get(60, TimeUnit.SECONDS);
            CountDownLatch all = new CountDownLatch(200);
            hub.subscribe(Selector.of("a"), StartPosition.live(), event -> {
                        got.add(String.valueOf(event.event().data()));
                        all.countDown();
                    })
                    .toCompletableFuture()
                    .get(60, TimeUnit.SECONDS);
            hub.publish("a", Event.of("0"));
            assertThat(entered.await(60, TimeUnit.SECONDS)).isTrue();
            for (int i = 1; i < 200; i++) {
                hub.publish("a", Event.of(Integer.toString(i)));
                int size = i;
                await().until(() -> all.getCount() <= 199 - size);
            }
            assertThat(got).isEqualTo(HubFixture.numbers(0, 200));
            assertThat(blocked.isOpen()).isTrue();
            blocked.close(CloseReason.CLIENT_LEFT);
            assertThat(interrupted.get(60, TimeUnit.SECONDS)).isInstanceOf(InterruptedException.class);
            assertThat(hub.stats().userCodeFailures())
                    .as("its end interrupted it")
                    .isZero();
        } finally {
            hub.close();
        }
        await().until(() -> hub.ledger().isZero());
    }

    // ---- a publisher

    private static final class Collector implements Flow.Subscriber<TopicEvent> {

        final List<String> signals = new ArrayList<>();
        Flow.@Nullable Subscription subscription;
        Runnable onNext = () -> {};

        @Override
        public void onSubscribe(Flow.Subscription begun) {
            signals.add("begun");
            subscription = begun;
        }

        @Override
        public void onNext(TopicEvent event) {
            signals.add(String.valueOf(event.event().data()));
            onNext.run();
        }

        @Override
        public void onError(Throwable failure) {
            signals.add(failure.getClass().getSimpleName() + " " + failure.getMessage());
        }

        @Override
        public void onComplete() {
            signals.add("complete");
        }

        void request(long events) {
            if (subscription == null) {
                throw new AssertionError("not begun");
            }
            subscription.request(events);
        }
    }

    private static Collector collect(HubFixture bench, StartPosition start, String topic) {
        Collector collector = new Collector();
        bench.hub.publisher(Selector.of(topic), start).subscribe(collector);
        bench.run();
        return collector;
    }

    @Test
    void eventsFollowTheDemandAndThenTheEnd() {
        try (HubFixture bench = new HubFixture()) {
            bench.publishMany("a", 0, 5);
            Collector collector = collect(bench, StartPosition.replay(9), "a");
            assertThat(collector.signals).as("nothing without demand").containsExactly("begun");
            collector.request(1);
            bench.run();
            assertThat(collector.signals).containsExactly("begun", "0");
            collector.request(2);
            collector.request(1);
            bench.run();
            assertThat(collector.signals).containsExactly("begun", "0", "1", "2", "3");
            bench.hub.end("a", Event.of("last"));
            bench.run();
            collector.request(Long.MAX_VALUE);
            collector.request(Long.MAX_VALUE);
            bench.run();
            assertThat(collector.signals).endsWith("3", "4", "last", "complete").hasSize(8);
            assertThat(bench.hub.ledger().isZero()).isTrue();
        }
    }

    @Test
    void completionNeedsNoDemandWhenNothingIsLeft() {
        try (HubFixture bench = new HubFixture()) {
            Collector collector = collect(bench, StartPosition.live(), "a");
            collector.request(1);
            bench.hub.end("a", Event.of("last"));
            bench.run();
            assertThat(collector.signals).containsExactly("begun", "last", "complete");
            Collector late = collect(bench, StartPosition.after("end~1"), "a");
            assertThat(late.signals).containsExactly("begun", "complete");
        }
    }

    @Test
    void aCancelEndsItAtOnceAlsoFromWithin() {
        try (HubFixture bench = new HubFixture()) {
            Collector collector = collect(bench, StartPosition.live(), "a");
            collector.onNext = () -> {
                if (collector.subscription != null) {
                    collector.subscription.cancel();
                }
            };
            collector.request(9);
            bench.publishMany("a", 0, 5);
            bench.run();
            assertThat(collector.signals).containsExactly("begun", "0");
            assertThat(bench.hub.ledger().isZero()).isTrue();
            collector.request(1);
            collector.request(-1);
            bench.run();
            assertThat(collector.signals).as("nothing after a cancel").containsExactly("begun", "0");
        }
    }

    @Test
    void aRequestOfNothingIsAnError() {
        try (HubFixture bench = new HubFixture()) {
            Collector collector = collect(bench, StartPosition.live(), "a");
            collector.request(0);
            bench.publish("a", "x");
            bench.run();
            assertThat(collector.signals).hasSize(2);
            assertThat(collector.signals.get(1))
                    .startsWith("IllegalArgumentException request: 0")
                    .contains("3.9");
            assertThat(bench.hub.ledger().isZero()).isTrue();
        }
    }

    @Test
    void aRequestFromWithinDoesNotRecurse() {
        try (HubFixture bench = new HubFixture(options -> options.historyEvents(20_000))) {
            bench.publishMany("a", 0, 10_000);
            Collector collector = collect(bench, StartPosition.replay(10_000), "a");
            collector.onNext = () -> collector.request(1);
            collector.request(1);
            bench.run();
            assertThat(collector.signals).hasSize(10_001);
            if (collector.subscription != null) {
                collector.subscription.cancel();
            }
            bench.run();
        }
    }

    @Test
    void otherEndsAreErrors() {
        HubFixture bench = new HubFixture(options -> options.maxTopics(1));
        try (bench) {
            Collector open = collect(bench, StartPosition.live(), "a");
            Collector tooMany = collect(bench, StartPosition.live(), "b");
            assertThat(tooMany.signals).hasSize(2);
            assertThat(tooMany.signals.get(1)).startsWith("TopicLimitException");
            bench.hub.find("1").thenAccept(sink -> sink.orElseThrow().close(CloseReason.CLOSED_BY_APPLICATION));
            bench.run();
            assertThat(open.signals).hasSize(2);
            assertThat(open.signals.get(1)).startsWith("ClosedException").contains("closed-by-application");
            assertThatNullPointerException()
                    .isThrownBy(() -> bench.hub
                            .publisher(Selector.of("a"), StartPosition.live())
                            .subscribe(null));
        }
        Collector late = collect(bench, StartPosition.live(), "a");
        assertThat(late.signals).hasSize(2);
        assertThat(late.signals.get(1)).startsWith("ClosedException");
    }

    @Test
    void withoutDemandItOverflowsAsAnyClient() {
        try (HubFixture bench =
                new HubFixture(options -> options.historyEvents(2).overflow(OverflowPolicy.GAP))) {
            Collector collector = collect(bench, StartPosition.live(), "a");
            for (int i = 0; i < 9; i++) {
                bench.publish("a", Integer.toString(i));
                bench.run();
            }
            collector.request(Long.MAX_VALUE);
            bench.run();
            assertThat(collector.signals).hasSize(5).startsWith("begun", "0").endsWith("7", "8");
            assertThat(collector.signals.get(2)).contains("\"evicted\"");
            bench.hub.find("1").thenAccept(sink -> sink.orElseThrow().close(CloseReason.CLIENT_LEFT));
            bench.run();
        }
    }
}
