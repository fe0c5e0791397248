package io.sluice.sse.examples.server;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The limits of the bundled server, as its contract describes them. */
class LimitsContractTest {

    /** The headers by which an EventSource is known. */
    private static final String[] EVENT_SOURCE = {
        "accept", "text/event-stream", "cache-control", "no-cache", "sec-fetch-mode", "cors"
    };

    @Test
    void theConnectionLimitOfAnAddressRejectsOnlyItsNewConnections() throws Exception {
        try (TestServer server = TestServer.start("--max-connections-per-ip", "1")) {
            try (RawStream there = server.stream("/events/a")) {
                there.head();
                there.firstBlock();
                HttpResponse<String> rejected = server.get("/events/a");
                TestServer.assertProblem(rejected, 429, "this address has its maximum of 1 streams");
                assertThat(rejected.headers().firstValue("retry-after")).hasValue("3");
                HttpResponse<String> browser = server.get("/events/a", EVENT_SOURCE);
                assertThat(browser.statusCode()).isEqualTo(200);
                assertThat(browser.body()).matches("retry: \\d+\n\n");
                server.publish("a", "still here");
                assertThat(there.until("data: still here\n")).isNotEmpty();
                assertThat(server.get("/metrics").body())
                        .contains("sluice_refused_total{limit=\"streams-per-address\"} 2.0");
            }
            Awaitility.await().untilAsserted(() -> {
                try (RawStream next = server.stream("/events/a")) {
                    assertThat(next.head()).contains(" 200 ").contains("chunked");
                }
            });
        }
    }

