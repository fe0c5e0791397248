package io.sluice.sse.examples.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.sluice.sse.examples.NodeProgram;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What the bundled server does for a client that uses fetch, with fetch-event-source in Node. */
@Timeout(240)
class FetchClientContractTest {

    @Test
    void itReturnsWhenAFullServerHasRoomAndStaysAwayAfterTheEnd() throws Exception {
        try (TestServer server = TestServer.start("--max-connections", "1");
                RawStream occupant = server.stream("/events/other")) {
            occupant.firstBlock();
            try (NodeProgram client =
                    NodeProgram.start("fetch-event-source.mjs", server.uri("").toString(), "x")) {
                String line = client.nextLine();
                assertThat(line).isEqualTo("{\"status\":503}");
                occupant.close();
                while (line.equals("{\"status\":503}")) {
                    line = client.nextLine();
                }
                assertThat(line).isEqualTo("{\"status\":200}");
                await().until(() -> server.hub().subscribers("x") == 1);
                server.publish("x", "hello");
                assertThat(client.nextLine()).isEqualTo("{\"event\":\"\",\"data\":\"hello\"}");
                assertThat(server.post("/publish/x?last=1", "bye").statusCode()).isEqualTo(200);
                assertThat(client.nextLine()).isEqualTo("{\"event\":\"\",\"data\":\"bye\"}");
                assertThat(client.nextLine()).contains("\"event\":\"end\"").contains("topic-ended");
                assertThat(client.nextLine()).isEqualTo("{\"event\":\"closed\"}");
                assertThat(server.hub().subscribers("x")).isZero();
            }
        }
    }
}
