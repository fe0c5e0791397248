package io.sluice.sse.examples.server;

import static io.sluice.sse.examples.server.TestServer.assertProblem;
import static org.assertj.core.api.Assertions.assertThat;

import java.net.http.HttpResponse;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Tests the contract for {@code /events}. */
class StreamContractTest {

    private TestServer server;

    @BeforeEach
    void start() throws Exception {
        server = TestServer.start("--retry", "1500ms");
    }

    @AfterEach
    void stop() {
        server.close();
    }

    @Test
    void aStreamBeginsWithRetryAndItsPosition() throws Exception {
        try (RawStream stream = server.stream("/events/a", "Accept: text/event-stream")) {
            assertThat(stream.head())
                    .startsWith("http/1.1 200 ok\r\n")
                    .contains("content-type: text/event-stream\r\n")
                    .contains("cache-control: no-store, no-transform\r\n")
                    .contains("x-accel-buffering: no\r\n")
                    .contains("x-content-type-options: nosniff\r\n")
                    .contains("transfer-encoding: chunked\r\n");
            assertThat(stream.firstBlock())
                    .isEqualTo("retry: 1500\nid: " + server.hub().headId() + "\n\n");
        }
    }

    @Test
    void publishedEventsArrive() throws Exception {
        try (RawStream stream = server.stream("/events/a")) {
            stream.head();
            stream.firstBlock();
            server.publish("b", "not for us");
            HttpResponse<String> response = server.post("/publish/a?event=greeting&retry=7", "one\ntwo");
            String id = Json.read(response.body()).get("id").textValue();

            assertThat(stream.until("\n\n"))
                    .startsWith("id: " + id + "\n")
                    .contains("event: greeting\n")
                    .contains("retry: 7\n")
                    .contains("data: one\ndata: two\n");
        }
    }

    @Test
    void aStreamHasSeveralTopicsAndPatterns() throws Exception {
        try (RawStream stream = server.stream("/events/a?topic=b&topic=one/*&topic=deep/**")) {
            stream.head();
            stream.firstBlock();
            for (String topic : new String[] {"a", "b", "c", "one/x", "one/x/y", "deep/x", "deep/x/y"}) {
                server.publish(topic, "[" + topic + "]");
            }
            String all = stream.until("[deep/x/y]");
            assertThat(all.lines().filter(line -> line.startsWith("data: ")))
                    .containsExactly("data: [a]", "data: [b]", "data: [one/x]", "data: [deep/x]", "data: [deep/x/y]");
        }
    }

    @Test
    void thePathMayContainAPattern() throws Exception {
        server.publish("orders/1", "first");
        try (RawStream stream = server.stream("/events/orders/*?replay=5")) {
            stream.head();
            assertThat(stream.until("data: first\n\n")).doesNotContain("event: gap");
        }
    }

    @Test
    void aClientResumesAfterItsLastEventId() throws Exception {
        String first = server.publish("a", "first");
        String second = server.publish("a", "second");
        server.publish("a", "third");

        try (RawStream byHeader = server.stream("/events/a?lastEventId=" + second, "Last-Event-ID: " + first)) {
            byHeader.head();
            assertThat(byHeader.until("data: third\n\n"))
                    .contains("data: second\n")
                    .doesNotContain("data: first\n")
                    .doesNotContain("event: gap");
        }
        try (RawStream byQuery = server.stream("/events/a?lastEventId=" + second)) {
            byQuery.head();
            assertThat(byQuery.until("data: third\n\n")).doesNotContain("data: second\n");
        }
    }

    @Test
    void aClientResumesAfterAPublisherIdToo() throws Exception {
        server.post("/publish/a?id=order-1", "first");
        server.publish("a", "second");
        try (RawStream stream = server.stream("/events/a", "Last-Event-ID: order-1")) {
            stream.head();
            assertThat(stream.until("data: second\n\n")).doesNotContain("first").doesNotContain("event: gap");
        }
    }

    @Test
    void aReplayCountsTheEventsOfTheWholeSelector() throws Exception {
        for (int i = 0; i < 6; i++) {
            server.publish(i % 2 == 0 ? "a" : "b", "n" + i);
        }
        try (RawStream stream = server.stream("/events?topic=a&topic=b&replay=3")) {
            stream.head();
            assertThat(stream.until("data: n5\n\n").lines().filter(line -> line.startsWith("data: ")))
                    .containsExactly("data: n3", "data: n4", "data: n5");
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"100001", "2147483647", "2147483648", "99999999999", "0000000000000000000000000000003"})
    void aReplayOfMoreThanIsKeptReturnsEverythingKept(String replay) throws Exception {
        for (int i = 0; i < 3; i++) {
            server.publish("a", "n" + i);
        }
        try (RawStream stream = server.stream("/events/a?replay=" + replay)) {
            assertThat(stream.head()).startsWith("http/1.1 200 ");
            assertThat(stream.until("data: n2\n\n").lines().filter(line -> line.startsWith("data: ")))
                    .containsExactly("data: n0", "data: n1", "data: n2");
        }
    }

