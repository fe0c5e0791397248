package io.sluice.sse.netty;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.sluice.sse.CloseReason;
import io.sluice.sse.Event;
import io.sluice.sse.Sink;
import io.sluice.sse.hub.Hub;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Bare streams, and ends for clients that resume after an error only, over HTTP/1.1 and HTTP/2. */
@Timeout(120)
class BareStreamTest {

    private static final StreamRoute BARE = StreamRoute.topics().with((request, stream) -> stream.bare());
    private static final StreamRoute CUT = StreamRoute.topics().with((request, stream) -> stream.cutToResume());

    private final Hub hub = Hub.create();
    private final BlockingQueue<Sink> sinks = new LinkedBlockingQueue<>();

    private SseServerBuilder server(Transport transport) {
        return TestServers.on(transport)
                .hub(hub)
                .compression(Compression.OFF)
                .streams("/bare/**", BARE)
                .streams("/cut/**", CUT)
                .streams("/own", request -> SseStream.of(sinks::add).bare(), "POST", "GET")
                .streams("/usual", request -> SseStream.of(sinks::add), "POST", "GET");
    }

    private Sink nextSink() throws InterruptedException {
        Sink sink = sinks.poll(RawClient.PATIENCE.toMillis(), TimeUnit.MILLISECONDS);
        assertThat(sink).isNotNull();
        return sink;
    }

    private static String post(String path, String accept) {
        return "POST " + path + " HTTP/1.1\r\nHost: localhost\r\nAccept: " + accept + "\r\nContent-Length: 2\r\n\r\n{}";
    }

    private static String get(String path, String accept) {
        return "GET " + path + " HTTP/1.1\r\nHost: localhost\r\nAccept: " + accept + "\r\n\r\n";
    }

    @OverEachTransport
    void theHeadComesAtOnceAndThenTheEventsAlone(Transport transport) throws Exception {
        try (SseServer server = server(transport).start();
                RawClient client = RawClient.connect(server.port()).send(post("/own", "application/json"))) {
            client.awaitHead();
            assertThat(client.stream().isEventStream()).isTrue();
            Sink sink = nextSink();
            sink.send(Event.of("one"));
            client.awaitEvents(1);
            sink.complete();
            assertThat(client.awaitEnd(RawClient.PATIENCE)).isTrue();
            assertThat(client.stream().hasEnded()).isTrue();
            assertThat(client.stream().chunks())
                    .as("one event, and nothing else")
                    .containsExactly(11);
            TestServers.awaitNothingOwned(hub);
        }
    }

    @OverEachTransport
    void theSameOverHttp2(Transport transport) throws Exception {
        try (SseServer server = server(transport).start();
                Http2Client client = Http2Client.connect(server.port())) {
            for (int i = 0; i < 2; i++) { // alone on its connection, and beside another stream
                int id = client.get("/own");
                client.await(() -> client.stream(id).status() == 200, "the head");
                Sink sink = nextSink();
                if (i == 0) {
                    continue;
                }
                sink.send(Event.of("one"));
                client.awaitEvents(id, 1);
                sink.complete();
                client.awaitOver(id);
                assertThat(client.stream(id).ended).isTrue();
                assertThat(client.stream(id).body()).hasToString("data: one\n\n");
            }
        }
    }

    /** The event of the route comes first, and its id is where the client resumes. */
    @OverEachProtocol
    void anEventOfTheRouteComesFirst(Transport transport, ClientProtocol protocol) throws Exception {
        Event first = Event.builder().name("ready").data("first").build();
        try (SseServer server = protocol.on(transport)
                .hub(hub)
                .streams("/primed/**", StreamRoute.topics().with((request, stream) -> stream.bare(first)))
                .start()) {
            hub.publish("a", Event.of("before"));
            String start = hub.headId();
            try (StreamClient client = protocol.get(server, "/primed/a")) {
                client.awaitEvents(1);
                String id = hub.publish("a", Event.of("one"))
                        .toCompletableFuture()
                        .join()
                        .id();
                client.awaitEvents(2);
                assertThat(client.stream().body())
                        .isEqualTo("id: " + start + "\nevent: ready\ndata: first\n\nid: " + id + "\ndata: one\n\n");
            }
            try (StreamClient resumed = protocol.get(server, "/primed/a", "Last-Event-ID: " + start)) {
                resumed.awaitEvents(2);
                assertThat(resumed.stream().data()).containsExactly("first", "one");
                assertThat(resumed.stream().retries).isEmpty();
            }
            TestServers.awaitNothingOwned(hub);
        }
    }

