package io.sluice.sse.netty;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.read.ListAppender;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.sluice.sse.CloseReason;
import io.sluice.sse.Event;
import io.sluice.sse.netty.stream.StreamHandler;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.Test;
import org.slf4j.LoggerFactory;

/** A table of invalid or unsupported requests. A healthy stream on another connection is not affected. */
class MalformedHttpTest {

    /** Far above the time that the test waits, so that no timeout answers or closes in place of the server's checks. */
    private static final Duration NEVER = Duration.ofMinutes(10);

    @OverEachTransport
    void eachRequestGetsAResponseOrIsClosedAtOnceAndAHealthyStreamContinues(Transport transport) throws IOException {
        Logger logger = (Logger) LoggerFactory.getLogger("io.sluice");
        ListAppender<ILoggingEvent> lines = new ListAppender<>();
        lines.list = new CopyOnWriteArrayList<>();
        lines.start();
        logger.addAppender(lines);
        logger.setLevel(Level.DEBUG);
        logger.setAdditive(false);
        try {
            sendEach(transport);
        } finally {
            logger.setAdditive(true);
            logger.setLevel(null);
            logger.detachAppender(lines);
        }
        assertThat(lines.list)
                .isNotEmpty()
                .allSatisfy(line -> assertThat(line.getFormattedMessage()).doesNotContain("\n", "\r", "FAKE"))
                .noneMatch(line -> line.getLevel().isGreaterOrEqual(Level.WARN));
    }

    private static void sendEach(Transport transport) throws IOException {
        try (SseServer server = TestServers.on(transport)
                        .requestTimeout(NEVER)
                        .idleTimeout(NEVER)
                        .blockedLaneAfter(NEVER) // a busy machine may delay a loop, and that is a warning
                        .start();
                RawClient healthy = RawClient.open(server.port(), "/events/control")) {
            int published = 0;
            List<String> wrong = new ArrayList<>(); // one run reports each wrong response
            for (Map.Entry<String, HostileRequests.Case> named :
                    HostileRequests.all().entrySet()) {
                try {
                    AnswerTime.assertShort(named.getKey(), () -> sendOne(server, named.getKey(), named.getValue()));
                } catch (AssertionError e) {
                    wrong.add(e.getMessage());
                }
                server.hub().publish("control", Event.of(named.getKey()));
                healthy.awaitEvents(++published);
            }
            assertThat(wrong).isEmpty();
            assertThat(published).isGreaterThanOrEqualTo(120);
            assertThat(healthy.stream().data())
                    .containsExactlyElementsOf(HostileRequests.all().keySet());
            healthy.close();
            TestServers.awaitNothingOwned(server.hub());
        }
    }

    /** @return the time from the last byte of the request to the end of its response */
    private static Duration sendOne(SseServer server, String name, HostileRequests.Case hostile) throws IOException {
        try (RawClient client = RawClient.connect(server.port())) {
            client.send(hostile.request());
            long sent = System.nanoTime();
            if (hostile.status() == HostileRequests.OPENS) {
                client.awaitHead();
                assertThat(client.stream().status()).as(name).isEqualTo(200);
                client.await(() -> client.stream().retries.size() == 1, "first block for " + name);
                return AnswerTime.since(sent);
            }
            assertThat(client.awaitResponse(RawClient.PATIENCE))
                    .as(name + " gets a response or is closed; status "
                            + client.stream().status())
                    .isTrue();
            Duration took = AnswerTime.since(sent);
            checkRejection(name, hostile.status(), client.stream());
            return took;
        }
    }

    private static void checkRejection(String name, int expected, RawStream response) throws IOException {
        if (expected == HostileRequests.CLOSES) {
            assertThat(response.status()).as(name).isIn(0, 400);
            return;
        }
        assertThat(response.status()).as(name).isEqualTo(expected);
        assertThat(response.header("content-type")).as(name).isEqualTo("application/problem+json");
        assertThat(response.header("x-content-type-options")).as(name).isEqualTo("nosniff");
        JsonNode problem = new ObjectMapper().readTree(response.body());
        assertThat(problem.get("status").asInt()).as(name).isEqualTo(expected);
        assertThat(problem.get("detail").asText()).as(name).isNotBlank();
        assertThat(problem.get("title").asText()).as(name).isNotBlank();
        if (expected == 405) {
            assertThat(response.header("allow")).as(name).isEqualTo("GET, HEAD");
        }
    }

