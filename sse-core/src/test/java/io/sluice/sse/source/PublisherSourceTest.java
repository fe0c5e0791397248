package io.sluice.sse.source;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatNullPointerException;
import static org.awaitility.Awaitility.await;

import io.sluice.sse.CloseReason;
import io.sluice.sse.Event;
import io.sluice.sse.hub.Hub;
import java.util.List;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.Flow;
import java.util.concurrent.SubmissionPublisher;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** A publisher fills a sink at the client's pace. Rule numbers are those of Reactive Streams 1.0.4. */
class PublisherSourceTest {

    private static final String PADDING = "x".repeat(200);

    /** A publisher that a test controls, and that records the requested demand. */
    private static class Told implements Flow.Publisher<Event>, Flow.Subscription {
        final ConcurrentLinkedQueue<Long> requests = new ConcurrentLinkedQueue<>();
        final AtomicInteger cancels = new AtomicInteger();
        volatile Flow.Subscriber<? super Event> subscriber;

        @Override
        public void subscribe(Flow.Subscriber<? super Event> newSubscriber) {
            subscriber = newSubscriber;
            newSubscriber.onSubscribe(this);
        }

        @Override
        public void request(long count) {
            requests.add(count);
        }

        @Override
        public void cancel() {
            cancels.incrementAndGet();
        }

        long requested() {
            return requests.stream().mapToLong(Long::longValue).sum();
        }
    }

    private static FakeStream stream() {
        return new FakeStream(Hub.builder());
    }

    private static void awaitEmptyLedger(FakeStream stream) {
        await().untilAsserted(() -> assertThat(stream.hub.ledger().isZero())
                .as("%s", stream.hub.ledger())
                .isTrue());
    }

    private static FakeStream.Client open(FakeStream stream, Told publisher) {
        FakeStream.Client client = stream.open(Sources.from(publisher));
        await().until(() -> publisher.requested() > 0 || !client.isOpen());
        return client;
    }

    @Test
    void demandFollowsWritabilityAndNothingIsDropped() throws Exception {
        try (FakeStream stream = stream();
                SubmissionPublisher<Event> publisher = new SubmissionPublisher<>()) {
            FakeStream.Client client = stream.open(Sources.from(publisher));
            await().until(() -> publisher.getNumberOfSubscribers() == 1);
            client.read(false);
            int offered = 0;
            while (publisher.estimateMaximumLag() < 200) {
                publisher.submit(Event.of(offered++ + PADDING));
            }
            client.read(true);
            while (offered < 3000) {
                publisher.submit(Event.of(offered++ + PADDING));
            }
            publisher.close();
            assertThat(client.ended.get(60, TimeUnit.SECONDS)).isEqualTo(CloseReason.SOURCE_COMPLETED);
            List<String> expected =
                    IntStream.range(0, offered).mapToObj(i -> i + PADDING).toList();
            assertThat(client.texts().subList(0, offered)).containsExactlyElementsOf(expected);
            awaitEmptyLedger(stream);
        }
    }

    @Test
    void noDemandIsSignalledForAClientThatDoesNotRead() {
        try (FakeStream stream = stream()) {
            Told publisher = new Told();
            FakeStream.Client client = open(stream, publisher);
            client.read(false);
            for (long sent = 0; sent < publisher.requested(); sent++) {
                publisher.subscriber.onNext(Event.of(PADDING));
            }
            await().until(() -> !client.isWritable());
            long asked = publisher.requested();
            assertThat(asked).isLessThan(HIGH_WATER_EVENTS + 2L * SinkSubscriber.DEMAND);
            assertThat(publisher.requests).allSatisfy(count -> assertThat(count).isPositive()); // rule 3.9
            client.read(true);
            await().until(() -> publisher.requested() > asked);
            client.close(CloseReason.CLIENT_LEFT);
            awaitEmptyLedger(stream);
        }
    }

    private static final int HIGH_WATER_EVENTS = FakeStream.Client.HIGH_WATER / 200;