    /** A client that uses fetch would take the 200 for the end of its stream, and never return. */
    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "GET  | text/event-stream                | no-cache             | sec-fetch-mode | cors        | 200",
                "GET  | text/event-stream                | max-age=0 , No-Cache | sec-fetch-mode | no-cors     | 200",
                "GET  | text/event-stream                | no-cache             | user-agent     | Mozilla/5.0 | 200",
                "GET  | text/event-stream                | no-cache             | user-agent     | curl/8      | 503",
                "GET  | text/event-stream                | no-cache             | x-a            | Mozilla/5.0 | 503",
                "GET  | text/event-stream                | max-age=0            | sec-fetch-mode | cors        | 503",
                "GET  | text/event-stream                | no-cache=x           | sec-fetch-mode | cors        | 503",
                "GET  | text/event-stream                | -                    | user-agent     | Mozilla/5.0 | 503",
                "GET  | text/event-stream, */*           | no-cache             | sec-fetch-mode | cors        | 503",
                "GET  | text/event-stream; charset=utf-8 | no-cache             | sec-fetch-mode | cors        | 503",
                "GET  | */*                              | no-cache             | sec-fetch-mode | cors        | 503",
                "POST | text/event-stream                | no-cache             | sec-fetch-mode | cors        | 503",
            })
    void onlyAnEventSourceIsRejectedWithAShortStream(
            String method, String accept, String cacheControl, String header, String value, int status)
            throws Exception {
        try (TestServer server = TestServer.start("--max-connections", "1");
                RawStream only = server.stream("/events/a")) {
            only.head();
            HttpResponse<String> rejected = server.send(
                    method,
                    method.equals("GET") ? "/events/a" : "/events",
                    (method.equals("GET") ? "" : "{\"topics\":[\"a\"]}").getBytes(StandardCharsets.UTF_8),
                    "accept",
                    accept,
                    cacheControl.equals("-") ? "x-b" : "cache-control",
                    cacheControl,
                    header,
                    value);
            assertThat(rejected.statusCode()).isEqualTo(status);
            assertThat(rejected.headers().firstValue("retry-after").isPresent()).isEqualTo(status == 503);
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"/events/a%00", "/events/a//b", "/events", "/events/a?replay=-1"})
    void aPermanentRejectionKeepsItsStatusAtALimitForEveryClient(String target) throws Exception {
        try (TestServer server = TestServer.start("--max-connections", "1", "--connect-rate", "2/h");
                RawStream there = server.stream("/events/a")) {
            there.head();
            there.firstBlock();
            TestServer.assertProblem(server.get("/events/a"), 503, "maximum of 1"); // uses the last token
            TestServer.assertProblem(server.get(target), 400, "");
            TestServer.assertProblem(server.get(target, EVENT_SOURCE), 400, "");
            TestServer.assertProblem(server.send("POST", "/events/a", new byte[0], EVENT_SOURCE), 405, "");
            TestServer.assertProblem(server.get("/events/a", "accept", "text/html"), 406, "text/event-stream");
            byte[] topics = "{\"topics\":[\"a\"]}".getBytes(StandardCharsets.UTF_8);
            TestServer.assertProblem(server.send("POST", "/events", topics, "accept", "text/html"), 406, "");
        }
    }

    @Test
    void aClientAboveTheStreamRateWaitsForTheNextToken() throws Exception {
        try (TestServer server = TestServer.start("--connect-rate", "2/h")) {
            for (int i = 0; i < 2; i++) {
                try (RawStream stream = server.stream("/events/a")) {
                    assertThat(stream.head()).contains(" 200 ");
                }
            }
            HttpResponse<String> rejected = server.get("/events/a");
            TestServer.assertProblem(rejected, 429, "too often");
            assertThat(Long.parseLong(
                            rejected.headers().firstValue("retry-after").orElseThrow()))
                    .isBetween(1_700L, 1_800L);
            assertThat(server.get("/events/a", EVENT_SOURCE).body()).matches("retry: \\d{6,7}\n\n");
            server.publish("a", "publishing has a rate of its own");
        }
    }

    @Test
    void aRejectedClientWaitsAlthoughStreamsHaveNoDelay() throws Exception {
        try (TestServer server = TestServer.start("--max-connections", "1", "--retry", "0");
                RawStream there = server.stream("/events/a")) {
            there.head();
            assertThat(there.firstBlock()).startsWith("retry: 0\n");
            assertThat(server.get("/events/a").headers().firstValue("retry-after"))
                    .hasValue("1");
            for (int i = 0; i < 20; i++) {
                String body = server.get("/events/a", EVENT_SOURCE).body();
                assertThat(Long.parseLong(body.substring(7).strip())).isBetween(500L, 1_500L);
            }
        }
    }

    @Test
    void aPublisherAboveTheRateWaitsForTheNextToken() throws Exception {
        try (TestServer server = TestServer.start("--publish-rate", "2/h")) {
            server.publish("a", "1");
            server.publish("a", "2");
            HttpResponse<String> rejected = server.post("/publish/a", "3", EVENT_SOURCE);
            TestServer.assertProblem(rejected, 429, "too often");
            assertThat(Long.parseLong(
                            rejected.headers().firstValue("retry-after").orElseThrow()))
                    .isBetween(1_700L, 1_800L);
            assertThat(server.hub().stats().published()).isEqualTo(2);
            assertThat(server.get("/metrics").body()).contains("sluice_refused_total{limit=\"request-rate\"} 1.0");
        }
    }

    @Test
    void aPublishAboveTheTopicLimitIsCounted() throws Exception {
        try (TestServer server = TestServer.start("--max-topics", "1")) {
            server.publish("a", "1");
            TestServer.assertProblem(server.post("/publish/b", "2"), 429, "topic");
            assertThat(server.get("/metrics").body()).contains("sluice_refused_total{limit=\"topics\"} 1.0");
        }
    }

    @Test
    void aTrustedProxyReportsTheAddressOfTheClient() throws Exception {
        try (TestServer server = TestServer.start(
                        "--trusted-proxy", "127.0.0.0/8", "--forwarded", "x-forwarded-for", "--admin-token", "t");
                RawStream stream = server.stream("/events/a", "X-Forwarded-For: 203.0.113.9, 198.51.100.7")) {
            stream.head();
            stream.firstBlock();
            assertThat(server.json("/admin/connections", "authorization", "Bearer t")
                            .get(0)
                            .get("remoteAddress")
                            .textValue())
                    .isEqualTo("198.51.100.7:0");
        }
    }
}
