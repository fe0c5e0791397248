package io.sluice.sse.examples.server;

import static io.sluice.sse.examples.server.TestServer.assertProblem;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.ByteArrayOutputStream;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Tests the contract for {@code /publish}. */
class PublishContractTest {

    private static final String BATCH = "application/vnd.sluice.batch+json";

    private TestServer server;

    @BeforeEach
    void start() throws Exception {
        server = TestServer.start("--max-publish-bytes", "4k", "--max-topics", "3");
    }

    @AfterEach
    void stop() {
        server.close();
    }

    @Test
    void theResponseHasIdTopicAndSubscribers() throws Exception {
        try (RawStream one = server.stream("/events/a?topic=*");
                RawStream two = server.stream("/events/a")) {
            one.head();
            two.head();
            HttpResponse<String> response = server.post("/publish/a?whatever=1", "");
            assertThat(response.statusCode()).isEqualTo(200);
            assertThat(response.headers().firstValue("content-type")).hasValue("application/json");
            JsonNode json = Json.read(response.body());
            assertThat(json.fieldNames()).toIterable().containsExactly("id", "topic", "subscribers");
            assertThat(json.get("id").textValue()).isEqualTo(server.hub().headId());
            assertThat(json.get("topic").textValue()).isEqualTo("a");
            assertThat(json.get("subscribers").intValue()).isEqualTo(2);
            assertThat(one.until("data: \n\n")).isNotEmpty();
        }
    }