    @Test
    void anUnknownIdIsAGap() throws Exception {
        server.publish("a", "kept");
        try (RawStream stream = server.stream("/events/a", "Last-Event-ID: 0000000000-00000000001")) {
            stream.head();
            String gap = stream.firstBlock();
            assertThat(gap).matches("retry: 1500\nid: \\S+\nevent: gap\ndata: \\{.*}\n\n");
            assertThat(stream.until("\n\n")).contains("data: kept\n");
        }
    }

    @Test
    void evictedEventsAreAGapAndTheRestFollows() throws Exception {
        server.close();
        server = TestServer.start("--history-events", "2");
        String first = server.publish("a", "n0");
        for (int i = 1; i < 5; i++) {
            server.publish("a", "n" + i);
        }
        try (RawStream stream = server.stream("/events/a", "Last-Event-ID: " + first)) {
            stream.head();
            String all = stream.until("data: n4\n\n");
            assertThat(all).contains("event: gap\n").contains("data: n3\n").doesNotContain("data: n2\n");
        }
    }

    @Test
    void aHeadRequestGetsTheHeadersAndOpensNoSink() throws Exception {
        HttpResponse<String> response = server.send("HEAD", "/events/a", new byte[0]);
        assertThat(response.statusCode()).isEqualTo(200);
        assertThat(response.headers().firstValue("content-type")).hasValue("text/event-stream");
        assertThat(response.headers().firstValue("cache-control")).hasValue("no-store, no-transform");
        assertThat(server.hub().stats().opened()).isZero();
    }

    @Test
    void http10GetsTheStreamWithoutChunks() throws Exception {
        try (RawStream stream = RawStream.send(server.port(), "GET /events/a HTTP/1.0")) {
            assertThat(stream.head()).contains("connection: close").doesNotContain("transfer-encoding");
            stream.firstBlock();
            server.publish("a", "old school");
            assertThat(stream.until("\n\n")).contains("data: old school\n");
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"POST", "PUT", "DELETE", "PATCH"})
    void otherMethodsAreRejected(String method) throws Exception {
        HttpResponse<String> response = server.send(method, "/events/a", new byte[0]);
        assertProblem(response, 405, "GET, HEAD");
        assertThat(response.headers().firstValue("allow")).hasValue("GET, HEAD");
    }

    @ParameterizedTest
    @ValueSource(strings = {"/nothing", "/event/a", "/eventsa", "/health", "/admin"})
    void anUnknownPathIsNotFound(String target) throws Exception {
        assertProblem(server.get(target), 404, "nothing at this path");
    }

    @ParameterizedTest
    @ValueSource(strings = {"text/html", "application/json", "text/event-stream;q=0", "image/*"})
    void anAcceptThatExcludesStreamsIsRejected(String accept) throws Exception {
        assertProblem(server.get("/events/a", "Accept", accept), 406, "text/event-stream");
    }

    @ParameterizedTest
    @ValueSource(strings = {"text/event-stream", "text/*;q=0.1", "*/*", "text/html, */*;q=0.8"})
    void anAcceptThatAllowsStreamsGetsAStream(String accept) throws Exception {
        try (RawStream stream = server.stream("/events/a", "Accept: " + accept)) {
            assertThat(stream.head()).startsWith("http/1.1 200 ");
        }
    }

