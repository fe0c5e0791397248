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
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.Test;
import org.slf4j.LoggerFactory;

/** A table of invalid or unsupported requests. A healthy stream on another connection is not affected. */
class MalformedHttpTest {

    private static final Duration AT_ONCE = Duration.ofSeconds(1);
    private static final int OPENS = 200;
    /** The connection closes. A response is optional and is 400. */
    private static final int CLOSES = 0;

    private record Case(String request, int status) {}

    private static Map<String, Case> cases() {
        Map<String, Case> cases = new LinkedHashMap<>();
        String rest = " HTTP/1.1\r\nHost: localhost\r\n\r\n";
        cases.put("NUL in a value", new Case("GET /events/a HTTP/1.1\r\nHost: localhost\r\nX: a\0b\r\n\r\n", 400));
        cases.put("NUL in a name", new Case("GET /events/a HTTP/1.1\r\nHost: localhost\r\nX\0: a\r\n\r\n", 400));
        cases.put("space before colon", new Case("GET /events/a HTTP/1.1\r\nHost : localhost\r\n\r\n", 400));
        cases.put("bare LF", new Case("GET /events/a HTTP/1.1\nHost: localhost\n\n", 400));
        cases.put("bare CR", new Case("GET /events/a HTTP/1.1\rHost: localhost\r\r\n\r\n", 400));
        cases.put("HTTP/0.9", new Case("GET /events/a\r\n", 400));
        cases.put(
                "TLS hello",
                new Case("\u0016\u0003\u0001\u0002\u0000\u0001\u0000\u0001\u00fc\u0003\u0003\r\n", CLOSES));
        cases.put("control bytes first", new Case("\u0001\u0002GET /events/a" + rest, 400));
        cases.put("no version", new Case("GET /events/a HTTP\r\nHost: localhost\r\n\r\n", 400));
        cases.put("garbage", new Case("\u00ff\u00fe\u00fd\r\n\r\n", 400));
        cases.put("1.0 and TE", new Case("GET /events/a HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 400));
        cases.put("TE and CL", post("Transfer-Encoding: chunked\r\nContent-Length: 5\r\n", "0\r\n\r\n", 400));
        cases.put("two CL that differ", post("Content-Length: 5\r\nContent-Length: 6\r\n", "hello!", 400));
        cases.put("negative CL", post("Content-Length: -5\r\n", "hello", 400));
        cases.put("CL that is no number", post("Content-Length: 5x\r\n", "hello", 400));
        cases.put("xchunked", post("Transfer-Encoding: xchunked\r\n", "0\r\n\r\n", 400));
        cases.put("chunked, xchunked", post("Transfer-Encoding: chunked, xchunked\r\n", "0\r\n\r\n", 400));
        cases.put("chunk size that is none", post("Transfer-Encoding: chunked\r\n", "zz\r\nhello\r\n0\r\n\r\n", 400));
        cases.put("body too large", post("Content-Length: 100000000\r\n", "", 413));
        cases.put("line too long", new Case("GET /events/" + "a".repeat(90_000) + rest, 414));
        cases.put(
                "header too long",
                new Case("GET /events/a HTTP/1.1\r\nHost: localhost\r\nX: " + "a".repeat(40_000) + "\r\n\r\n", 431));
        cases.put(
                "1000 headers",
                new Case(
                        "GET /events/a HTTP/1.1\r\nHost: localhost\r\n" + "Some-Header: some value\r\n".repeat(1000)
                                + "\r\n",
                        431));
        cases.put("no Host", new Case("GET /events/a HTTP/1.1\r\n\r\n", 400));
        cases.put("two Hosts", new Case("GET /events/a HTTP/1.1\r\nHost: localhost\r\nHost: evil\r\n\r\n", 400));
        cases.put("foreign Host", new Case("GET /events/a HTTP/1.1\r\nHost: evil.example\r\n\r\n", 421));
        cases.put("absolute form", new Case("GET http://localhost/events/a" + rest, OPENS));
        cases.put("absolute form, foreign", new Case("GET http://evil.example/events/a" + rest, 421));
        cases.put("absolute form, no path", new Case("GET http://localhost" + rest, 404));
        cases.put("authority form", new Case("GET localhost:80" + rest, 400));
        cases.put("asterisk form", new Case("OPTIONS *" + rest, 400));
        cases.put("//evil", new Case("GET //evil/events/a" + rest, 404));
        cases.put("CR LF in the path", new Case("GET /events/a%0d%0aFAKE:%20x" + rest, 400));
        cases.put("CR LF in a query", new Case("GET /events/a?topic=b%0d%0aFAKE" + rest, 400));
        cases.put("NUL in the path", new Case("GET /events/a%00" + rest, 400));
        cases.put("quotes in the path", new Case("GET /events/%22%5c%22%0a/../%22" + rest, 400));
        cases.put("dot segments", new Case("GET /events/%2e%2e/admin" + rest, 400));
        cases.put("% at the end", new Case("GET /events/a%" + rest, 400));
        cases.put("% without hex", new Case("GET /events/a%zz" + rest, 400));
        cases.put("% in the query", new Case("GET /events/a?topic=%f" + rest, 400));
        cases.put("overlong UTF-8", new Case("GET /events/%c0%af" + rest, 400));
        cases.put("raw invalid UTF-8", new Case("GET /events/\u00ff" + rest, 400));
        cases.put("UTF-8 surrogate", new Case("GET /events/%ed%a0%80" + rest, 400));
        cases.put("bad replay", new Case("GET /events/a?replay=many" + rest, 400));
        cases.put("pattern too wide", new Case("GET /events/a**b" + rest, 400));
        cases.put("101 topics", new Case("GET /events?" + "topic=a&".repeat(101) + rest, 400));
        cases.put("lower-case get", new Case("get /events/a" + rest, 405));
        cases.put("POST to a stream", post("Content-Length: 0\r\n", "", 405));
        cases.put("TRACE", new Case("TRACE /events/a" + rest, 405));
        cases.put("unknown path", new Case("GET /nothing" + rest, 404));
        cases.put("HTTP/1.2", new Case("GET /events/a HTTP/1.2\r\nHost: localhost\r\n\r\n", OPENS));
        cases.put(
                "an upgrade to HTTP/2",
                new Case(
                        "GET /events/a HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade, HTTP2-Settings\r\n"
                                + "Upgrade: h2c\r\nHTTP2-Settings: AAMAAABkAAQAAP__\r\n\r\n",
                        OPENS));
        cases.put(
                "Connection: close",
                new Case("GET /events/a HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n", OPENS));
        cases.put("HTTP/2.0 over 1", new Case("PRI * HTTP/2.0\r\n\r\nSX\r\n\r\n", 400)); // not its preface
        cases.put(
                "GET with a body",
                new Case("GET /events/a HTTP/1.1\r\nHost: localhost\r\nContent-Length: 5\r\n\r\nhello", 413));
        cases.put(
                "GET with a chunked body",
                new Case(
                        "GET /events/a HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n",
                        413));
        cases.put(
                "wrong Accept",
                new Case("GET /events/a HTTP/1.1\r\nHost: localhost\r\nAccept: application/json\r\n\r\n", 406));
        cases.put(
                "folded Last-Event-ID",
                new Case("GET /events/a HTTP/1.1\r\nHost: localhost\r\nLast-Event-ID: a\r\n b\r\n\r\n", OPENS));
        cases.put(
                "hostile Last-Event-ID",
                new Case(
                        "GET /events/a HTTP/1.1\r\nHost: localhost\r\nLast-Event-ID: \"}\u00ff<x>" + "y".repeat(500)
                                + "\r\n\r\n",
                        OPENS));
        return cases;
    }

    private static Case post(String headers, String body, int status) {
        return new Case("POST /events/a HTTP/1.1\r\nHost: localhost\r\n" + headers + "\r\n" + body, status);
    }

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
        try (SseServer server = TestServers.on(transport).start();
                RawClient healthy = RawClient.open(server.port(), "/events/control")) {
            int published = 0;
            for (Map.Entry<String, Case> named : cases().entrySet()) {
                try (RawClient client = RawClient.connect(server.port())) {
                    client.send(named.getValue().request);
                    check(named.getKey(), named.getValue().status, client);
                }
                server.hub().publish("control", Event.of(named.getKey()));
                healthy.awaitEvents(++published);
            }
            assertThat(healthy.stream().data()).containsExactlyElementsOf(cases().keySet());
            healthy.close();
            TestServers.awaitNothingOwned(server.hub());
        }
    }

    private static void check(String name, int expected, RawClient client) throws IOException {
        RawStream response = client.stream();
        if (expected == OPENS) {
            client.await(() -> response.retries.size() == 1, "first block for " + name);
            assertThat(response.status()).as(name).isEqualTo(200);
            return;
        }
        assertThat(client.awaitResponse(AT_ONCE))
                .as(name + " gets a response or is closed; status " + response.status())
                .isTrue();
        if (expected == CLOSES) {
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
            assertThat(client.awaitEnd(AT_ONCE)).isTrue();
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
