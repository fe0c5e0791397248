package io.sluice.sse.netty;

import static org.assertj.core.api.Assertions.assertThat;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.read.ListAppender;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.embedded.EmbeddedChannel;
import io.netty.handler.codec.http.HttpServerCodec;
import io.sluice.sse.hub.Hub;
import io.sluice.sse.topic.Selector;
import io.sluice.sse.topic.StartPosition;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.slf4j.LoggerFactory;

/** Only the message of a rejection reaches a client. Any other exception is logged and becomes a 500 without it. */
@Timeout(120)
class RejectionMessageTest {

    private static final String SECRET = "jdbc:foo?password=secret";

    private final Logger log = (Logger) LoggerFactory.getLogger(RouteHandler.class);
    private final ListAppender<ILoggingEvent> lines = new ListAppender<>();

    @BeforeEach
    void listen() {
        lines.start();
        log.setAdditive(false);
        log.addAppender(lines);
    }

    @AfterEach
    void stopListening() {
        log.detachAppender(lines);
        log.setAdditive(true);
    }

    private static IllegalArgumentException internal() {
        return new IllegalArgumentException(SECRET);
    }

    private static SseStream stream() {
        return SseStream.of(Selector.of("a"), StartPosition.live());
    }

    private static Map<String, StreamRoute> streams() {
        Map<String, StreamRoute> routes = new LinkedHashMap<>();
        routes.put("/s/open", request -> {
            throw internal();
        });
        routes.put("/s/with", StreamRoute.topics().with((request, stream) -> {
            throw internal();
        }));
        routes.put("/s/selector", request -> SseStream.of(Selector.of("a//" + SECRET), StartPosition.live()));
        routes.put("/s/parse", request -> {
            UUID.fromString(SECRET);
            return stream();
        });
        routes.put("/s/enum", request -> stream().drain(SseStream.DrainMode.valueOf(SECRET)));
        return routes;
    }

    private static Map<String, HttpRoute> others() {
        Map<String, HttpRoute> routes = new LinkedHashMap<>();
        routes.put("/r/throws", request -> {
            throw internal();
        });
        routes.put("/r/fails", request -> CompletableFuture.failedFuture(internal()));
        routes.put("/r/wrapped", request -> CompletableFuture.failedFuture(new CompletionException(internal())));
        routes.put(
                "/r/later",
                request -> CompletableFuture.supplyAsync(() -> {
                    throw internal();
                }));
        routes.put(
                "/r/header",
                request -> RouteResponse.empty(204).with("x", SECRET + "\r\n").completed());
        return routes;
    }

    @OverEachTransport
    void anArgumentErrorOfARouteIsALoggedFailure(Transport transport) throws IOException {
        SseServerBuilder builder = TestServers.on(transport).maxStreamsPerKey(9, request -> {
            if (request.path().equals("/k")) {
                throw internal();
            }
            return null;
        });
        streams().forEach((path, route) -> builder.streams(path + "/**", route));
        others().forEach((path, route) -> builder.route("GET", path, route));
        builder.streams("/k", request -> stream());
        try (SseServer server = builder.start()) {
            for (String path : streams().keySet()) {
                assertHidden(path + "/a", server);
            }
            for (String path : others().keySet()) {
                assertHidden(path, server);
            }
            assertHidden("/k", server);
            TestServers.awaitNothingOwned(server.hub());
        }
    }

    static IntStream failures() {
        return IntStream.range(0, HostileSource.FAILURES);
    }

    /** Includes errors, undeclared checked exceptions, and an exception that the log cannot print. */
    @ParameterizedTest
    @MethodSource("failures")
    void anyExceptionOfARouteIsALoggedFailure(int kind) throws IOException {
        for (String path : List.of("/stream", "/route")) {
            lines.list.clear();
            // A server for each: its log may count two kinds of failures as one, and then logs one line a second.
            try (SseServer server = TestServers.on(Transport.NIO)
                            .streams("/stream", request -> {
                                HostileSource.throwSomething(kind);
                                return stream();
                            })
                            .route("GET", "/route", request -> {
                                HostileSource.throwSomething(kind);
                                return RouteResponse.empty(204).completed();
                            })
                            .start();
                    RawClient client = RawClient.connect(server.port()).get(path)) {
                assertThat(client.awaitResponse(RawClient.PATIENCE)).as(path).isTrue();
                assertThat(client.stream().status()).as(path).isEqualTo(500);
                assertThat(lines.list)
                        .as(path)
                        .singleElement()
                        .satisfies(
                                line -> assertThat(line.getFormattedMessage()).contains("GET " + path));
                client.close();
                TestServers.awaitNothingOwned(server.hub());
            }
        }
    }

