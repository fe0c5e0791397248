package io.sluice.sse.examples.server;

import static io.sluice.sse.examples.server.TestServer.assertProblem;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Tests the contract for {@code POST /events} and {@code QUERY /events}. */
class EventsContractTest {

    private TestServer server;

    @BeforeEach
    void start() throws Exception {
        server = TestServer.start("--cors-origin", "https://app.example", "--max-publish-bytes", "64k");
    }

    @AfterEach
    void stop() {
        server.close();
    }

    private RawStream stream(String method, String body, String... headers) throws IOException {
        String[] lines = new String[5 + headers.length];
        lines[0] = method + " /events HTTP/1.1";
        lines[1] = "Host: 127.0.0.1:" + server.port();
        lines[2] = "Content-Type: application/json";
        lines[3] = "Content-Length: " + body.getBytes(StandardCharsets.UTF_8).length;
        System.arraycopy(headers, 0, lines, 4, headers.length);
        lines[lines.length - 1] = "Accept: text/event-stream";
        RawStream stream = RawStream.send(server.port(), lines);
        stream.send(body);
        return stream;
    }

    private HttpResponse<String> post(String body, String... headers) throws Exception {
        return server.post("/events", body, headers);
    }

    @ParameterizedTest
    @ValueSource(strings = {"POST", "QUERY"})
    void theBodyNamesTheTopics(String method) throws Exception {
        String first = server.publish("a", "one");
        server.publish("orders/7", "two");
        try (RawStream live = stream(method, "{\"topics\":[\"a\",\"orders/*\"]}");
                RawStream replay = stream(method, "{\"topics\":[\"a\",\"orders/*\"],\"replay\":9,\"envelope\":true}");
                RawStream after = stream(
                        method, "{\"topics\":[\"orders/*\",\"a\"],\"replay\":9,\"lastEventId\":\"" + first + "\"}");
                RawStream header =
                        stream(method, "{\"topics\":[\"a\"],\"lastEventId\":\"unknown\"}", "Last-Event-ID: " + first)) {
            for (RawStream each : new RawStream[] {live, replay, after, header}) {
                assertThat(each.head())
                        .startsWith("http/1.1 200 ")
                        .contains("text/event-stream", "cache-control: no-store, no-transform");
            }
            live.firstBlock();
            server.publish("a", "three");
            assertThat(live.until("data: three\n\n")).doesNotContain("data: one\n", "data: two\n");
            assertThat(replay.until("three")).contains("{\"topic\":\"a\",\"data\":\"one\"}");
            assertThat(after.until("data: three\n\n")).contains("data: two\n").doesNotContain("data: one\n", "gap");
            assertThat(header.until("data: three\n\n")).doesNotContain("gap", "data: one\n");
        }
    }

    @Test
    void upToAThousandTopicsAreAllowed() throws Exception {
        String topics = IntStream.range(0, 1000).mapToObj(i -> "\"t" + i + "\"").collect(Collectors.joining(","));
        try (RawStream stream = stream("POST", "{\"topics\":[" + topics + "]}")) {
            assertThat(stream.head()).startsWith("http/1.1 200 ");
            server.publish("t999", "x");
            stream.until("data: x\n\n");
        }
        assertProblem(post("{\"topics\":[" + topics + ",\"more\"]}"), 400, "at most 1000");
    }

    @ParameterizedTest
    @MethodSource("wrongBodies")
    void aWrongBodyIsRejected(String body, String detail) throws Exception {
        assertProblem(post(body), 400, detail);
        assertThat(server.hub().stats().opened()).isZero();
    }

    static Stream<Arguments> wrongBodies() {
        return Stream.of(
                Arguments.of("", "topics"),
                Arguments.of("{", "this is not JSON"),
                Arguments.of("[]", "an object with topics"),
                Arguments.of("{}", "topics: missing"),
                Arguments.of("{\"topics\":[]}", "no topic"),
                Arguments.of("{\"topics\":\"a\"}", "topics: STRING"),
                Arguments.of("{\"topics\":[1]}", "topics: NUMBER"),
                Arguments.of("{\"topics\":[\"a//b\"]}", "topic"),
                Arguments.of("{\"topics\":[\"a\"],\"replay\":-1}", "replay"),
                Arguments.of("{\"topics\":[\"a\"],\"replay\":\"1\"}", "replay"),
                Arguments.of("{\"topics\":[\"a\"],\"envelope\":1}", "envelope"),
                Arguments.of("{\"topics\":[\"a\"],\"lastEventId\":1}", "lastEventId"),
                Arguments.of("{\"topics\":[\"a\"],\"topic\":\"b\"}", "there is no field"));
    }

    @Test
    void aBodyAboveItsBoundIsRejected() throws Exception {
        assertProblem(post("{\"topics\":[\"" + "x".repeat(70_000) + "\"]}"), 413, "larger");
    }

    @Test
    void anEndedStreamStaysEnded() throws Exception {
        server.post("/publish/a?last=1", "x");
        assertThat(post("{\"topics\":[\"a\"]}").body()).contains("data: x\n", "event: end\n");
        assertThat(post("{\"topics\":[\"a\"],\"lastEventId\":\"end~1\"}").statusCode())
                .isEqualTo(204);
    }

    @Test
    void otherMethodsAndPathsAreRejected() throws Exception {
        HttpResponse<String> put = server.send("PUT", "/events", new byte[0]);
        assertProblem(put, 405, "GET, HEAD, POST, QUERY");
        assertProblem(server.post("/events/a", "{\"topics\":[\"a\"]}"), 405, "GET, HEAD");
        assertProblem(server.post("/events", "{\"topics\":[\"a\"]}", "Accept", "text/html"), 406, "text/event-stream");
    }

    @Test
    void requestsOfOtherSitesAreRejected() throws Exception {
        String body = "{\"topics\":[\"a\"]}";
        assertProblem(post(body, "Sec-Fetch-Site", "cross-site"), 403, "other sites");
        assertProblem(post(body, "Origin", "https://evil.example"), 403, "not allowed");
        try (RawStream allowed = stream("POST", body, "Origin: https://app.example", "Sec-Fetch-Site: cross-site")) {
            assertThat(allowed.head())
                    .startsWith("http/1.1 200 ")
                    .contains("access-control-allow-origin: https://app.example");
        }
        HttpResponse<String> preflight = server.send(
                "OPTIONS",
                "/events",
                new byte[0],
                "Origin",
                "https://app.example",
                "Access-Control-Request-Method",
                "QUERY");
        assertThat(preflight
                        .headers()
                        .firstValue("access-control-allow-methods")
                        .orElse(""))
                .contains("POST", "QUERY");
    }

    /** An EventSource cannot send such a request, so no client would give up for good on the status. */
    @Test
    void atALimitTheResponseIsAStatus() throws Exception {
        try (TestServer small = TestServer.start("--max-connections", "1");
                RawStream only = small.stream("/events/a")) {
            only.head();
            for (String method : new String[] {"POST", "QUERY"}) {
                HttpResponse<String> rejected = small.send(
                        method,
                        "/events",
                        "{\"topics\":[\"a\"]}".getBytes(StandardCharsets.UTF_8),
                        "Sec-Fetch-Mode",
                        "cors",
                        "Accept",
                        "text/event-stream",
                        "Cache-Control",
                        "no-cache");
                assertProblem(rejected, 503, "");
                assertThat(rejected.headers().firstValue("retry-after")).isPresent();
                assertProblem(small.send(method, "/events", new byte[0]), 400, "topics");
            }
        }
    }
}