    @Test
    void aPublisherIdIsPublishedOnce() throws Exception {
        try (RawStream stream = server.stream("/events/a")) {
            stream.head();
            JsonNode first =
                    Json.read(server.post("/publish/a?id=order-1&key=k", "one").body());
            JsonNode second =
                    Json.read(server.post("/publish/a?id=order-1", "again").body());
            JsonNode elsewhere =
                    Json.read(server.post("/publish/b?id=order-1", "elsewhere").body());
            server.publish("a", "after");

            assertThat(elsewhere.get("duplicate").booleanValue()).isTrue();
            assertThat(elsewhere.get("topic").textValue()).isEqualTo("a");
            assertThat(elsewhere.get("subscribers").intValue()).isOne();
            assertThat(first.has("duplicate")).isFalse();
            assertThat(second.get("id").textValue()).isEqualTo("order-1");
            assertThat(second.get("duplicate").booleanValue()).isTrue();
            assertThat(stream.until("data: after\n")).contains("id: order-1\n").doesNotContain("again");
        }
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "?event=a%0Ab                  | name",
                "?event=a%0Db                  | name",
                "?event=a%00b                  | name",
                "?event=                       | name",
                "?id=a%0Ab                     | id",
                "?id=a%00b                     | id",
                "?id=                          | id",
                "?id=a%01b                     | control characters",
                "?id=a%7F                      | control characters",
                "?id=a%C2%85                   | control characters",
                "?id=%20a                      | blanks at either end",
                "?id=a%20                      | blanks at either end",
                "?id=a+                        | blanks at either end",
                "?id=%20%20                    | blanks at either end",
                "?event=gap                    | reports a loss",
                "?event=end                    | the end of a stream",
                "?retry=86400001               | 1 day",
                "?id=end~1                     | end~",
                "?id=0lnhvpao9m-00000000001    | format of the hub",
                "?retry=soon                   | retry",
                "?retry=-1                     | retry",
                "?event=%FF                    | UTF-8",
            })
    void aFieldThatTheFormatCannotCarryIsRejected(String query, String said) throws Exception {
        assertProblem(server.post("/publish/a" + query, "x"), 400, said);
        assertThat(server.hub().stats().published()).isZero();
    }

    @Test
    void anIdHasAtMost128Bytes() throws Exception {
        assertThat(server.post("/publish/a?id=" + "x".repeat(128), "x").statusCode())
                .isEqualTo(200);
        assertProblem(server.post("/publish/a?id=" + "x".repeat(129), "x"), 400, "128");
    }

    @ParameterizedTest
    @ValueSource(strings = {"/publish/a*", "/publish/a/**", "/publish/a//b", "/publish/", "/publish/a%E2%80%8B"})
    void aBadTopicIsRejected(String target) throws Exception {
        assertProblem(server.post(target, "x"), 400, "topic");
    }

    @Test
    void anEventOfSeveralTopicsIsOneEvent() throws Exception {
        try (RawStream both = server.stream("/events?topic=a&topic=b");
                RawStream one = server.stream("/events/b")) {
            both.firstBlock();
            one.firstBlock();
            JsonNode json = Json.read(
                    server.post("/publish/a?topic=b&topic=a", "shared").body());
            assertThat(json.get("topic").textValue()).isEqualTo("a");
            assertThat(json.get("subscribers").intValue()).isEqualTo(2);
            String id = json.get("id").textValue();
            assertThat(server.publish("b", "after")).isGreaterThan(id);
            for (RawStream stream : new RawStream[] {both, one}) {
                assertThat(stream.until("data: after\n"))
                        .containsOnlyOnce("data: shared\n")
                        .contains("id: " + id);
            }
            assertThat(server.post("/publish?topic=c", "x").statusCode()).isEqualTo(200);
            JsonNode batch = Json.read(server.post(
                            "/publish/a?topic=b", "[{\"data\":1},{\"data\":2,\"topic\":\"c\"}]", "Content-Type", BATCH)
                    .body());
            assertThat(batch.findValuesAsText("subscribers")).containsExactly("2", "0");
        }
        assertProblem(server.post("/publish/a?topic=b*", "x"), 400, "topic");
        assertProblem(server.post("/publish/a?topic=", "x"), 400, "topic");
        assertProblem(server.post("/publish/x?topic=y", "x"), 429, "maximum of 3 topics");
        StringBuilder many = new StringBuilder("/publish/a?topic=b");
        for (int i = 0; i < 99; i++) {
            many.append("&topic=t").append(i);
        }
        assertProblem(server.post(many.toString(), "x"), 400, "expected: 1 to 100");
    }

    @Test
    void aTopicIsRequired() throws Exception {
        assertProblem(server.post("/publish", "x"), 400, "no topic");
    }

    @Test
    void bytesThatAreNotUtf8AreRejected() throws Exception {
        assertProblem(server.send("POST", "/publish/a", new byte[] {'a', (byte) 0xc3}), 400, "UTF-8");
        assertProblem(
                server.send("POST", "/publish/a", new byte[] {(byte) 0xed, (byte) 0xa0, (byte) 0x80}), 400, "UTF-8");
    }

    @ParameterizedTest
    @ValueSource(strings = {"text/plain", "application/json", "application/x-www-form-urlencoded", "nonsense"})
    void aBodyOfAnyContentTypeIsPublishedAsData(String type) throws Exception {
        assertThat(server.post("/publish/a", "x=1", "Content-Type", type).statusCode())
                .isEqualTo(200);
    }

    @Test
    void aCompressedBodyIsNotUnpacked() throws Exception {
        ByteArrayOutputStream zipped = new ByteArrayOutputStream();
        try (GZIPOutputStream out = new GZIPOutputStream(zipped)) {
            out.write(new byte[1 << 20]);
        }
        assertThat(zipped.size()).isLessThan(4096);
        assertProblem(
                server.send("POST", "/publish/a", zipped.toByteArray(), "Content-Encoding", "gzip"),
                415,
                "Content-Encoding");
        assertThat(server.hub().stats().published()).isZero();
    }

    @Test
    void aMultipartBodyIsRejected() throws Exception {
        assertProblem(
                server.post("/publish/a", "--b--", "Content-Type", "Multipart/form-data; boundary=b"),
                415,
                "multipart");
    }

    @Test
    void theSizeOfABodyIsBounded() throws Exception {
        assertThat(server.post("/publish/a", "x".repeat(4096)).statusCode()).isEqualTo(200);
        assertProblem(server.post("/publish/a", "x".repeat(4097)), 413, "4096");
        try (RawStream announced = RawStream.send(
                server.port(),
                "POST /publish/a HTTP/1.1",
                "Host: localhost",
                "Expect: 100-continue",
                "Content-Length: 1000000")) {
            assertThat(announced.head()).startsWith("http/1.1 413 ");
        }
    }

    @Test
    void anExpectationGets100Continue() throws Exception {
        HttpRequest request = HttpRequest.newBuilder(server.uri("/publish/a"))
                .expectContinue(true)
                .timeout(Duration.ofSeconds(20))
                .POST(HttpRequest.BodyPublishers.ofString("asked first"))
                .build();
        try (RawStream stream = server.stream("/events/a")) {
            stream.head();
            stream.firstBlock();
            HttpResponse<String> response = HttpClient.newBuilder()
                    .version(HttpClient.Version.HTTP_1_1)
                    .build()
                    .send(request, HttpResponse.BodyHandlers.ofString());
            assertThat(response.statusCode()).isEqualTo(200);
            assertThat(stream.until("\n\n")).endsWith("data: asked first\n\n");
        }
        try (RawStream rejected = RawStream.send(
                server.port(),
                "POST /publish/a HTTP/1.1",
                "Host: localhost",
                "Expect: a-miracle",
                "Content-Length: 1")) {
            assertThat(rejected.head()).startsWith("http/1.1 417 ");
        }
    }

    @Test
    void aTopicAboveTheLimitIsRejectedForNow() throws Exception {
        for (String topic : new String[] {"a", "b", "c"}) {
            server.publish(topic, "x");
        }
        HttpResponse<String> rejected = server.post("/publish/d", "x");
        assertProblem(rejected, 429, "maximum of 3 topics");
        assertThat(rejected.headers().firstValue("retry-after")).hasValue("10");
        assertThat(server.post("/publish/a", "x").statusCode()).isEqualTo(200);
        // A browser's fetch must not mistake it for success. Only an EventSource gets a different response.
        assertProblem(server.post("/publish/d", "x", "Sec-Fetch-Mode", "cors"), 429, "maximum of 3 topics");
    }

    @ParameterizedTest
    @CsvSource({"GET", "PUT", "DELETE"})
    void otherMethodsAreRejected(String method) throws Exception {
        HttpResponse<String> response = server.send(method, "/publish/a", new byte[0]);
        assertProblem(response, 405, "POST");
        assertThat(response.headers().firstValue("allow")).hasValue("POST");
    }

    @Test
    void otherSitesAreRejected() throws Exception {
        assertProblem(server.post("/publish/a", "x", "Sec-Fetch-Site", "cross-site"), 403, "other sites");
        assertProblem(server.post("/publish/a", "x", "Origin", "http://evil.example"), 403, "origin");
        assertProblem(server.post("/publish/a", "x", "Origin", "null"), 403, "origin");
        assertProblem(
                server.post("/publish/a", "x", "Origin", "http://evil.example", "Sec-Fetch-Site", "same-origin"),
                403,
                "origin");
        String own = server.uri("").toString();
        assertProblem(server.post("/publish/a", "x", "Origin", "http://evil.example", "Origin", own), 403, "origin");
        assertProblem(
                server.post("/publish/a", "x", "Sec-Fetch-Site", "cross-site", "Sec-Fetch-Site", "same-origin"),
                403,
                "other sites");
        assertThat(server.post("/publish/a", "x", "Origin", own, "Sec-Fetch-Site", "same-origin")
                        .statusCode())
                .isEqualTo(200);
        assertThat(server.hub().stats().published()).isEqualTo(1);
    }

    @Test
    void theSchemeIsTheBrowsersWhenAProxyTerminatesTls() throws Exception {
        String own = server.uri("").toString().replace("http:", "https:");
        assertThat(server.post("/publish/a", "x", "Origin", own).statusCode()).isEqualTo(200);
        try (RawStream proxied = RawStream.send(
                server.port(),
                "POST /publish/a HTTP/1.1",
                "Host: localhost",
                "Origin: https://localhost",
                "Content-Length: 0")) {
            assertThat(proxied.head()).startsWith("http/1.1 200 ");
        }
    }

    @Test
    void aBatchIsPublishedInOrder() throws Exception {
        try (RawStream stream = server.stream("/events?topic=a&topic=b")) {
            stream.head();
            stream.firstBlock();
            HttpResponse<String> response = server.post("/publish/a", """
                    [{"data":"one","event":"e","id":"x","key":"k","retry":5},
                     {"topic":"b","data":{"n":1.50,"big":12345678901234567890}},
                     {"data":null},
                     {"data":"again","id":"x"}]""", "Content-Type", BATCH + "; charset=utf-8");
            assertThat(response.statusCode()).as(response.body()).isEqualTo(200);
            JsonNode responses = Json.read(response.body());
            assertThat(responses.findValuesAsText("topic")).containsExactly("a", "b", "a", "a");
            assertThat(responses.get(0).get("id").textValue()).isEqualTo("x");
            assertThat(responses.get(3).get("duplicate").booleanValue()).isTrue();
            String second = responses.get(1).get("id").textValue();
            String third = responses.get(2).get("id").textValue();
            assertThat(second).isLessThan(third);
            assertThat(stream.until("data: null\n\n"))
                    .containsSubsequence(
                            "id: x\n",
                            "data: one\n",
                            "id: " + second,
                            "data: {\"n\":1.50,\"big\":12345678901234567890}\n",
                            "id: " + third)
                    .contains("event: e\n")
                    .contains("retry: 5\n");
        }
        assertThat(server.post("/publish", "[{\"topic\":\"a\",\"data\":\"x\"}]", "Content-Type", BATCH)
                        .statusCode())
                .isEqualTo(200);
        assertThat(server.post("/publish", "[]", "Content-Type", BATCH).body()).isEqualTo("[]");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                "{}                                          | array",
                "[                                           | not JSON",
                "[] []                                       | not JSON",
                "[1]                                         | event 0 of the batch: an event is a JSON object",
                "[{\"data\":\"x\"},{\"topic\":\"a\"}]        | event 1 of the batch: it has no data",
                "[{\"data\":\"x\",\"event\":\"a\\nb\"}]      | event 0",
                "[{\"data\":\"x\",\"event\":1}]              | expected: a string",
                "[{\"data\":\"x\",\"event\":\"gap\"}]        | reports a loss",
                "[{\"data\":\"x\",\"event\":\"end\"}]        | the end of a stream",
                "[{\"data\":\"x\",\"id\":\"a\\t\"}]          | control characters",
                "[{\"data\":\"x\",\"id\":\" a\"}]           | blanks at either end",
                "[{\"data\":\"x\",\"retry\":86400001}]     | 1 day",
                "[{\"data\":\"x\",\"retry\":\"1\"}]          | milliseconds",
                "[{\"data\":\"x\",\"name\":\"e\"}]           | no field",
                "[{\"data\":\"x\",\"data\":\"y\"}]           | not JSON",
                "[{\"data\":1},{\"data\":\"a\\ud800\"}]       | event 1 of the batch: its data has a surrogate",
                "[{\"data\":\"\\udc00\\ud800\"}]            | not UTF-8",
                "[{\"data\":{\"n\":[\"\\udfff\"]}}]         | not UTF-8",
                "[{\"data\":{\"\\ud83d\":1}}]               | not UTF-8",
                "[{\"data\":\"x\",\"event\":\"\\ud800\"}]    | U+D800",
                "[{\"data\":\"x\",\"id\":\"\\ud800\"}]       | U+D800",
                "[{\"data\":\"x\"},{\"data\":1,\"topic\":\"*\"}] | event 1",
            })
    void aBadBatchPublishesNothing(String body, String said) throws Exception {
        assertProblem(server.post("/publish/a", body, "Content-Type", BATCH), 400, said);
        assertThat(server.hub().stats().published()).isZero();
    }

    @Test
    void aPairOfSurrogatesIsOneCharacter() throws Exception {
        try (RawStream stream = server.stream("/events/a")) {
            stream.head();
            stream.firstBlock();
            assertThat(server.post("/publish/a", "[{\"data\":\"\\ud83d\\ude00\"}]", "Content-Type", BATCH)
                            .statusCode())
                    .isEqualTo(200);
            stream.until("data: 😀\n");
        }
    }

    @Test
    void aBatchAboveTheTopicLimitIsRejectedAsAWhole() throws Exception {
        String body = "[{\"topic\":\"a\",\"data\":1},{\"topic\":\"b\",\"data\":1},{\"topic\":\"c\",\"data\":1},"
                + "{\"topic\":\"d\",\"data\":1}]";
        assertProblem(server.post("/publish", body, "Content-Type", BATCH), 429, "maximum of 3 topics");
        assertThat(server.hub().stats().events()).isZero();
    }
}
