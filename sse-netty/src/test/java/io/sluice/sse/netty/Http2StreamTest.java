package io.sluice.sse.netty;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.sluice.sse.CloseReason;
import io.sluice.sse.Event;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Streams over HTTP/2 with prior knowledge, on real sockets: delivery, windows, slow clients, and ends. */
@Timeout(120)
class Http2StreamTest {

    private static final String PADDING = "x".repeat(4000);
    private static final int DEFAULT_WINDOW = 65_535;

    @OverEachTransport
    void streamsOfOneConnectionGetAllEventsOnceAndInOrder(Transport transport) throws IOException {
        try (SseServer server = TestServers.on(transport).start();
                Http2Client client = Http2Client.connect(server.port())) {
            List<Integer> streams = new ArrayList<>();
            for (int i = 0; i < 10; i++) {
                streams.add(client.open("/events/" + (i % 2 == 0 ? "a" : "b")));
            }
            assertThat(client.stream(1).headers)
                    .containsEntry(":status", "200")
                    .containsEntry("content-type", "text/event-stream")
                    .doesNotContainKeys("connection", "transfer-encoding", "keep-alive");
            List<String> expected = new ArrayList<>();
            for (int i = 0; i < 300; i++) {
                expected.add("event " + i);
                server.hub().publish("a", Event.of("event " + i));
                server.hub().publish("b", Event.of("event " + i));
            }
            for (int stream : streams) {
                client.awaitEvents(stream, expected.size());
                assertThat(client.stream(stream).data()).isEqualTo(expected);
            }
            assertThat(TestServers.sinks(server.hub()))
                    .hasSize(10)
                    .allSatisfy(sink -> assertThat(sink.sink().protocol()).isEqualTo("HTTP/2"));
            client.close();
            TestServers.awaitNothingOwned(server.hub());
        }
    }

    @OverEachTransport
    void anEventLargerThanTheWindowArrivesInParts(Transport transport) throws IOException {
        try (SseServer server = TestServers.on(transport).start();
                Http2Client client = Http2Client.withWindow(server.port(), 1000)) {
            int stream = client.open("/events/a");
            String large = "y".repeat(200_000);
            server.hub().publish("a", Event.of(large));
            server.hub().publish("a", Event.of("last"));
            client.await(() -> client.stream(stream).bodyBytes == 1000, "the first window");
            client.windowUpdate(0, 1 << 20);
            for (int bytes = 1000; bytes < 150_000; bytes += 30_000) {
                client.windowUpdate(stream, 30_000);
                int all = bytes + 30_000;
                client.await(() -> client.stream(stream).bodyBytes == all, all + " bytes");
            }
            client.windowUpdate(stream, 1 << 20).awaitEvents(stream, 2);
            assertThat(client.stream(stream).data()).containsExactly(large, "last");
        }
    }

    /** One stream uses up the window of the connection. The others wait with it, but only that one is to blame. */
    @Test
    void aStreamThatHoldsTheConnectionsWindowIsResetBeforeTheOthers() throws IOException {
        try (SseServer server = TestServers.on(Transport.AUTO)
                        .writeTimeout(Duration.ofSeconds(2))
                        .start();
                Http2Client client = Http2Client.withWindow(server.port(), DEFAULT_WINDOW - 1000)) {
            int stalled = client.open("/events/large");
            int healthy = client.open("/events/small");
            server.hub().publish("large", Event.of("y".repeat(100_000)));
            client.await(() -> client.stream(stalled).bodyBytes == DEFAULT_WINDOW - 1000, "its whole window");
            server.hub().publish("small", Event.of("z".repeat(2000)));
            client.awaitOver(stalled);
            assertThat(client.stream(healthy).isOver()).isFalse();
            client.windowUpdate(0, DEFAULT_WINDOW).awaitEvents(healthy, 1);
        }
    }

    @Test
    void aClientThatGrantsWindowsSlowlyIsNotStalled() throws Exception {
        try (SseServer server = TestServers.on(Transport.AUTO)
                        .writeTimeout(Duration.ofSeconds(1))
                        .start();
                Http2Client client = Http2Client.withWindow(server.port(), 100)) {
            int stream = client.open("/events/a");
            server.hub().publish("a", Event.of("y".repeat(2000)));
            long begin = System.nanoTime();
            for (int bytes = 101; bytes <= 130; bytes++) {
                int all = bytes;
                // Each step takes longer than the last one, and all of them longer than the write timeout.
                await().until(() -> System.nanoTime() - begin > (all - 100) * 100_000_000L);
                client.windowUpdate(stream, 1);
                client.await(() -> client.stream(stream).bodyBytes == all, all + " bytes");
            }
            assertThat(server.hub().stats().closed().get(CloseReason.WRITE_TIMEOUT))
                    .isZero();
            client.windowUpdate(stream, 10_000).awaitEvents(stream, 1);
        }
    }

