package io.sluice.sse.examples.server;

import static org.assertj.core.api.Assertions.assertThat;

import io.sluice.sse.redis.RedisServer;
import java.net.http.HttpResponse;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;

/** Two bundled servers with {@code --redis} are one hub, and readiness shows whether Redis is there. */
class TwoNodesTest {

    @Test
    void aClientGoesOnAtTheOtherNode() throws Exception {
        try (RedisServer redis = RedisServer.redis();
                TestServer b = TestServer.start("--redis", redis.uri(), "--node", "b", "--overflow", "gap")) {
            String first;
            String last;
            try (TestServer a = TestServer.start("--redis", redis.uri(), "--node", "a");
                    RawStream atA = a.stream("/events/news")) {
                Awaitility.await("ready").until(() -> a.get("/health/ready").statusCode() == 200);
                Awaitility.await("ready").until(() -> b.get("/health/ready").statusCode() == 200);
                atA.until("id: "); // it has subscribed
                first = b.publish("news", "one");
                assertThat(atA.until("data: one\n")).contains("id: " + first);
                last = a.publish("news", "two");
                assertThat(last).isGreaterThan(first);
                atA.until("data: two\n");
            }
            b.publish("news", "three");
            try (RawStream atB = b.stream("/events/news", "Last-Event-ID: " + first)) {
                String rest = atB.until("data: three\n");
                assertThat(rest).contains("data: two").contains("id: " + last).doesNotContain("event: gap");
            }
            redis.kill();
            Awaitility.await("not ready").until(() -> b.get("/health/ready").statusCode() == 503);
            HttpResponse<String> away = b.get("/health/ready");
            assertThat(away.body()).contains("backplane-away").contains("reason");
            assertThat(b.get("/health/live").statusCode()).isEqualTo(200);
            TestServer.assertProblem(b.post("/publish/news", "lost"), 503, "backplane");
            assertThat(b.get("/metrics").body())
                    .contains("sluice_backplane_up 0.0")
                    .contains("sluice_backplane_gaps_total 0.0");
            try (RawStream waiting = b.stream("/events/news")) {
                waiting.until("id: ");
                redis.restart();
                assertThat(waiting.until("event: gap")).isNotNull();
            }
            Awaitility.await("ready").until(() -> b.get("/health/ready").statusCode() == 200);
            b.publish("news", "again");
        }
    }

    @Test
    void anEventThatIsTooLargeForTheBackplaneIs413() throws Exception {
        try (RedisServer redis = RedisServer.redis();
                TestServer server = TestServer.start("--redis", redis.uri(), "--max-publish-bytes", "8m")) {
            TestServer.assertProblem(server.post("/publish/news", "x".repeat(5 << 20)), 413, "entryBytes");
        }
    }

    @Test
    void badOptionsAreNamed() {
        assertThatOption("--redis", "nonsense").contains("--redis").contains("redis://host:port");
        assertThatOption("--redis", "@/no/such/file").contains("--redis");
        assertThatOption("--redis", "redis://127.0.0.1:1", "--history-dir", "x").contains("--history-dir");
        assertThatOption("--redis", "redis://127.0.0.1:1", "--node", "a b").contains("--node");
    }

    private static org.assertj.core.api.AbstractStringAssert<?> assertThatOption(String... arguments) {
        try (TestServer server = TestServer.start(arguments)) {
            throw new AssertionError("started: " + server.port());
        } catch (BadOptionException e) {
            return assertThat(e.getMessage());
        }
    }
}