    @Test
    void onlyABareStreamIgnoresTheAcceptHeader() throws Exception {
        try (SseServer server = server(Transport.AUTO).start()) {
            for (String request : List.of(post("/usual", "application/json"), get("/usual", "application/json"))) {
                try (RawClient client = RawClient.connect(server.port()).send(request)) {
                    client.awaitHead();
                    assertThat(client.stream().status()).isEqualTo(406);
                }
            }
            assertThat(sinks).isEmpty();
            // The SDK of OpenAI for JavaScript asks for JSON also when it resumes an answer by GET.
            try (RawClient client = RawClient.connect(server.port()).send(get("/own", "application/json"))) {
                client.awaitHead();
                assertThat(client.stream().isEventStream()).isTrue();
            }
            TestServers.awaitNothingOwned(hub);
        }
    }

    @Test
    void aGapAtTheBeginningIsStatus410() throws IOException {
        try (SseServer server = server(Transport.AUTO).start();
                RawClient client = RawClient.connect(server.port()).get("/bare/a", "Last-Event-ID: unknown");
                Http2Client overHttp2 = Http2Client.connect(server.port())) {
            client.awaitHead();
            assertThat(client.stream().status()).isEqualTo(410);
            int id = overHttp2.get("/bare/a", "last-event-id", "unknown");
            overHttp2.awaitOver(id);
            assertThat(overHttp2.stream(id).status()).isEqualTo(410);
            client.close();
            overHttp2.close();
            TestServers.awaitNothingOwned(hub);
            assertThat(hub.stats().closed().get(CloseReason.SLOW_CONSUMER)).isEqualTo(2);
        }
    }

    @OverEachTransport
    void aStreamThatIsCutToResumeEndsWithoutItsLastChunk(Transport transport) throws IOException {
        try (SseServer server =
                        server(transport).maxLifetime(Duration.ofSeconds(1)).start();
                RawClient cut = RawClient.open(server.port(), "/cut/a");
                Http2Client overHttp2 = Http2Client.connect(server.port())) {
            int id = overHttp2.open("/cut/a");
            hub.publish("a", Event.of("one"));
            assertThat(cut.awaitEnd(RawClient.PATIENCE)).isTrue();
            assertThat(cut.stream().hasEnded()).isFalse();
            assertThat(cut.stream().data()).containsExactly("one");
            assertThat(cut.stream().retries).hasSize(2);
            overHttp2.awaitOver(id);
            assertThat(overHttp2.stream(id).reset).isEqualTo(2);
            assertThat(overHttp2.stream(id).data()).containsExactly("one");
            assertThat(overHttp2.stream(id).body()).containsPattern("retry: \\d+\n\n$");
            overHttp2.close();
            TestServers.awaitNothingOwned(hub);
        }
    }

    @Test
    void aStreamThatIsCompleteEndsAsUsual() throws IOException {
        try (SseServer server = server(Transport.AUTO).start();
                RawClient cut = RawClient.open(server.port(), "/cut/a");
                Http2Client overHttp2 = Http2Client.connect(server.port())) {
            int id = overHttp2.open("/cut/a");
            hub.end("a", Event.of("last"));
            assertThat(cut.awaitEnd(RawClient.PATIENCE)).isTrue();
            assertThat(cut.stream().hasEnded()).isTrue();
            overHttp2.awaitOver(id);
            assertThat(overHttp2.stream(id).ended).isTrue();
        }
    }

    /** A bare stream has no event for its end, so only the end of the response shows that it is incomplete. */
    @Test
    void aBareStreamThatIsNotCompleteIsCut() throws IOException {
        try (SseServer server = server(Transport.AUTO)
                        .maxLifetime(Duration.ofSeconds(1))
                        .start();
                RawClient client = RawClient.connect(server.port()).get("/bare/a")) {
            assertThat(client.awaitEnd(RawClient.PATIENCE)).isTrue();
            assertThat(client.stream().status()).isEqualTo(200);
            assertThat(client.stream().hasEnded()).isFalse();
            await().until(() -> hub.stats().closed().getOrDefault(CloseReason.LIFETIME_ENDED, 0L) == 1);
        }
    }

    @Test
    void anEndWithoutRetryAddsNothing() throws IOException {
        SseServerBuilder builder = server(Transport.AUTO)
                .streams(
                        "/short/**",
                        StreamRoute.topics()
                                .with((request, stream) -> stream.withoutRetry().maxLifetime(Duration.ofSeconds(1))));
        try (SseServer server = builder.start();
                RawClient client = RawClient.connect(server.port()).get("/short/a")) {
            client.awaitHead();
            assertThat(client.awaitEnd(RawClient.PATIENCE)).isTrue();
            assertThat(client.stream().hasEnded()).isTrue();
            assertThat(client.stream().retries).isEmpty();
            await().until(() -> hub.stats().closed().getOrDefault(CloseReason.LIFETIME_ENDED, 0L) == 1);
        }
    }
}