    @OverEachTransport
    void requestsAfterAStreamOpenNothingAndAffectNothing(Transport transport) throws IOException {
        try (SseServer server = TestServers.on(transport).start();
                RawClient client = RawClient.connect(server.port())) {
            String get = "GET /events/a HTTP/1.1\r\nHost: localhost\r\n\r\n";
            client.send(get.repeat(3));
            client.await(() -> client.stream().retries.size() == 1, "first block");
            client.send(get.repeat(10));
            server.hub().publish("a", Event.of("still here"));
            client.awaitEvents(1);
            assertThat(server.hub().stats().opened()).isEqualTo(1);
            assertThat(client.stream().data()).containsExactly("still here");
        }
    }

    @OverEachTransport
    void strayBytesAreIgnoredUpToABudget(Transport transport) throws IOException {
        try (SseServer server = TestServers.on(transport).start();
                RawClient client = RawClient.open(server.port(), "/events/a")) {
            client.send(new byte[StreamHandler.STRAY_BYTES]);
            server.hub().publish("a", Event.of("still here"));
            client.awaitEvents(1);
            client.send(new byte[] {'x'});
            assertThat(client.awaitEnd(RawClient.PATIENCE)).isTrue();
            await().untilAsserted(() -> assertThat(server.hub().stats().closed().get(CloseReason.PROTOCOL_ERROR))
                    .isEqualTo(1));
            TestServers.awaitNothingOwned(server.hub());
        }
    }

    @OverEachTransport
    void tenMegabytesAfterAStreamEndItAndCostNothing(Transport transport) throws IOException {
        try (SseServer server = TestServers.on(transport).start();
                RawClient client = RawClient.open(server.port(), "/events/a")) {
            try {
                for (int i = 0; i < 1000; i++) {
                    client.send(new byte[10_000]);
                }
            } catch (IOException e) {
                assertThat(e).hasMessageMatching("(?i).*(reset|broken pipe|abort).*");
            }
            await().untilAsserted(() -> assertThat(server.hub().stats().closed().get(CloseReason.PROTOCOL_ERROR))
                    .isEqualTo(1));
            TestServers.awaitNothingOwned(server.hub());
        }
    }

    /** The response to the first request must come first. Requests after a stream get no response. */
    @OverEachTransport
    void aStreamAfterARequestWithAPendingResponseWaitsItsTurn(Transport transport) throws IOException {
        var slow = new java.util.concurrent.CompletableFuture<RouteResponse>();
        try (SseServer server = TestServers.on(transport)
                        .route("GET", "/slow", request -> slow)
                        .start();
                RawClient client = RawClient.connect(server.port())) {
            client.get("/slow").get("/events/a");
            try (RawClient other = RawClient.open(server.port(), "/events/b")) {
                assertThat(other.stream().status()).isEqualTo(200);
            }
            slow.complete(RouteResponse.of(200, "text/plain", "slow"));
            client.await(client.stream()::hasEnded, "the slow response");
            assertThat(client.stream().body()).isEqualTo("slow");
            client.nextResponse();
            client.await(() -> client.stream().retries.size() == 1, "first block");
            server.hub().publish("a", Event.of("hello"));
            client.awaitEvents(1);
        }
    }

    @Test
    void keepAliveSurvivesARejectionThatTheConnectionDidNotCause() throws IOException {
        try (SseServer server = TestServers.on(Transport.NIO).start();
                RawClient client = RawClient.connect(server.port())) {
            for (int i = 0; i < 3; i++) {
                client.get("/nothing").await(client.stream()::hasEnded, "404");
                assertThat(client.stream().status()).isEqualTo(404);
                client.nextResponse();
            }
            client.get("/events/a").await(() -> client.stream().retries.size() == 1, "first block");
        }
    }

    @Test
    void lastEventIdIsReadAsUtf8() throws IOException {
        var seen = new java.util.concurrent.CompletableFuture<String>();
        try (SseServer server = TestServers.on(Transport.NIO)
                        .streams("/s", request -> {
                            seen.complete(request.lastEventId());
                            return SseStream.of(sink -> {});
                        })
                        .start();
                RawClient client = RawClient.connect(server.port())) {
            client.send("GET /s HTTP/1.1\r\nHost: localhost\r\nLast-Event-ID: the first of two\r\nLast-Event-ID: "
                    + new String("…é😀".getBytes(StandardCharsets.UTF_8), StandardCharsets.ISO_8859_1) + "\r\n\r\n");
            client.awaitHead();
            assertThat(seen.join()).isEqualTo("…é😀");
        }
    }
}
