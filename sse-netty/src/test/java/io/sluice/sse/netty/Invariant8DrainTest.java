package io.sluice.sse.netty;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.netty.channel.socket.nio.NioSocketChannel;
import io.sluice.sse.Event;
import io.sluice.sse.Ledger;
import io.sluice.sse.hub.Hub;
import io.sluice.sse.topic.Publication;
import java.io.IOException;
import java.time.Duration;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Design, invariant 8: a drain has a deadline that holds, and leaves nothing. */
@Timeout(
        value = 240,
        threadMode = Timeout.ThreadMode.SEPARATE_THREAD) // a close that waits for itself must fail and not hang
class Invariant8DrainTest {

    /** What a slow machine may add to any deadline. A drain that waits for a client adds more. */
    private static final Duration HELD_UP = Duration.ofSeconds(10);

    /** A connection may be accepted, and not registered at its event loop yet, when the server closes. */
    @Test
    void aConnectionWithoutAnEventLoopDoesNotStopTheEnd() throws Exception {
        SseServer server = TestServers.on(Transport.NIO).start();
        NioSocketChannel accepted = new NioSocketChannel();
        try {
            server.connections().add(accepted);
            server.close(Duration.ZERO).toCompletableFuture().get(30, TimeUnit.SECONDS);
        } finally {
            accepted.unsafe().closeForcibly();
        }
    }

    @OverEachProtocol
    void theDeadlineHoldsWithAClientThatNeverReads(Transport transport, ClientProtocol protocol) throws Exception {
        Duration drain = Duration.ofMillis(500);
        try (Hub hub = Hub.builder()
                        .historyEvents(10_000)
                        .historyBytes(1L << 30)
                        .build();
                SseServer server = protocol.on(transport).threads(1).hub(hub).start();
                StreamClient slow = protocol.getSlowly(server, "/events/a")) {
            await().until(() -> hub.subscribers("a") == 1);
            Event event = Event.of("x".repeat(10_000));
            for (int i = 0; i < 2000; i++) {
                hub.publish("a", event);
            }
            await().until(() -> TestServers.sinks(hub).get(0).pendingBytes() > 0);
            long start = System.nanoTime();
            CompletionStage<Void> first = server.close(drain);
            CompletionStage<Void> second = server.close(Duration.ofDays(1));
            second.toCompletableFuture().get(40, TimeUnit.SECONDS);
            assertThat(Duration.ofNanos(System.nanoTime() - start)).isLessThan(drain.plus(HELD_UP));
            assertThat(first.toCompletableFuture()).isDone();
            assertThat(hub.ledger().count(Ledger.Kind.SINKS)).isZero();
            TestServers.awaitNothingOwned(hub);
            assertThat(hub.publish("a", event).toCompletableFuture())
                    .as("the hub is not the server's")
                    .isCompleted();
        }
    }

    @OverEachTransport
    void aDrainWithoutClientsReturnsAtOnce(Transport transport) throws Exception {
        SseServer server =
                TestServers.on(transport).drain(Duration.ofSeconds(30)).start();
        int port = server.port();
        server.close();
        assertThat(server.close(Duration.ofSeconds(30)).toCompletableFuture()).isDone();
        server.close();
        assertThat(server.hub().publish("a", Event.of("x")).toCompletableFuture())
                .isCompletedExceptionally();
        assertThatThrownBy(() -> RawClient.connect(port)).isInstanceOf(IOException.class);
    }

    /** Closes on the loop of a request, before the server has any stream, and on the loop of a stream. */
    @OverEachTransport
    void aCloseOnAnEventLoopDoesNotWaitForItself(Transport transport) throws Exception {
        for (boolean withStream : new boolean[] {false, true}) {
            AtomicReference<SseServer> self = new AtomicReference<>();
            CompletableFuture<Void> returned = new CompletableFuture<>();
            try (SseServer server = TestServers.on(transport)
                            .route("POST", "/stop", request -> {
                                self.get().close();
                                returned.complete(null);
                                return RouteResponse.empty(202).completed();
                            })
                            .start();
                    RawClient client = RawClient.connect(server.port());
                    RawClient stream = RawClient.connect(server.port())) {
                self.set(server);
                if (withStream) {
                    stream.get("/events/a").awaitHead();
                }
                client.send("POST /stop HTTP/1.1\r\nHost: localhost\r\nContent-Length: 0\r\n\r\n");
                returned.get(40, TimeUnit.SECONDS);
                server.close(Duration.ZERO).toCompletableFuture().get(40, TimeUnit.SECONDS);
            }
        }
    }

