package io.sluice.sse.examples.server;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** {@code --history-dir}: a client that reconnects after a restart loses nothing. */
class HistoryContractTest {

    @TempDir
    Path directory;

    private TestServer start() throws BadOptionException {
        return TestServer.start(
                "--history-events", "5", "--history-dir", directory.toString(), "--history-sync", "always");
    }

    @Test
    void aClientResumesWhereItWasAfterARestart() throws Exception {
        String seen;
        String last = "";
        try (TestServer server = start()) {
            seen = server.publish("news", "first");
            for (int i = 0; i < 100; i++) {
                last = server.publish("news", "item " + i);
            }
            try (RawStream stream = server.stream("/events/news", "Last-Event-ID: " + seen)) {
                stream.head();
                assertThat(stream.until("data: item 99\n\n"))
                        .contains("data: item 0\n")
                        .doesNotContain("gap");
            }
        }
        try (TestServer server = start()) {
            assertThat(server.json("/admin/topics").toString()).contains("\"events\":101", last);
            try (RawStream stream = server.stream("/events/*", "Last-Event-ID: " + seen)) {
                stream.head();
                server.publish("news", "after the restart");
                String text = stream.until("data: after the restart\n\n");
                assertThat(text).contains("data: item 0\n", "data: item 99\n").doesNotContain("gap");
            }
            try (RawStream stream = server.stream("/events/news?replay=50")) {
                stream.head();
                assertThat(stream.until("data: after the restart\n\n"))
                        .contains("data: item 51\n")
                        .doesNotContain("item 50\n", "gap");
            }
            assertThat(org.assertj.core.api.Assertions.catchThrowable(this::start))
                    .isInstanceOf(BadOptionException.class)
                    .hasMessage("--history-dir: " + directory
                            + " is in use (expected: a directory that no other hub has open)");
        }
    }
}