    @Test
    void anArgumentErrorOfACheckIsALoggedFailure() throws IOException {
        try (SseServer server = TestServers.on(Transport.NIO)
                .maxStreams(0)
                .streams("/checked", new StreamRoute() {
                    @Override
                    public SseStream open(SseRequest request) {
                        return stream();
                    }

                    @Override
                    public void check(SseRequest request) {
                        throw internal();
                    }
                })
                .start()) {
            assertHidden("/checked", server);
        }
    }

    private void assertHidden(String path, SseServer server) throws IOException {
        lines.list.clear();
        try (RawClient client = RawClient.connect(server.port()).get(path)) {
            assertThat(client.awaitResponse(RawClient.PATIENCE)).as(path).isTrue();
            assertThat(client.stream().status()).as(path).isEqualTo(500);
            assertThat(client.stream().body()).as(path).doesNotContain("secret");
        }
        assertLogged(path);
    }

    private void assertLogged(String path) {
        assertThat(lines.list).as(path).singleElement().satisfies(line -> {
            assertThat(line.getLevel()).isEqualTo(Level.WARN);
            assertThat(line.getFormattedMessage()).contains("GET " + path);
            assertThat(line.getThrowableProxy()).isNotNull();
        });
    }

    @Test
    void failuresInAnApplicationsPipelineAreHiddenToo() {
        try (Hub hub = Hub.create()) {
            streams().forEach((path, route) -> {
                lines.list.clear();
                EmbeddedChannel channel =
                        new EmbeddedChannel(new HttpServerCodec(), SseHandler.serving(hub, path + "/**", route));
                channel.writeInbound(Unpooled.copiedBuffer(
                        "GET " + path + "/a HTTP/1.1\r\nHost: localhost\r\n\r\n", StandardCharsets.US_ASCII));
                StringBuilder response = new StringBuilder();
                for (ByteBuf part = channel.readOutbound(); part != null; part = channel.readOutbound()) {
                    response.append(part.toString(StandardCharsets.UTF_8));
                    part.release();
                }
                assertThat(response).startsWith("HTTP/1.1 500 ").doesNotContain("secret");
                assertLogged(path + "/a");
                channel.finishAndReleaseAll();
            });
        }
    }

    @OverEachTransport
    void theMessageOfARejectionReachesTheClient(Transport transport) throws Exception {
        CompletableFuture<Boolean> published = new CompletableFuture<>();
        try (SseServer server = TestServers.on(transport)
                .streams("/events/**", StreamRoute.topics())
                .streams(
                        "/rooms/**",
                        request -> SseStream.of(
                                request.selector("rooms/" + request.subPath(), "all"), StreamRoute.startOf(request)))
                .route("GET", "/publish/**", request -> {
                    request.topic(request.subPath());
                    published.complete(true);
                    return RouteResponse.empty(204).completed();
                })
                .start()) {
            assertMessage("/events/a//b", "a segment between slashes is empty", server);
            assertMessage("/events/a?since=soon", "since: \\\"soon\\\" (expected: a time", server);
            assertMessage("/events/a?replay=-1", "replay: \\\"-1\\\" (expected: a whole number", server);
            assertMessage("/events/a?envelope=2", "envelope: \\\"2\\\" (expected: 1 or 0)", server);
            assertMessage("/events/%ff", "bytes that are not UTF-8", server);
            assertMessage("/rooms/" + "x".repeat(255), "at most 255 are allowed", server);
            assertMessage("/rooms/a?since=soon", "since: \\\"soon\\\" (expected: a time", server);
            assertMessage("/publish/a*", "a * is allowed in patterns only", server);
            assertThat(published).isNotDone();
            try (RawClient client = RawClient.connect(server.port()).get("/publish/a")) {
                assertThat(client.awaitResponse(RawClient.PATIENCE)).isTrue();
                assertThat(published.get(60, TimeUnit.SECONDS)).isTrue();
            }
        }
        assertThat(lines.list).isEmpty();
    }

    private static void assertMessage(String path, String words, SseServer server) throws IOException {
        try (RawClient client = RawClient.connect(server.port()).get(path)) {
            assertThat(client.awaitResponse(RawClient.PATIENCE)).as(path).isTrue();
            assertThat(client.stream().status()).as(path).isEqualTo(400);
            assertThat(client.stream().body()).as(path).contains(words);
        }
    }
}