    /** A publisher that does not stop must not prevent the end of the drain. */
    @OverEachProtocol
    void aPublisherThatNeverPausesDoesNotDelayTheDrain(Transport transport, ClientProtocol protocol) throws Exception {
        AtomicBoolean publishing = new AtomicBoolean(true);
        List<StreamClient> open = new ArrayList<>();
        ExecutorService threads = Executors.newCachedThreadPool();
        try (Hub hub = Hub.create();
                SseServer server = protocol.on(transport)
                        .hub(hub)
                        .streams("/events/**", StreamRoute.anyTopics())
                        .start()) {
            for (int i = 0; i < 50; i++) {
                StreamClient client = protocol.open(server, "/events/a?topic=b");
                open.add(client);
                threads.execute(() -> client.awaitEnd(RawClient.PATIENCE));
            }
            Event event = Event.of("x".repeat(200));
            threads.execute(() -> {
                while (publishing.get()) {
                    hub.publish("a", event);
                    hub.publish("b", event);
                }
            });
            await().until(() -> hub.stats().published() > 1000);
            long start = System.nanoTime();
            Duration drain = Duration.ofMillis(500);
            server.close(drain).toCompletableFuture().get(40, TimeUnit.SECONDS);
            assertThat(Duration.ofNanos(System.nanoTime() - start)).isLessThan(drain.plus(HELD_UP));
        } finally {
            publishing.set(false);
            threads.shutdownNow();
            for (StreamClient client : open) {
                client.close();
            }
        }
    }

    /** Events published before the drain also reach clients that start to read their history during the drain. */
    @OverEachProtocol
    void aClientThatIsStillCatchingUpGetsEverythingThatItReads(Transport transport, ClientProtocol protocol)
            throws Exception {
        int events = 1000;
        int clients = 4;
        ExecutorService threads = Executors.newCachedThreadPool();
        List<StreamClient> open = new ArrayList<>();
        try (Hub hub = Hub.builder().historyEvents(events).build();
                SseServer server =
                        protocol.on(transport).threads(clients).hub(hub).start()) {
            String start = hub.headId();
            for (int i = 0; i < events; i++) {
                hub.publish("a", Event.of("x".repeat(400) + i));
            }
            for (int i = 0; i < clients; i++) {
                open.add(protocol.getSlowly(server, "/events/a", "Last-Event-ID: " + start));
            }
            await().until(() -> hub.ledger().count(Ledger.Kind.SINKS) == clients);
            // Each client is the only one of its event loop, so the drain ends it as soon as it has read everything.
            // The long time is only for a busy machine.
            CompletionStage<Void> closed = server.close(Duration.ofSeconds(60));
            List<Future<Integer>> counts = new ArrayList<>();
            for (StreamClient client : open) {
                counts.add(threads.submit(() -> {
                    client.awaitEnd(RawClient.PATIENCE);
                    return client.stream().events.size();
                }));
            }
            closed.toCompletableFuture().get(100, TimeUnit.SECONDS);
            for (Future<Integer> count : counts) {
                assertThat(count.get(60, TimeUnit.SECONDS)).isEqualTo(events);
            }
        } finally {
            threads.shutdownNow();
            for (StreamClient client : open) {
                client.close();
            }
        }
    }

    /**
     * A composite frame retains its parts. No code releases them later, once the event loops have ended.
     */
    @OverEachTransport
    void unwrittenFramesOfSeveralTopicsAreReleased(Transport transport) throws Exception {
        Event event = Event.of("x".repeat(3000));
        List<Publication> batch = List.of(new Publication("a", event), new Publication("b", event));
        try (Hub hub = Hub.create()) {
            for (int round = 0; round < 5; round++) {
                try (SseServer server = TestServers.on(transport)
                                .threads(1)
                                .hub(hub)
                                .streams("/events/**", StreamRoute.anyTopics())
                                .start();
                        RawClient stalled = RawClient.connect(server.port(), 1024)) {
                    stalled.get("/events/a?topic=b");
                    await().until(() -> hub.subscribers("a") == 1);
                    await("several pending frames")
                            .pollInterval(Duration.ofMillis(1))
                            .until(() -> {
                                hub.publishAll(batch);
                                return hub.ledger().count(Ledger.Kind.BUFFERS) >= 4;
                            });
                    server.close(Duration.ZERO).toCompletableFuture().get(60, TimeUnit.SECONDS);
                    TestServers.awaitNothingOwned(hub);
                }
            }
        }
    }

    @Test
    void anInvalidDurationIsRejectedAndNothingIsClosed() throws Exception {
        try (SseServer server = TestServers.on(Transport.NIO).start();
                RawClient client = RawClient.open(server.port(), "/events/a")) {
            assertThatThrownBy(() -> server.close(ChronoUnit.FOREVER.getDuration()))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageContaining("drain");
            assertThatThrownBy(() -> server.close(Duration.ofSeconds(-1))).isInstanceOf(IllegalArgumentException.class);
            assertThat(server.isReady()).isTrue();
            server.hub().publish("a", Event.of("still there"));
            client.awaitEvents(1);
        }
    }

    @Test
    void aHandlerInAForeignPipelineDrainsOnItsOwn() throws Exception {
        try (Hub hub = Hub.create()) {
            SseHandler handler = SseHandler.serving(hub, "/events/**", StreamRoute.topics());
            handler.drain(Duration.ofDays(1)).toCompletableFuture().get(40, TimeUnit.SECONDS);
        }
    }
}
