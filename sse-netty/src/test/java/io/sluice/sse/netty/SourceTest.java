package io.sluice.sse.netty;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.read.ListAppender;
import io.sluice.sse.CloseReason;
import io.sluice.sse.Event;
import io.sluice.sse.Sink;
import io.sluice.sse.Source;
import io.sluice.sse.hub.Hub;
import io.sluice.sse.test.ReceivedEvent;
import io.sluice.sse.topic.Selector;
import io.sluice.sse.topic.StartPosition;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import org.slf4j.LoggerFactory;

/** A source over a real connection: it starts, stops, fails and completes. */
class SourceTest {

    private static final class Recorded implements Source {
        private final CompletableFuture<Sink> started = new CompletableFuture<>();
        private final CompletableFuture<CloseReason> stopped = new CompletableFuture<>();
        private final AtomicInteger stops = new AtomicInteger();

        @Override
        public void start(Sink sink) {
            started.complete(sink);
        }

        @Override
        public void stop(Sink sink, CloseReason reason) {
            stops.incrementAndGet();
            stopped.complete(reason);
        }
    }

    @OverEachProtocol
    void aSourceStartsWithTheStreamAndStopsWithTheClient(Transport transport, ClientProtocol protocol)
            throws Exception {
        Recorded source = new Recorded();
        try (SseServer server = protocol.on(transport)
                        .streams("/s", request -> SseStream.of(source))
                        .start();
                StreamClient client = protocol.open(server, "/s")) {
            Sink sink = source.started.get(60, TimeUnit.SECONDS);
            AtomicInteger ticks = new AtomicInteger();
            sink.scope().every(Duration.ofMillis(10), ticks::incrementAndGet);
            for (int i = 0; i < 10; i++) {
                sink.send(Event.builder().id("own-" + i).data("d" + i).build());
            }
            client.awaitEvents(10);
            assertThat(client.stream().events.get(9).lastEventId()).isEqualTo("own-9");
            await().until(() -> ticks.get() > 2);
            client.reset();
            assertThat(source.stopped.get(60, TimeUnit.SECONDS)).isEqualTo(CloseReason.RESET);
            client.close();
            TestServers.awaitNothingOwned(server.hub());
            TestServers.awaitNothingScheduled(server);
            assertThat(source.stops).hasValue(1);
            assertThat(sink.send(Event.of("late")).toCompletableFuture()).isCompletedExceptionally();
        }
    }

    @OverEachProtocol
    void aFailingSourceEndsItsOwnStreamOnly(Transport transport, ClientProtocol protocol) throws Exception {
        Logger logger = (Logger) LoggerFactory.getLogger(Hub.class);
        ListAppender<ILoggingEvent> lines = new ListAppender<>();
        lines.start();
        logger.addAppender(lines);
        logger.setAdditive(false);
        try (SseServer server = protocol.on(transport)
                        .streams(
                                "/bad",
                                request -> SseStream.of(sink -> {
                                    throw new StackOverflowError("deliberate");
                                }))
                        .streams("/events/**", StreamRoute.topics())
                        .start();
                StreamClient other = protocol.open(server, "/events/a");
                StreamClient client = protocol.open(server, "/bad")) {
            assertThat(client.awaitEnd(RawClient.PATIENCE)).isTrue();
            assertThat(client.stream().hasEnded()).isTrue();
            await().untilAsserted(() -> assertThat(server.hub().stats().closed().get(CloseReason.SOURCE_FAILED))
                    .isEqualTo(1));
            assertThat(server.hub().stats().userCodeFailures()).isEqualTo(1);
            server.hub().publish("a", Event.of("unharmed"));
            other.awaitEvents(1);
        } finally {
            logger.detachAppender(lines);
            logger.setAdditive(true);
        }
        assertThat(lines.list).hasSize(1);
    }

