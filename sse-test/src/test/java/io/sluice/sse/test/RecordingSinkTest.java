package io.sluice.sse.test;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.sluice.sse.CloseReason;
import io.sluice.sse.Event;
import io.sluice.sse.Gap;
import io.sluice.sse.Identity;
import io.sluice.sse.Sink;
import io.sluice.sse.Source;
import io.sluice.sse.hub.Hub;
import io.sluice.sse.hub.TransportAccess;
import io.sluice.sse.source.Sources;
import io.sluice.sse.topic.Selector;
import io.sluice.sse.topic.StartPosition;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class RecordingSinkTest {

    private static final Duration SECOND = Duration.ofSeconds(1);

    /** Sends its number each second. */
    private static Source ticks() {
        return sink -> {
            AtomicInteger next = new AtomicInteger();
            sink.scope().every(SECOND, () -> sink.send(Event.of("tick", "" + next.incrementAndGet())));
        };
    }

    /** Sends numbers as long as the sink is writable. */
    private static Source numbers(AtomicInteger next) {
        return sink -> sink.onWritable(() -> {
            while (next.get() < 1000 && sink.offer(Event.of("" + next.get()))) {
                next.incrementAndGet();
            }
        });
    }

    private static List<String> numbers(int count) {
        return IntStream.range(0, count).mapToObj(Integer::toString).toList();
    }

    @Test
    void timeAdvancesOnlyWhenTheTestAdvancesIt() {
        try (RecordingSink sink = RecordingSink.start(ticks())) {
            assertThat(sink.data()).isEmpty();
            sink.advance(Duration.ofMillis(999));
            assertThat(sink.data()).isEmpty();
            sink.advance(Duration.ofMillis(1));
            assertThat(sink.data()).containsExactly("1");
            sink.advance(Duration.ofSeconds(3));
            assertThat(sink.data()).containsExactly("1", "2", "3", "4");
            assertThat(sink.events().get(0)).isEqualTo(new ReceivedEvent("tick", "1", ""));
            assertThat(sink.retries()).containsExactly(3000L);
        }
    }

    @Test
    void aStalledClientIsNotWritableUntilItReads() {
        AtomicInteger next = new AtomicInteger();
        try (RecordingSink sink = RecordingSink.builder().stalled(100).start(numbers(next))) {
            assertThat(next).hasValueBetween(1, 100);
            assertThat(sink.data()).isEmpty();
            int before = next.get();
            sink.readFrames(2);
            assertThat(next).hasValueGreaterThan(before);
            sink.read();
            assertThat(next).hasValue(1000);
            assertThat(sink.data()).isEqualTo(numbers(1000));
        }
    }

    @Test
    void aClientMayReadPartOfAnEvent() {
        Source source = sink -> sink.send(Event.of("hello"));
        try (RecordingSink sink = RecordingSink.builder().stalled(1000).start(source)) {
            long pending = sink.pendingBytes();
            sink.readBytes(pending - 1);
            assertThat(sink.data()).isEmpty();
            assertThat(sink.text()).endsWith("data: hello\n");
            sink.readBytes(1);
            assertThat(sink.data()).containsExactly("hello");
            assertThat(sink.pendingBytes()).isZero();
        }
    }

    @Test
    void theEndOfTheClientStopsTheSource() {
        List<CloseReason> stopped = new ArrayList<>();
        Source source = new Source() {
            @Override
            public void start(Sink sink) {
                sink.scope().every(SECOND, () -> sink.send(Event.of("tick")));
            }

            @Override
            public void stop(Sink sink, CloseReason reason) {
                stopped.add(reason);
            }
        };
        RecordingSink sink = RecordingSink.start(source);
        sink.close();
        assertThat(stopped).containsExactly(CloseReason.CLIENT_LEFT);
        assertThat(sink.endReason()).isEqualTo(CloseReason.CLIENT_LEFT);
        assertThat(sink.endedOrderly()).isFalse();
    }

    @Test
    void aSourceThatCompletesEndsTheStreamWithAnEndEvent() {
        try (RecordingSink sink = RecordingSink.start(client -> {
            client.send(Event.of("last"));
            client.complete();
        })) {
            assertThat(sink.endReason()).isEqualTo(CloseReason.SOURCE_COMPLETED);
            assertThat(sink.endedOrderly()).isTrue();
            assertThat(sink.data()).containsExactly("last");
            assertThat(sink.events()).extracting(ReceivedEvent::type).containsExactly("message", "end");
        }
    }

    @Test
    void failuresOfUserCodeAreRecorded() {
        IllegalStateException failure = new IllegalStateException("no data");
        try (RecordingSink sink = RecordingSink.start(client -> {
            throw failure;
        })) {
            assertThat(sink.failures()).containsExactly(failure);
            assertThat(sink.endReason()).isEqualTo(CloseReason.SOURCE_FAILED);
        }
    }

    @Test
    void aFailureThatTheTestDoesNotSeeFailsTheTest() {
        IllegalStateException failure = new IllegalStateException("no data");
        RecordingSink sink = RecordingSink.start(client -> client.fail(failure));
        assertThatThrownBy(sink::close).isInstanceOf(AssertionError.class).hasCause(failure);
    }

    @Test
    void aSourceIsNotifiedOfADrain() {
        Source source = new Source() {
            @Override
            public void start(Sink sink) {}

            @Override
            public void draining(Sink sink, Duration left) {
                sink.send(Event.of("bye in " + left.toSeconds()));
                sink.complete();
            }
        };
        try (RecordingSink sink = RecordingSink.start(source)) {
            sink.drain(Duration.ofSeconds(5));
            assertThat(sink.data()).containsExactly("bye in 5");
            assertThat(sink.endReason()).isEqualTo(CloseReason.SOURCE_COMPLETED);
        }
    }

    @Test
    void heartbeatsFollowTheClockOfTheTest() {
        try (RecordingSink sink = RecordingSink.builder()
                .lane(RecordingSink.QUIET.withHeartbeat(Duration.ofSeconds(15)))
                .start(client -> {})) {
            sink.advance(Duration.ofMinutes(1));
            assertThat(sink.comments()).hasSizeBetween(3, 4);
        }
    }

    @Test
    void aBlockingSourceRunsOnThreads() {
        try (RecordingSink sink = RecordingSink.builder()
                .onThreads()
                .stalled(100)
                .start(Sources.blocking(client -> {
                    for (int i = 0; i < 200; i++) {
                        client.send(Event.of("" + i));
                    }
                }))) {
            sink.await(() -> !sink.isWritable());
            sink.read();
            sink.await(() -> sink.endReason() == CloseReason.SOURCE_COMPLETED);
            assertThat(sink.data()).isEqualTo(numbers(200));
        }
    }

    @Test
    void aBlockedSourceIsInterruptedWhenTheClientLeaves() {
        CountDownLatch never = new CountDownLatch(1);
        AtomicInteger interrupted = new AtomicInteger();
        RecordingSink sink = RecordingSink.builder().onThreads().start(client -> {
            client.send(Event.of("started"));
            client.scope().fork(() -> {
                try {
                    never.await();
                } catch (InterruptedException e) {
                    interrupted.incrementAndGet();
                }
            });
        });
        sink.await(() -> sink.data().equals(List.of("started")));
        sink.close();
        assertThat(interrupted.get()).isBetween(0, 1); // 0 if the client left before the work began
    }

    @Test
    void aSourceThatNeverStopsIsReported() {
        Source endless = sink -> sink.onWritable(() -> {
            while (sink.offer(Event.of("more"))) {}
        });
        assertThatThrownBy(() -> RecordingSink.start(endless)).hasMessageContaining("needs a client that stalls");
    }

    @Test
    void theSourceSeesTheIdentityOfTheClient() {
        Source source = sink -> sink.send(Event.of("hello " + sink.identity().principal()));
        try (RecordingSink sink =
                RecordingSink.builder().identity(Identity.of("ann")).start(source)) {
            assertThat(sink.data()).containsExactly("hello ann");
        }
    }

    @Test
    void aSubscriberReceivesWhatIsPublishedAndGapsAfterAnEviction() {
        try (Hub hub = Hub.builder().historyEvents(2).build()) {
            String id = hub.publish("orders/7", Event.of("0"))
                    .toCompletableFuture()
                    .join()
                    .id();
            try (RecordingSink sink = RecordingSink.subscribe(hub, "orders/7")) {
                for (int i = 1; i < 5; i++) {
                    hub.publish("orders/7", Event.of("" + i));
                    sink.run();
                }
                assertThat(sink.data()).containsExactly("1", "2", "3", "4");
            }
            try (RecordingSink back = RecordingSink.subscribe(hub, Selector.of("orders/7"), StartPosition.after(id))) {
                assertThat(back.gaps()).extracting(ReceivedEvent::type).containsExactly(Gap.EVENT_NAME);
                assertThat(back.data()).containsExactly("3", "4");
                back.clear();
                assertThat(back.events()).isEmpty();
                assertThat(back.text()).isEmpty();
            }
            assertThat(hub.ledger().isZero()).isTrue();
        }
    }

    @Test
    void aSinkOpenedByTheTestHasNoClock() {
        try (Hub hub = Hub.create()) {
            ManualLane lane = new ManualLane();
            RecordingSink sink = new RecordingSink(
                    TransportAccess.of(hub).join(lane, new MemoryFramer(lane, hub.ledger()), RecordingSink.QUIET),
                    null);
            lane.run(() -> sink.open(Selector.of("a"), StartPosition.live(), null));
            hub.publish("a", Event.of("1"));
            lane.runAll();
            assertThat(sink.data()).containsExactly("1");
            assertThatThrownBy(() -> sink.advance(SECOND)).isInstanceOf(IllegalStateException.class);
            sink.close();
            lane.runAll();
            assertThat(hub.ledger().isZero()).isTrue();
        }
    }
}