    @Test
    void theEndOfTheClientCancelsOnce() {
        try (FakeStream stream = stream()) {
            Told publisher = new Told();
            FakeStream.Client client = open(stream, publisher);
            client.close(CloseReason.CLIENT_LEFT);
            await().until(() -> publisher.cancels.get() == 1);
            publisher.subscriber.onNext(Event.of("late")); // rule 2.8: it may still arrive
            publisher.subscriber.onComplete();
            publisher.subscriber.onError(new IllegalStateException("late"));
            awaitEmptyLedger(stream);
            assertThat(publisher.cancels).hasValue(1);
            assertThat(stream.hub.stats().userCodeFailures()).isZero();
        }
    }

    @Test
    void aSubscriptionThatComesAfterTheClientLeftIsCancelled() {
        try (FakeStream stream = stream()) {
            Told publisher = new Told() {
                @Override
                public void subscribe(Flow.Subscriber<? super Event> newSubscriber) {
                    subscriber = newSubscriber;
                }
            };
            FakeStream.Client client = stream.open(Sources.from(publisher));
            await().until(() -> publisher.subscriber != null);
            client.close(CloseReason.CLIENT_LEFT);
            awaitEmptyLedger(stream);
            publisher.subscriber.onSubscribe(publisher);
            assertThat(publisher.cancels).hasValue(1);
            assertThat(publisher.requests).isEmpty();
        }
    }

    @Test
    void aFailureEndsTheSinkAfterTheEventsBeforeIt() throws Exception {
        try (FakeStream stream = stream()) {
            Told publisher = new Told();
            FakeStream.Client client = open(stream, publisher);
            publisher.subscriber.onNext(Event.of("before"));
            await().until(() -> client.texts().contains("before"));
            publisher.subscriber.onError(new IllegalStateException("thrown by the test"));
            assertThat(client.ended.get(60, TimeUnit.SECONDS)).isEqualTo(CloseReason.SOURCE_FAILED);
            assertThat(stream.hub.stats().userCodeFailures()).isEqualTo(1);
            awaitEmptyLedger(stream);
        }
    }

    @Test
    void rule2_3_aTerminatedPublisherIsNotCancelled() throws Exception {
        try (FakeStream stream = stream()) {
            for (boolean fails : new boolean[] {false, true}) {
                Told publisher = new Told();
                FakeStream.Client client = open(stream, publisher);
                if (fails) {
                    publisher.subscriber.onError(new IllegalStateException("thrown by the test"));
                } else {
                    publisher.subscriber.onComplete();
                }
                client.ended.get(60, TimeUnit.SECONDS);
                awaitEmptyLedger(stream);
                assertThat(publisher.cancels).hasValue(0);
            }
        }
    }

    @Test
    void rule2_5_aSecondSubscriptionIsCancelledAndTheFirstContinues() {
        try (FakeStream stream = stream()) {
            Told publisher = new Told();
            FakeStream.Client client = open(stream, publisher);
            Told second = new Told();
            publisher.subscriber.onSubscribe(second);
            assertThat(second.cancels).hasValue(1);
            assertThat(publisher.cancels).hasValue(0);
            publisher.subscriber.onNext(Event.of("goes on"));
            await().until(() -> client.texts().contains("goes on"));
        }
    }

    @Test
    void rule2_13_nullCausesANullPointerException() {
        try (FakeStream stream = stream()) {
            Told publisher = new Told();
            open(stream, publisher);
            assertThatNullPointerException().isThrownBy(() -> publisher.subscriber.onSubscribe(null));
            assertThatNullPointerException().isThrownBy(() -> publisher.subscriber.onNext(null));
            assertThatNullPointerException().isThrownBy(() -> publisher.subscriber.onError(null));
        }
    }

    @Test
    void rule1_1_moreThanTheDemandFailsTheSinkAndHoldsNoMemory() throws Exception {
        try (FakeStream stream = stream()) {
            Told publisher = new Told();
            FakeStream.Client client = open(stream, publisher);
            client.read(false);
            for (int i = 0; i < 1000; i++) {
                publisher.subscriber.onNext(Event.of(PADDING));
            }
            assertThat(client.ended.get(60, TimeUnit.SECONDS)).isEqualTo(CloseReason.SOURCE_FAILED);
            await().until(() -> publisher.cancels.get() == 1);
            awaitEmptyLedger(stream);
        }
    }

