package io.sluice.sse.netty;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.awaitility.Awaitility.await;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.read.ListAppender;
import io.sluice.sse.Event;
import java.io.IOException;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.slf4j.LoggerFactory;

/**
 * Routes that fail, and pending responses: each request gets a response or its connection is closed, in order.
 */
@Timeout(120)
class RouteResponsesTest {

    private final Logger log = (Logger) LoggerFactory.getLogger(RouteHandler.class);

    @BeforeEach
    void expectFailures() {
        log.setLevel(Level.OFF);
    }

    @AfterEach
    void expectNoFurtherFailures() {
        log.setLevel(null);
    }

    private static Map<String, HttpRoute> failing() {
        Map<String, HttpRoute> routes = new LinkedHashMap<>();
        routes.put("throws", request -> {
            throw new IllegalStateException("a test wants it so");
        });
        routes.put("throws an error", request -> {
            throw new StackOverflowError("a test wants it so");
        });
        routes.put("returns null", request -> null);
        routes.put("completes with null", request -> CompletableFuture.completedFuture(null));
        routes.put("fails", request -> CompletableFuture.failedFuture(new IOException("a test wants it so")));
        routes.put("fails with an error", request -> CompletableFuture.failedFuture(new StackOverflowError()));
        routes.put("is cancelled", request -> CompletableFuture.failedFuture(new CancellationException()));
        routes.put("completes with null later", request -> CompletableFuture.supplyAsync(() -> null));
        routes.put(
                "fails later",
                request -> CompletableFuture.supplyAsync(() -> {
                    throw new IllegalStateException("a test wants it so");
                }));
        return routes;
    }

    @OverEachTransport
    void aFailingRouteGetsAResponseAndAffectsNoOtherClient(Transport transport) throws IOException {
        List<Map.Entry<String, HttpRoute>> failing = List.copyOf(failing().entrySet());
        SseServerBuilder builder = TestServers.on(transport).streams("/events/**", StreamRoute.topics());
        for (int i = 0; i < failing.size(); i++) {
            builder.route("GET", "/" + i, failing.get(i).getValue());
        }
        builder.streams("/stream-throws", request -> {
            throw new IllegalStateException("a test wants it so");
        });
        builder.streams("/stream-is-null", request -> null);
        builder.streams("/stream-throws-an-error", request -> {
            throw new StackOverflowError("a test wants it so");
        });
        try (SseServer server = builder.start();
                RawClient healthy = RawClient.open(server.port(), "/events/a")) {
            for (int i = 0; i < failing.size(); i++) {
                assertStatus("/" + i, failing.get(i).getKey(), 500, server);
            }
            assertStatus("/stream-throws", "stream", 500, server);
            assertStatus("/stream-is-null", "stream", 500, server);
            assertStatus("/stream-throws-an-error", "stream", 500, server);
            server.hub().publish("a", Event.of("unharmed"));
            healthy.awaitEvents(1);
            assertThat(server.streams().permits().acquired()).isEqualTo(1);
            healthy.close();
            TestServers.awaitNothingOwned(server.hub());
        }
    }

    @Test
    void theLogNamesTheRequestWithoutItsQuery() throws IOException {
        ListAppender<ILoggingEvent> lines = new ListAppender<>();
        lines.start();
        log.setLevel(null);
        log.setAdditive(false);
        log.addAppender(lines);
        try (SseServer server = TestServers.on(Transport.NIO)
                .streams("/stream/**", request -> null)
                .route("GET", "/null", request -> null)
                .route("GET", "/later", request -> CompletableFuture.completedFuture(null))
                .start()) {
            List<String> names = List.of("GET /stream/a\\u000ab", "GET /null", "GET /later");
            List<String> targets = List.of("/stream/a%0ab", "/null", "/later");
            for (int i = 0; i < targets.size(); i++) {
                assertStatus(targets.get(i) + "?token=secret", "a route", 500, server);
                ILoggingEvent line = lines.list.get(i);
                assertThat(line.getFormattedMessage())
                        .startsWith("the route of " + names.get(i) + " failed for a request from /127.0.0.1:")
                        .doesNotContain("secret");
                assertThat(line.getThrowableProxy().getMessage())
                        .isEqualTo("the route of " + names.get(i) + " returned null");
            }
        } finally {
            log.detachAppender(lines);
            log.setAdditive(true);
        }
    }

    /** @param status 0 if the connection is closed without a response */
    private static void assertStatus(String path, String what, int status, SseServer server) throws IOException {
        try (RawClient client = RawClient.connect(server.port()).get(path)) {
            assertThat(client.awaitResponse(RawClient.PATIENCE)).as(what).isTrue();
            assertThat(client.stream().status()).as(what).isEqualTo(status);
            assertThat(client.stream().body()).as(what).doesNotContain("a test wants it so");
        }
    }

