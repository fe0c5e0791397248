package io.sluice.sse.examples.server;

import static io.sluice.sse.examples.server.TestServer.assertProblem;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The server rejects a body whose headers change its meaning, and never publishes it as something else. */
class BodyHeadersTest {

    private static final String BATCH = "application/vnd.sluice.batch+json";

    private TestServer server;

    @BeforeEach
    void start() throws Exception {
        server = TestServer.start();
    }

    @AfterEach
    void stop() {
        server.close();
    }

    @ParameterizedTest
    @ValueSource(strings = {"gzip", "br", "deflate", "zstd", "gzip, gzip", "identity, gzip", "x"})
    void aBodyWithAContentCodingIsRejected(String coding) throws Exception {
        for (HttpResponse<String> response : List.of(
                server.post("/publish/a", "text", "Content-Encoding", coding),
                server.post("/publish", "[]", "Content-Type", BATCH, "Content-Encoding", coding),
                server.send("DELETE", "/admin/connections/1", new byte[] {1}, "Content-Encoding", coding))) {
            assertProblem(response, 415, "Content-Encoding");
            assertThat(response.headers().firstValue("accept-encoding")).hasValue("identity");
        }
        assertThat(server.hub().stats().published()).isZero();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "text/plain; charset=iso-8859-1",
                "text/plain;x=1;CHARSET=\"utf-16\"",
                "text/plain; charset=",
                "text/plain; x=\"a;b\\\";\"; charset=latin1",
                "text/plain; charset=utf-8; charset=us-ascii"
            })
    void aBodyWithAnotherCharsetIsRejected(String type) throws Exception {
        assertProblem(server.post("/publish/a", "text", "Content-Type", type), 415, "charset");
        assertThat(server.hub().stats().published()).isZero();
    }

    @Test
    void aBatchWithAnotherCharsetIsRejected() throws Exception {
        assertProblem(server.post("/publish", "[]", "Content-Type", BATCH + "; charset=utf-16"), 415, "charset");
    }

    @Test
    void aBatchTimesTheTopicsOfItsAddressIsBounded() throws Exception {
        String events = "[" + "{\"data\":1},".repeat(20_000) + "{\"data\":1}]";
        String address = "/publish?topic=" + String.join("&topic=", "a", "b", "c", "d", "e", "f", "g", "h", "i", "j");
        assertProblem(server.post(address, events, "Content-Type", BATCH), 413, "20001 events to 10 topics");
        assertThat(server.hub().stats().published()).isZero();
    }

    @Test
    void aPartialBodyIsRejected() throws Exception {
        assertProblem(server.post("/publish/a", "text", "Content-Range", "bytes 0-3/10"), 400, "Content-Range");
        assertThat(server.hub().stats().published()).isZero();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "text/plain",
                "text/plain; charset=UTF-8",
                "text/plain;charset=\"utf-8\"",
                "text/plain; x=\"; charset=latin1\"",
                "text/plain; charset",
                "x"
            })
    void plainUtf8IsAccepted(String type) throws Exception {
        assertThat(server.post("/publish/a", "tëxt", "Content-Type", type, "Content-Encoding", "Identity")
                        .statusCode())
                .isEqualTo(200);
    }

    // ---- numbers that clients use for timers

    @ParameterizedTest
    @ValueSource(strings = {"86400001", "2147483648", "999999999999999999"})
    void aRetryOfMoreThanADayIsRejected(String retry) throws Exception {
        assertProblem(server.post("/publish/a?retry=" + retry, "x"), 400, "from 0 to 1 day");
        String batch = "[{\"topic\":\"a\",\"data\":\"x\",\"retry\":" + retry + "}]";
        assertProblem(server.post("/publish", batch, "Content-Type", BATCH), 400, "from 0 to 1 day");
        assertThat(server.hub().stats().published()).isZero();
    }

    @Test
    void aRetryOfADayIsAccepted() throws Exception {
        assertThat(server.post("/publish/a?retry=86400000", "x").statusCode()).isEqualTo(200);
    }

    // ---- the work of a batch

    /** Counting locks the hub and may visit each sink, so a batch of n events must not count n times. */
    @Test
    void aBatchCountsTheSubscribersOfATopicOnce() throws Exception {
        AtomicInteger counted = new AtomicInteger();
        try (var hub = io.sluice.sse.hub.Hub.create()) {
            var builder = io.sluice.sse.netty.SseServer.builder().hub(hub).port(0);
            new PublishRoute(hub, topic -> 100 + counted.incrementAndGet()).addTo(builder, null, null);
            try (var single = builder.start()) {
                List<String> events = new ArrayList<>();
                for (int i = 0; i < 1_000; i++) {
                    events.add("{\"topic\":\"" + (i % 2 == 0 ? "a" : "b") + "\",\"data\":\"x\"}");
                }
                var request = java.net.http.HttpRequest.newBuilder(java.net.URI.create(single.uri() + "/publish"))
                        .header("Content-Type", BATCH)
                        .POST(java.net.http.HttpRequest.BodyPublishers.ofString(events.toString()))
                        .build();
                JsonNode response = Json.read(java.net.http.HttpClient.newHttpClient()
                        .send(request, HttpResponse.BodyHandlers.ofString(StandardCharsets.UTF_8))
                        .body());
                assertThat(response).hasSize(1_000);
                assertThat(counted).hasValue(2);
                assertThat(response)
                        .allSatisfy(one -> assertThat(one.get("subscribers").intValue())
                                .isEqualTo(one.get("topic").textValue().equals("a") ? 101 : 102));
            }
        }
    }

    /** Field names whose hashes collide made the shared table of Jackson fail for the documents of others. */
    @Test
    void aBatchWithCollidingFieldNamesAffectsNoOther() throws Exception {
        for (int document = 0; document < 3; document++) {
            server.post("/publish", "[" + colliding(9, "p" + document) + "]", "Content-Type", BATCH);
        }
        for (int honest = 0; honest < 20; honest++) {
            String data = "[{\"topic\":\"a\",\"data\":{\"" + collidingName(honest * 37, 9, "p0") + honest + "\":1}}]";
            assertThat(server.post("/publish", data, "Content-Type", BATCH).statusCode())
                    .isEqualTo(200);
        }
    }

    /** An object of 2^n fields whose names have one hash: "Bb" and "CA" have the same with the factor 33. */
    private static String colliding(int n, String suffix) {
        List<String> fields = new ArrayList<>();
        for (int i = 0; i < 1 << n; i++) {
            fields.add("\"" + collidingName(i, n, suffix) + "\":1");
        }
        return "{" + String.join(",", fields) + "}";
    }

    private static String collidingName(int bits, int n, String suffix) {
        StringBuilder name = new StringBuilder();
        for (int bit = 0; bit < n; bit++) {
            name.append((bits >> bit & 1) == 0 ? "Bb" : "CA");
        }
        return name + suffix;
    }
}