    @OverEachProtocol
    void aSourceThatCompletesPreventsReconnects(Transport transport, ClientProtocol protocol) throws Exception {
        try (SseServer server = protocol.on(transport)
                        .streams(
                                "/job",
                                request -> SseStream.of(sink -> {
                                    sink.send(Event.of("progress", "100"));
                                    sink.complete();
                                }))
                        .start();
                StreamClient client = protocol.get(server, "/job")) {
            assertThat(client.awaitEnd(RawClient.PATIENCE)).isTrue();
            assertThat(client.stream().hasEnded()).isTrue();
            List<ReceivedEvent> events = client.stream().events;
            assertThat(events).hasSize(2);
            assertThat(events.get(0).data()).isEqualTo("100");
            assertThat(events.get(1).type()).isEqualTo("end");
            assertThat(events.get(1).data()).contains("source-completed");
            String id = client.stream().lastEventId();
            assertThat(id).startsWith("end~").matches("[A-Za-z0-9._~-]{1,128}");
            try (StreamClient again = protocol.get(server, "/job", "Last-Event-ID: " + id)) {
                assertThat(again.awaitHead().stream().status()).isEqualTo(204);
                assertThat(again.stream().hasEnded()).isTrue();
            }
            assertThat(server.hub().stats().opened()).isEqualTo(1);
        }
    }

    @OverEachProtocol
    void aSourceWithTopicsSendsNoIds(Transport transport, ClientProtocol protocol) throws IOException {
        CompletableFuture<Throwable> rejected = new CompletableFuture<>();
        try (SseServer server = protocol.on(transport)
                        .streams(
                                "/both",
                                request -> SseStream.of(Selector.of(List.of("a")), StartPosition.live())
                                        .with(sink -> {
                                            try {
                                                sink.send(Event.builder()
                                                        .id("1")
                                                        .data("x")
                                                        .build());
                                            } catch (IllegalArgumentException e) {
                                                rejected.complete(e);
                                            }
                                            sink.send(Event.of("direct"));
                                        }))
                        .start();
                StreamClient client = protocol.open(server, "/both")) {
            client.awaitEvents(1);
            server.hub().publish("a", Event.of("hub"));
            client.awaitEvents(2);
            assertThat(client.stream().data()).containsExactly("direct", "hub");
            assertThat(rejected.join()).hasMessageContaining("listens to hub topics");
        }
    }

    /** The client would send the id back, and get a 204. */
    @OverEachTransport
    void aSourceSendsNoIdThatEndsTheStreamForGood(Transport transport) throws IOException {
        Event end = Event.builder().id("end~1").data("x").build();
        CompletableFuture<Throwable> rejected = new CompletableFuture<>();
        try (SseServer server = TestServers.on(transport)
                        .streams(
                                "/own",
                                request -> SseStream.of(sink -> {
                                    try {
                                        sink.offer(end);
                                    } catch (IllegalArgumentException e) {
                                        rejected.complete(e);
                                    }
                                    sink.send(Event.of("direct"));
                                }))
                        .start();
                RawClient client = RawClient.open(server.port(), "/own")) {
            client.awaitEvents(1);
            assertThat(client.stream().data()).containsExactly("direct");
            assertThat(rejected.join()).hasMessageContaining("stopped for good");
        }
    }

    /** The user's executor is full or terminated. The source still runs, but not on the event loop. */
    @OverEachProtocol
    void aSourceRejectedByTheUserExecutorRunsElsewhere(Transport transport, ClientProtocol protocol)
            throws IOException {
        AtomicReference<String> thread = new AtomicReference<>();
        try (Hub hub = Hub.builder()
                        .userExecutor(task -> {
                            throw new java.util.concurrent.RejectedExecutionException("full");
                        })
                        .build();
                SseServer server = protocol.on(transport)
                        .hub(hub)
                        .streams(
                                "/s",
                                request -> SseStream.of(sink -> {
                                    thread.set(Thread.currentThread().getName());
                                    sink.send(Event.of("from elsewhere"));
                                    sink.complete();
                                }))
                        .start();
                StreamClient client = protocol.get(server, "/s")) {
            assertThat(client.awaitEnd(RawClient.PATIENCE)).isTrue();
            assertThat(client.stream().data()).startsWith("from elsewhere");
            assertThat(thread.get()).startsWith("sluice-user-");
            client.close();
            TestServers.awaitNothingOwned(hub);
            assertThat(hub.stats().closed().values().stream()
                            .mapToLong(count -> count)
                            .sum())
                    .isEqualTo(hub.stats().opened());
        }
    }
}
