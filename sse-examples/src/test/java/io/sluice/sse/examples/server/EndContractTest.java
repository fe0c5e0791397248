package io.sluice.sse.examples.server;

import static io.sluice.sse.examples.server.TestServer.assertProblem;
import static org.assertj.core.api.Assertions.assertThat;

import java.net.http.HttpResponse;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Tests the contract for {@code POST /publish/{topic}?last=1}. */
class EndContractTest {

    private static final String END = "event: end\n";

    private TestServer server;

    @BeforeEach
    void start() throws Exception {
        server = TestServer.start();
    }

    @AfterEach
    void stop() {
        server.close();
    }

    private static String endId(String stream) {
        int at = stream.indexOf("id: end~");
        assertThat(at).as(stream).isPositive();
        return stream.substring(at + 4, stream.indexOf('\n', at));
    }

    @Test
    void clientsOfTheTopicAloneGetTheLastEventAndTheEnd() throws Exception {
        try (RawStream alone = server.stream("/events/answers/7");
                RawStream two = server.stream("/events/answers/7?topic=b");
                RawStream byPattern = server.stream("/events/answers/*")) {
            alone.head();
            two.head();
            byPattern.head();
            server.publish("answers/7", "token");
            HttpResponse<String> response = server.post("/publish/answers/7?last=1&event=usage", "done");
            assertThat(response.statusCode()).isEqualTo(200);
            assertThat(Json.read(response.body()).fieldNames())
                    .toIterable()
                    .containsExactly("id", "topic", "subscribers");
            String all = alone.toEnd();
            assertThat(all).containsSubsequence("data: token\n", "event: usage\n", "data: done\n", END, "topic-ended");
            server.publish("b", "more");
            assertThat(two.until("data: more\n\n")).contains("data: done\n").doesNotContain(END);
            assertThat(byPattern.until("data: done\n\n")).doesNotContain(END);
            assertThat(server.get("/events/answers/7", "Last-Event-ID", endId(all))
                            .statusCode())
                    .isEqualTo(204);
            assertThat(server.get("/events/answers/7?lastEventId=" + endId(all)).statusCode())
                    .isEqualTo(204);
        }
    }

    @Test
    void aLaterClientGetsWhatIsKeptAndThenTheEnd() throws Exception {
        String first = server.publish("a", "one");
        server.publish("a", "two");
        server.post("/publish/a?last=1", "three");
        assertThat(server.get("/events/a").body())
                .containsSubsequence("data: one\n", "data: two\n", "data: three\n", END);
        assertThat(server.get("/events/a", "Last-Event-ID", first).body())
                .containsSubsequence("data: two\n", "data: three\n", END)
                .doesNotContain("data: one\n", "gap");
        assertThat(server.get("/events/a?replay=1").body())
                .containsSubsequence("data: three\n", END)
                .doesNotContain("data: two\n");
    }

    @Test
    void aLaterPublishIsAConflict() throws Exception {
        assertThat(server.post("/publish/a?last=1", "last").statusCode()).isEqualTo(200);
        assertProblem(server.post("/publish/a", "x"), 409, "\"a\" has ended");
        assertProblem(server.post("/publish/a?last=1", "x"), 409, "\"a\" has ended");
        assertProblem(
                server.post(
                        "/publish",
                        "[{\"topic\":\"b\",\"data\":1},{\"topic\":\"a\",\"data\":2}]",
                        "Content-Type",
                        "application/vnd.sluice.batch+json"),
                409,
                "\"a\" has ended");
        assertThat(server.hub().stats().published()).isEqualTo(1);
    }

    @Test
    void anEndWithAChosenIdMayBeRepeated() throws Exception {
        assertThat(server.post("/publish/a?last=1&id=mine", "x").statusCode()).isEqualTo(200);
        assertThat(Json.read(server.post("/publish/a?last=1&id=mine", "x").body())
                        .get("duplicate")
                        .booleanValue())
                .isTrue();
        server.post("/publish/b?id=other", "x");
        assertProblem(server.post("/publish/b?last=1&id=other", "x"), 400, "other");
    }

    @Test
    void lastIsChecked() throws Exception {
        assertProblem(server.post("/publish/a?last=yes", "x"), 400, "last");
        assertProblem(
                server.post(
                        "/publish",
                        "[{\"topic\":\"a\",\"data\":1,\"last\":1}]",
                        "Content-Type",
                        "application/vnd.sluice.batch+json"),
                400,
                "last");
        assertThat(server.post("/publish/a?last=0", "x").statusCode()).isEqualTo(200);
        HttpResponse<String> batch = server.post(
                "/publish/a",
                "[{\"data\":\"y\"},{\"data\":\"z\",\"last\":true}]",
                "Content-Type",
                "application/vnd.sluice.batch+json");
        assertThat(batch.statusCode()).as(batch.body()).isEqualTo(200);
        assertThat(server.get("/events/a").body()).containsSubsequence("data: x\n", "data: y\n", "data: z\n", END);
    }

    @Test
    void theEndOutlivesARestart(@TempDir Path directory) throws Exception {
        String[] options = {"--history-dir", directory.toString()};
        try (TestServer before = TestServer.start(options)) {
            before.publish("a", "one");
            before.post("/publish/a?last=1", "two");
        }
        try (TestServer after = TestServer.start(options)) {
            assertProblem(after.post("/publish/a", "x"), 409, "\"a\" has ended");
            assertThat(after.get("/events/a").body()).containsSubsequence("data: one\n", "data: two\n", END);
        }
    }
}