    @ParameterizedTest
    @CsvSource({
        "text/event-stream, text/html, 200",
        "text/html, text/event-stream, 200",
        "text/html, image/*, 406",
        "text/event-stream;q=0, */*, 406",
    })
    void anAcceptOfSeveralLinesIsOneList(String first, String second, int status) throws Exception {
        try (RawStream stream = server.stream("/events/a", "Accept: " + first, "Accept: " + second)) {
            assertThat(stream.head()).startsWith("http/1.1 " + status + " ");
        }
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "/events                    | at least one topic",
                "/events/                   | at least one topic",
                "/events/a//b               | a segment between slashes is empty",
                "/events//a                 | a segment between slashes is empty",
                "/events/a/                 | a segment between slashes is empty",
                "/events/a/%2E%2E/b         | a segment is ..",
                "/events/%2E                | a segment is .",
                "/events/a%00b              | U+0000",
                "/events/a%E2%80%8Bb        | U+200B",
                "/events/a%E2%80%AEb        | U+202E",
                "/events/a%FFb              | not UTF-8",
                "/events/a%zz               | two hexadecimal digits",
                "/events/a**                | *",
                "/events/a?replay=x         | replay",
                "/events/a?replay=-1        | replay",
                "/events/a?replay=-99999999999 | replay",
                "/events/a?replay=          | replay",
                "/events/a?replay=%2B1      | replay",
                "/events/a?replay=1.5       | replay",
            })
    void aBadSelectorIsRejectedAndTheMessageNamesTheRule(String target, String rule) throws Exception {
        try (RawStream stream = server.stream(target)) {
            String head = stream.head();
            assertThat(head).startsWith("http/1.1 400 ").contains("content-type: application/problem+json");
            stream.until(rule);
        }
    }

    @Test
    void aNameHasAtMost255BytesAndAStreamAtMost100Terms() throws Exception {
        try (RawStream longest = server.stream("/events/" + "x".repeat(255))) {
            assertThat(longest.head()).startsWith("http/1.1 200 ");
        }
        assertProblem(server.get("/events/" + "x".repeat(256)), 400, "at most 255");
        assertProblem(server.get("/events/" + "%C3%A4".repeat(128)), 400, "at most 255");
        String terms = IntStream.range(0, 100).mapToObj(i -> "topic=t" + i).collect(Collectors.joining("&"));
        try (RawStream most = server.stream("/events?" + terms)) {
            assertThat(most.head()).startsWith("http/1.1 200 ");
        }
        assertProblem(server.get("/events?" + terms + "&topic=more"), 400, "at most 100");
    }

    @Test
    void aNameIsDecodedOnce() throws Exception {
        try (RawStream stream = server.stream("/events/caf%C3%A9/%2541")) {
            stream.head();
            stream.firstBlock();
            assertThat(Json.read(server.post("/publish/caf%C3%A9/%2541", "x").body())
                            .get("topic")
                            .textValue())
                    .isEqualTo("café/%41");
            stream.until("data: x\n");
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"evil.example", "evil.example:8080", "127.0.0.1.evil.example", "192.168.1.1"})
    void anotherHostIsRejected(String host) throws Exception {
        try (RawStream stream = RawStream.send(server.port(), "GET /events/a HTTP/1.1", "Host: " + host)) {
            assertThat(stream.head()).startsWith("http/1.1 421 ").contains("application/problem+json");
        }
    }

    @Test
    void anAllowedHostIsServed() throws Exception {
        server.close();
        server = TestServer.start("--allowed-host", "push.example", "--allowed-host", "other.example");
        for (String host : new String[] {"push.example", "OTHER.example:443"}) {
            try (RawStream stream = RawStream.send(server.port(), "GET /health/live HTTP/1.1", "Host: " + host)) {
                assertThat(stream.head()).startsWith("http/1.1 200 ");
            }
        }
        try (RawStream stream = RawStream.send(server.port(), "GET /health/live HTTP/1.1", "Host: localhost")) {
            assertThat(stream.head()).startsWith("http/1.1 421 ");
        }
    }

    @Test
    void aNewConnectionAboveMaxConnectionsIsRejected() throws Exception {
        server.close();
        server = TestServer.start("--max-connections", "1");
        try (RawStream first = server.stream("/events/a")) {
            first.head();
            first.firstBlock();
            HttpResponse<String> rejected = server.get("/events/a");
            assertProblem(rejected, 503, "maximum of 1");
            assertThat(rejected.headers().firstValue("retry-after")).isPresent();
            try (RawStream browser = server.stream("/events/a", RawStream.EVENT_SOURCE)) {
                assertThat(browser.head()).startsWith("http/1.1 200 ").contains("text/event-stream");
                assertThat(browser.toEnd()).matches("retry: \\d+\n\n");
            }
            server.publish("a", "still here");
            first.until("data: still here");
        }
        Awaitility.await().untilAsserted(() -> {
            try (RawStream next = server.stream("/events/a")) {
                assertThat(next.head()).startsWith("http/1.1 200 ");
                next.firstBlock();
            }
        });
    }

    @Test
    void aCompletedClientGetsNothingMore() throws Exception {
        HttpResponse<String> response = server.get("/events/a", "Last-Event-ID", "end~anything");
        assertThat(response.statusCode()).isEqualTo(204);
    }

    @Test
    void aSilentClientGetsAComment() throws Exception {
        server.close();
        server = TestServer.start("--heartbeat", "100ms");
        try (RawStream stream = server.stream("/events/a")) {
            stream.head();
            stream.firstBlock();
            assertThat(stream.until(":\n")).isEqualTo(":\n");
        }
    }
}