    @OverEachTransport
    void aFailingKeyFunctionRejectsItsOwnClientOnly(Transport transport) throws IOException {
        try (SseServer server = TestServers.on(transport)
                        .maxStreamsPerKey(5, request -> {
                            if (request.header("x-bad") != null) {
                                throw new IllegalStateException("a test wants it so");
                            }
                            return "one key for all";
                        })
                        .start();
                RawClient healthy = RawClient.open(server.port(), "/events/a");
                RawClient bad = RawClient.connect(server.port()).get("/events/a", "X-Bad: yes")) {
            assertThat(bad.awaitResponse(RawClient.PATIENCE)).isTrue();
            assertThat(bad.stream().status()).isEqualTo(500);
            assertThat(server.streams().permits().acquired()).isEqualTo(1);
            server.hub().publish("a", Event.of("unharmed"));
            healthy.awaitEvents(1);
        }
    }

    /** The rejection of an invalid request waits for earlier responses, and later requests are not handled. */
    @OverEachTransport
    void aRejectionFollowsTheResponsesBeforeIt(Transport transport) throws Exception {
        Map<String, Integer> rejected = new LinkedHashMap<>();
        rejected.put("nonsense\r\n\r\n", 400);
        rejected.put("GET /slow HTTP/1.1\r\n\r\n", 400);
        rejected.put("POST /p HTTP/1.1\r\nHost: localhost\r\nContent-Length: 21\r\n\r\n" + "x".repeat(21), 413);
        rejected.put("POST /p HTTP/1.1\r\nHost: localhost\r\nExpect: a-miracle\r\nContent-Length: 0\r\n\r\n", 417);
        for (Map.Entry<String, Integer> second : rejected.entrySet()) {
            CompletableFuture<RouteResponse> slow = new CompletableFuture<>();
            CountDownLatch asked = new CountDownLatch(1);
            CountDownLatch askedBehind = new CountDownLatch(1);
            try (SseServer server = TestServers.on(transport)
                            .maxBodyBytes(20)
                            .route("GET", "/slow", request -> {
                                asked.countDown();
                                return slow;
                            })
                            .route("GET", "/behind", request -> {
                                askedBehind.countDown();
                                return RouteResponse.empty(204).completed();
                            })
                            .start();
                    RawClient client = RawClient.connect(server.port())) {
                client.send(get("/slow") + second.getKey() + get("/behind"));
                assertThat(asked.await(60, TimeUnit.SECONDS)).isTrue();
                slow.complete(RouteResponse.of(200, "text/plain", "slow"));
                client.await(client.stream()::hasEnded, "the slow response");
                assertThat(client.stream().status()).isEqualTo(200);
                client.nextResponse();
                assertThat(client.awaitEnd(RawClient.PATIENCE)).isTrue();
                assertThat(client.stream().status()).isEqualTo(second.getValue());
                assertThat(client.hasMore()).isFalse();
                assertThat(askedBehind.getCount()).isEqualTo(1);
                client.close(); // the server waits for seconds until a rejected client has closed, too
                TestServers.awaitNothingOwned(server.hub());
            }
        }
    }

    private static String get(String path) {
        return "GET " + path + " HTTP/1.1\r\nHost: localhost\r\n\r\n";
    }

    /** The client leaves before the response of a route and the stream after it. Both are dropped. */
    @OverEachTransport
    void aResponseThatIsReadyAfterItsClientHasLeftIsDropped(Transport transport) throws Exception {
        CompletableFuture<RouteResponse> slow = new CompletableFuture<>();
        CountDownLatch asked = new CountDownLatch(2);
        try (SseServer server = TestServers.on(transport)
                        .route("GET", "/slow", request -> {
                            asked.countDown();
                            return slow;
                        })
                        .start();
                RawClient resets = RawClient.connect(server.port());
                RawClient leaves = RawClient.connect(server.port())) {
            resets.get("/slow").get("/events/a");
            leaves.get("/slow").get("/events/a");
            assertThat(asked.await(60, TimeUnit.SECONDS)).isTrue();
            resets.reset();
            leaves.close();
            TestServers.awaitNothingOwned(server.hub());
            slow.complete(RouteResponse.of(200, "text/plain", "too late"));
            try (RawClient healthy = RawClient.open(server.port(), "/events/a")) {
                server.hub().publish("a", Event.of("unharmed"));
                healthy.awaitEvents(1);
            }
            await().untilAsserted(() ->
                    assertThat(server.streams().permits().acquired()).isZero());
            assertThat(server.hub().stats().opened()).isEqualTo(1);
        }
    }

    @Test
    void aResponseCannotForgeHeaders() {
        RouteResponse response = RouteResponse.of(200, "text/plain", "x");
        for (String bad : new String[] {"a\r\nb: c", "a\nb", "a\0"}) {
            assertThatIllegalArgumentException()
                    .isThrownBy(() -> response.with("x", bad))
                    .withMessageStartingWith("header: \"x\" (expected: ");
            assertThatIllegalArgumentException().isThrownBy(() -> response.with(bad, "x"));
            assertThatIllegalArgumentException().isThrownBy(() -> RouteResponse.of(200, bad, "x"));
            assertThatIllegalArgumentException().isThrownBy(() -> HttpStatusException.of(400, "no", "x", bad));
        }
        assertThatIllegalArgumentException()
                .isThrownBy(() -> RouteResponse.empty(1000))
                .withMessage("status: 1000 (expected: from 200 to 599)");
    }
}
