package io.sluice.sse.examples.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.io.IOException;
import org.junit.jupiter.api.Test;

/** Tests the contract for {@code --conflate}, and {@code ?key=}. */
class ConflationContractTest {

    private static String replay(TestServer server, String topic, String last) throws IOException {
        try (RawStream stream = server.stream("/events/" + topic + "?replay=100")) {
            stream.head();
            return stream.until("data: " + last + "\n\n");
        }
    }

    @Test
    void theLatestEventOfEachKeySurvives() throws Exception {
        try (TestServer server =
                TestServer.start("--history-events", "1", "--conflate", "prices/*", "--conflate", "seats")) {
            for (String topic : new String[] {"prices/x", "seats", "plain"}) {
                server.post("/publish/" + topic + "?key=a", "a1");
                server.post("/publish/" + topic + "?key=b", "b1");
                server.post(
                        "/publish/" + topic,
                        "[{\"data\":\"a2\",\"key\":\"a\"},{\"data\":\"c1\",\"key\":\"c\"}]",
                        "Content-Type",
                        "application/vnd.sluice.batch+json");
            }
            for (String topic : new String[] {"prices/x", "seats"}) {
                assertThat(replay(server, topic, "c1"))
                        .contains("data: b1\n", "data: a2\n")
                        .doesNotContain("data: a1\n", "gap", "key");
            }
            assertThat(replay(server, "plain", "c1")).doesNotContain("data: a1\n", "data: b1\n", "data: a2\n");
            assertThat(server.json("/admin/topics").toString()).contains("\"events\":3");
        }
    }

    @Test
    void topicsHaveTheOptionsOfTheFirstPatternThatMatches() throws Exception {
        try (TestServer server = TestServer.start(
                "--history-events", "1",
                "--topic", "answers/**,events=3,age=1h,overflow=gap",
                "--topic", "seats,conflate,bytes=4k",
                "--conflate", "prices/*")) {
            for (String topic : new String[] {"answers/7/x", "seats", "prices/x", "plain"}) {
                for (String data : new String[] {"one", "two", "three", "last"}) {
                    server.post("/publish/" + topic + "?key=" + data.charAt(0), data);
                }
            }
            assertThat(replay(server, "answers/7/x", "last"))
                    .contains("data: two\n", "data: three\n")
                    .doesNotContain("data: one\n");
            for (String topic : new String[] {"seats", "prices/x"}) {
                assertThat(replay(server, topic, "last"))
                        .contains("data: one\n", "data: three\n")
                        .doesNotContain("data: two\n");
            }
            assertThat(replay(server, "plain", "last")).doesNotContain("data: three\n");
        }
    }

    /** Topics of finished jobs must not keep other publishers and subscribers out. */
    @Test
    void finishedTopicsMakeRoom() throws Exception {
        try (TestServer server =
                TestServer.start("--max-topics", "20", "--conflate", "jobs/*", "--history-age", "2s")) {
            for (int i = 0; i < 20; i++) {
                assertThat(server.post("/publish/jobs/" + i + "?key=state", "done")
                                .statusCode())
                        .isEqualTo(200);
            }
            assertThat(server.post("/publish/other", "x").statusCode()).isEqualTo(429);
            await().until(() ->
                    server.post("/publish/jobs/new?key=state", "running").statusCode() == 200);
            // Each of these takes the place of another job, which may have finished a moment after the first one.
            await().until(() -> server.post("/publish/other", "x").statusCode() == 200);
            await().untilAsserted(() -> {
                try (RawStream stream = server.stream("/events/third")) {
                    assertThat(stream.head()).contains(" 200 ");
                }
            });
        }
    }
}
