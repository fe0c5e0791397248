package io.sluice.sse.netty;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.netty.channel.WriteBufferWaterMark;
import io.sluice.sse.CloseReason;
import io.sluice.sse.Event;
import io.sluice.sse.Sink;
import io.sluice.sse.Source;
import io.sluice.sse.source.Sources;
import io.sluice.sse.topic.SinkInfo;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.Flow;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;

/** A client stops reading and continues. Each kind of source follows its pace, and no event is lost. */
class SourcePaceTest {

    /** More than the kernel and the channel buffer for a client that does not read. */
    private static final int EVENTS = 1500;

    private static final String PADDING = "x".repeat(4000);

    private static Event event(int number) {
        return Event.of(number + PADDING);
    }

    @OverEachProtocol
    void aSourceThatSendsWhileWritableKeepsItsPace(Transport transport, ClientProtocol protocol) throws Exception {
        AtomicInteger next = new AtomicInteger();
        AtomicInteger rejected = new AtomicInteger();
        Source source = sink -> sink.onWritable(() -> {
            while (next.get() < EVENTS && sink.isWritable()) {
                if (sink.send(event(next.getAndIncrement()))
                        .toCompletableFuture()
                        .isCompletedExceptionally()) {
                    rejected.incrementAndGet();
                }
            }
            if (next.get() == EVENTS && sink.isWritable()) {
                sink.complete();
            }
        });
        stallAndContinue(protocol.on(transport), source, next, protocol);
        assertThat(rejected).hasValue(0);
    }

    @OverEachProtocol
    void aBlockingSourceKeepsItsPace(Transport transport, ClientProtocol protocol) throws Exception {
        AtomicInteger next = new AtomicInteger();
        stallAndContinue(
                protocol.on(transport),
                Sources.blocking(sink -> {
                    while (next.get() < EVENTS) {
                        sink.send(event(next.getAndIncrement()));
                    }
                }),
                next,
                protocol);
    }

    @OverEachProtocol
    void aPublisherKeepsItsPace(Transport transport, ClientProtocol protocol) throws Exception {
        AtomicInteger next = new AtomicInteger();
        Flow.Publisher<Event> publisher = subscriber -> subscriber.onSubscribe(new Flow.Subscription() {
            @Override
            public void request(long count) {
                for (long i = 0; i < count && next.get() < EVENTS; i++) {
                    subscriber.onNext(event(next.getAndIncrement()));
                    if (next.get() == EVENTS) {
                        subscriber.onComplete();
                    }
                }
            }

            @Override
            public void cancel() {}
        });
        stallAndContinue(protocol.on(transport), Sources.from(publisher), next, protocol);
    }

    private static void stallAndContinue(
            SseServerBuilder builder, Source source, AtomicInteger sent, ClientProtocol protocol) throws IOException {
        List<Sink> sinks = new CopyOnWriteArrayList<>();
        try (SseServer server = builder.streams(
                                "/paced",
                                request -> SseStream.of(sink -> {
                                    sinks.add(sink);
                                    source.start(sink);
                                }))
                        .streams("/events/**", StreamRoute.topics())
                        .start();
                StreamClient client = protocol.getSlowly(server, "/paced");
                StreamClient other = protocol.openBeside(client, server, "/events/a")) {
            await().until(() -> sinks.size() == 1);
            // The source is stalled: the channel is full, and nothing moved between two checks.
            AtomicInteger last = new AtomicInteger(-1);
            await().atMost(Duration.ofSeconds(60))
                    .pollInterval(Duration.ofMillis(200))
                    .until(() -> {
                        int before = last.getAndSet(sent.get());
                        return before == last.get()
                                && before > 0
                                && !sinks.get(0).isWritable();
                    });
            assertThat(sent.get()).isLessThan(EVENTS);
            assertThat(pendingBytes(server))
                    .as("cost of the client: its high-water mark and the first event of its small queue")
                    .isLessThan(WriteBufferWaterMark.DEFAULT.high() + 4 * PADDING.length());
            server.hub().publish("a", Event.of("unharmed"));
            other.awaitEvents(1);

            assertThat(client.awaitEnd(Duration.ofSeconds(180))).isTrue();
            List<String> expected =
                    IntStream.range(0, EVENTS).mapToObj(i -> i + PADDING).toList();
            assertThat(client.stream().data().subList(0, EVENTS)).isEqualTo(expected);
            await().untilAsserted(() -> assertThat(server.hub().stats().closed().get(CloseReason.SOURCE_COMPLETED))
                    .isEqualTo(1));
            assertThat(server.hub().stats().userCodeFailures()).isZero();
            other.close();
            TestServers.awaitNothingOwned(server.hub());
        }
    }

    private static long pendingBytes(SseServer server) {
        long most = 0;
        for (SinkInfo info : TestServers.sinks(server.hub())) {
            most = Math.max(most, info.pendingBytes());
        }
        return most;
    }

    /** A client leaves silently while its source waits for it. */
    @OverEachProtocol
    void aStalledSourceEndsWithItsClient(Transport transport, ClientProtocol protocol) throws Exception {
        AtomicInteger running = new AtomicInteger();
        Source source = Sources.blocking(sink -> {
            running.incrementAndGet();
            try {
                for (int i = 0; ; i++) {
                    sink.send(event(i));
                }
            } finally {
                running.decrementAndGet();
            }
        });
        try (SseServer server = protocol.on(transport)
                .streams("/paced", request -> SseStream.of(source))
                .start()) {
            for (int i = 0; i < 10; i++) {
                StreamClient client = protocol.getSlowly(server, "/paced");
                int expected = 1;
                await().until(() -> running.get() == expected && pendingBytes(server) > 0);
                client.reset();
                await().until(() -> running.get() == 0);
                client.close();
            }
            TestServers.awaitNothingOwned(server.hub());
            TestServers.awaitNothingScheduled(server);
            assertThat(server.hub().stats().userCodeFailures()).isZero();
        }
    }
}
