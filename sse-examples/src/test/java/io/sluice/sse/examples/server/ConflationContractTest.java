package io.sluice.sse.examples.server;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import org.junit.jupiter.api.Test;

/** The contract's row about {@code --conflate}, and {@code ?key=}. */
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
}