    /** The inverse of rule 3.3: a publisher that delivers inside request causes no recursion in the source. */
    @Test
    void rule3_3_deliveryInsideRequestDoesNotRecurse() throws Exception {
        try (FakeStream stream = stream()) {
            AtomicInteger depth = new AtomicInteger();
            AtomicInteger deepest = new AtomicInteger();
            AtomicInteger next = new AtomicInteger();
            Told publisher = new Told() {
                @Override
                public void request(long count) {
                    deepest.accumulateAndGet(depth.incrementAndGet(), Math::max);
                    for (long i = 0; i < count && next.get() < 10_000; i++) {
                        subscriber.onNext(Event.of("" + next.getAndIncrement()));
                    }
                    depth.decrementAndGet();
                    if (next.get() == 10_000) {
                        subscriber.onComplete();
                    }
                }
            };
            FakeStream.Client client = stream.open(Sources.from(publisher));
            assertThat(client.ended.get(60, TimeUnit.SECONDS)).isEqualTo(CloseReason.SOURCE_COMPLETED);
            assertThat(deepest).hasValue(1);
            assertThat(client.texts()).hasSize(10_001);
            assertThat(client.texts().subList(0, 10_000))
                    .isEqualTo(IntStream.range(0, 10_000).mapToObj(i -> "" + i).toList());
        }
    }

    @Test
    void rule2_7_oneThreadAtATimeCallsTheSubscription() throws Exception {
        try (FakeStream stream = stream()) {
            AtomicInteger inside = new AtomicInteger();
            List<String> overlaps = new CopyOnWriteArrayList<>();
            Told publisher = new Told() {
                private void enter(String call) {
                    if (inside.incrementAndGet() > 1) {
                        overlaps.add(call);
                    }
                    Thread.yield();
                    inside.decrementAndGet();
                }

                @Override
                public void request(long count) {
                    enter("request");
                    super.request(count);
                }

                @Override
                public void cancel() {
                    enter("cancel");
                    super.cancel();
                }
            };
            FakeStream.Client client = open(stream, publisher);
            Thread[] threads = new Thread[3]; // violates rule 1.3 too: only the order is lost
            AtomicInteger sent = new AtomicInteger();
            for (int t = 0; t < threads.length; t++) {
                threads[t] = new Thread(() -> {
                    while (sent.get() < 2000) {
                        int mine = sent.get();
                        if (mine < publisher.requested() && sent.compareAndSet(mine, mine + 1)) {
                            publisher.subscriber.onNext(Event.of("x"));
                        }
                    }
                });
                threads[t].start();
            }
            for (Thread thread : threads) {
                thread.join();
            }
            // 2000, or a few more, because the threads check before they count
            await().until(() -> client.texts().size() == sent.get());
            client.close(CloseReason.CLIENT_LEFT);
            await().until(() -> publisher.cancels.get() == 1);
            assertThat(overlaps).isEmpty();
        }
    }

    @Test
    void aPublisherThatThrowsAffectsItsOwnSinkOnly() throws Exception {
        try (FakeStream stream = stream()) {
            FakeStream.Client other = stream.open(sink -> {});
            FakeStream.Client atSubscribe = stream.open(Sources.from(subscriber -> {
                throw new StackOverflowError("thrown by the test");
            }));
            Told publisher = new Told() {
                @Override
                public void request(long count) {
                    throw new IllegalStateException("thrown by the test");
                }

                @Override
                public void cancel() {
                    super.cancel();
                    throw new IllegalStateException("thrown by the test");
                }
            };
            FakeStream.Client atRequest = stream.open(Sources.from(publisher));
            assertThat(atSubscribe.ended.get(60, TimeUnit.SECONDS)).isEqualTo(CloseReason.SOURCE_FAILED);
            assertThat(atRequest.ended.get(60, TimeUnit.SECONDS)).isEqualTo(CloseReason.SOURCE_FAILED);
            await().until(() -> publisher.cancels.get() == 1);
            other.send(Event.of("unharmed")).toCompletableFuture().get(60, TimeUnit.SECONDS);
            other.close(CloseReason.CLIENT_LEFT);
            awaitEmptyLedger(stream);
        }
    }
}