    @OverEachTransport
    void aStreamEndsInOrderAndTheConnectionServesTheNextRequest(Transport transport) throws IOException {
        try (SseServer server = TestServers.on(transport)
                        .streams(
                                "/jobs",
                                request -> SseStream.of(sink -> {
                                    sink.send(Event.of("done"));
                                    sink.complete();
                                }))
                        .streams("/events/**", StreamRoute.topics())
                        .start();
                Http2Client client = Http2Client.connect(server.port())) {
            int job = client.get("/jobs");
            client.awaitOver(job);
            assertThat(client.stream(job).ended).isTrue();
            assertThat(client.stream(job).data()).contains("done");
            int open = client.open("/events/a");
            TestServers.sinks(server.hub()).forEach(sink -> sink.sink().close(CloseReason.LIFETIME_ENDED));
            client.awaitOver(open);
            assertThat(client.stream(open).ended).isTrue();
            assertThat(client.stream(open).body()).matches("(?s).*retry: \\d+\n\n");
            int next = client.get("/nothing");
            client.awaitOver(next);
            assertThat(client.stream(next).status()).isEqualTo(404);
        }
    }

    @Test
    void theEndWaitsForTheWindow() throws IOException {
        try (SseServer server = TestServers.on(Transport.AUTO).start();
                Http2Client client = Http2Client.withWindow(server.port(), 200)) {
            int stream = client.open("/events/a");
            String large = "y".repeat(5_000);
            server.hub().publish("a", Event.of(large));
            client.await(() -> client.stream(stream).bodyBytes == 200, "the first window");
            TestServers.sinks(server.hub()).forEach(sink -> sink.sink().close(CloseReason.LIFETIME_ENDED));
            await().until(() -> TestServers.sinks(server.hub()).isEmpty());
            client.windowUpdate(stream, 10_000).awaitOver(stream);
            assertThat(client.stream(stream).ended).isTrue();
            assertThat(client.stream(stream).data()).containsExactly(large);
        }
    }

    @OverEachTransport
    void resetsAndClosedConnectionsLeaveNothing(Transport transport) throws IOException {
        try (SseServer server = TestServers.on(transport).start();
                Http2Client client = Http2Client.withWindow(server.port(), 100)) {
            int cancelled = client.open("/events/a");
            int failed = client.open("/events/a");
            client.open("/events/a");
            server.hub().publish("a", Event.of(PADDING)); // a part of it waits in each stream
            client.await(() -> client.stream(failed).bodyBytes == 100, "the window");
            client.reset(cancelled, 8).reset(failed, 2);
            await().untilAsserted(() -> {
                assertThat(server.hub().stats().closed().get(CloseReason.CLIENT_LEFT))
                        .isEqualTo(1);
                assertThat(server.hub().stats().closed().get(CloseReason.RESET)).isEqualTo(1);
            });
            client.close();
            TestServers.awaitNothingOwned(server.hub());
            TestServers.awaitNothingScheduled(server);
        }
    }

    @Test
    void theInitialWindowMayBeZeroAndMayChange() throws IOException {
        try (SseServer server = TestServers.on(Transport.AUTO).start();
                Http2Client client = Http2Client.withWindow(server.port(), 0)) {
            int stream = client.get("/events/a");
            client.await(() -> client.stream(stream).status() == 200, "the head");
            await().until(() -> server.hub().subscribers("a") == 1);
            server.hub().publish("a", Event.of("first"));
            client.ping();
            assertThat(client.stream(stream).bodyBytes).isZero();
            client.frame(Http2Client.SETTINGS, 0, 0, Http2Client.setting(Http2Client.SETTING_INITIAL_WINDOW, 10_000));
            client.awaitEvents(stream, 1);
            // A smaller window makes the stream's own one negative.
            client.frame(Http2Client.SETTINGS, 0, 0, Http2Client.setting(Http2Client.SETTING_INITIAL_WINDOW, 0));
            client.ping();
            server.hub().publish("a", Event.of("second"));
            client.ping();
            assertThat(client.stream(stream).data()).containsExactly("first");
            client.windowUpdate(stream, 20_000).awaitEvents(stream, 2);
        }
    }

    @Test
    void streamsCountAgainstTheLimits() throws IOException {
        try (SseServer server = TestServers.on(Transport.AUTO)
                        .maxStreamsPerAddress(2)
                        .http2MaxStreams(3)
                        .start();
                Http2Client client = Http2Client.connect(server.port())) {
            int first = client.open("/events/a");
            client.open("/events/a");
            int rejected = client.get("/events/a");
            client.awaitOver(rejected);
            assertThat(client.stream(rejected).status()).isEqualTo(429);
            assertThat(client.stream(rejected).headers).containsKey("retry-after");
            assertThat(client.serverSettings).containsEntry(3, 3);
            client.reset(first, 8);
            await().until(() -> TestServers.sinks(server.hub()).size() == 1);
            client.open("/events/a");
        }
    }
}
