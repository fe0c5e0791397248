package io.sluice.sse.examples.recipes;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.sluice.sse.CloseReason;
import io.sluice.sse.Event;
import io.sluice.sse.Ledger;
import io.sluice.sse.examples.NodeProgram;
import io.sluice.sse.hub.Hub;
import io.sluice.sse.netty.SseServer;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** The recipe for MCP, called by the official TypeScript SDK. */
@Timeout(300)
class McpServerTest {

    private static final ObjectMapper JSON = new ObjectMapper();

    private final Semaphore steps = new Semaphore(0);
    private final CountDownLatch interrupted = new CountDownLatch(1);

    /** Counts to a number, and waits for the test in the middle. */
    private String count(JsonNode arguments, McpServer.Progress progress) throws InterruptedException {
        int to = arguments.path("to").asInt();
        if (to < 0) {
            throw new IllegalArgumentException("to: " + to + ", on purpose");
        }
        for (int i = 1; i <= to; i++) {
            if (i == to / 2 + 1) {
                try {
                    steps.acquire();
                } catch (InterruptedException e) {
                    interrupted.countDown();
                    throw e;
                }
            }
            progress.report(i, to, "counts");
        }
        return "counted";
    }

    @Test
    void theSdkGetsProgressResumesAndCancels() throws Exception {
        try (Hub hub = McpServer.hub();
                McpServer mcp = new McpServer(hub, this::count);
                SseServer server = mcp.server().port(0).start()) {
            String url = "http://localhost:" + server.port() + "/mcp";
            // The program fails at its end if the SDK has reported an error, also for the end of the cancelled call.
            try (NodeProgram program = NodeProgram.start("mcp.mjs", url)) {
                for (int i = 1; i <= 3; i++) {
                    assertThat(next(program).get("progress").asInt()).isEqualTo(i);
                }
                // The stream of the POST ends before the result, as when its lifetime is over. The call goes on.
                hub.sinks(null, 10)
                        .toCompletableFuture()
                        .join()
                        .forEach(info -> info.sink().close(CloseReason.LIFETIME_ENDED));
                steps.release();
                JsonNode read = next(program);
                while (!read.has("session")) {
                    read = next(program);
                }
                assertThat(read.get("tools").toString()).isEqualTo("[\"count\"]");
                assertThat(read.get("progress").toString()).as(read.toString()).isEqualTo("[1,2,3,4,5,6]");
                assertThat(read.get("text").asText()).isEqualTo("counted");
                assertThat(read.get("session").asText()).isNotEmpty();
                assertThat(read.get("tokens")).hasSize(8);
                assertThat(read.get("errors")).isEmpty();

                assertThat(next(program).get("cancelled").asText()).contains("enough");
                assertThat(interrupted.await(60, TimeUnit.SECONDS)).isTrue();
                await().atMost(Duration.ofSeconds(40))
                        .until(() -> hub.ledger().counts().get(Ledger.Kind.SINKS) == 0);
            }
        }
    }

    private static JsonNode next(NodeProgram program) throws Exception {
        return JSON.readTree(program.nextLine());
    }

    @Test
    void wrongRequestsAreRejected() throws Exception {
        try (Hub hub = McpServer.hub();
                McpServer mcp = new McpServer(hub, this::count);
                SseServer server = mcp.server().port(0).start()) {
            Caller caller = new Caller(URI.create("http://127.0.0.1:" + server.port() + "/mcp"));
            HttpResponse<String> begun =
                    caller.post("none", "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"initialize\"}");
            String session = begun.headers().firstValue("mcp-session-id").orElseThrow();
            String call =
                    "{\"jsonrpc\":\"2.0\",\"id\":2,\"method\":\"tools/call\",\"params\":{\"arguments\":{\"to\":-1}}}";
            assertThat(caller.post(session, call).body()).contains("\"id\":2", "\"code\":-32603");
            assertThat(caller.post(session, "{\"jsonrpc\":\"2.0\",\"id\":3,\"method\":\"x\"}")
                            .body())
                    .contains("\"id\":3", "\"code\":-32601");
            assertThat(caller.post(session, "[]").statusCode()).isEqualTo(400);
            assertThat(caller.post(session, "no JSON").statusCode()).isEqualTo(400);
            assertThat(caller.post("none", call).statusCode()).isEqualTo(404);
            assertThat(caller.get(session, "x-none", "1").statusCode()).isEqualTo(405);
            assertThat(caller.get(session, "last-event-id", "mcp/other/call.1").statusCode())
                    .isEqualTo(404);
            assertThat(caller.send(caller.request(session).DELETE()).statusCode())
                    .isEqualTo(204);
            assertThat(caller.post(session, call).statusCode()).isEqualTo(404);
            assertThat(hub.ledger().counts().get(Ledger.Kind.SINKS)).isZero();
        }
    }

    /** The tool would run for nobody. A call that is rejected gives its permit back. */
    @Test
    void aCallWithoutRoomInTheHubIsRejectedAndKeepsNoPermit() throws Exception {
        try (Hub hub = Hub.builder().maxTopics(1).build();
                McpServer mcp = new McpServer(hub, this::count);
                SseServer server = mcp.server().port(0).start()) {
            Caller caller = new Caller(URI.create("http://127.0.0.1:" + server.port() + "/mcp"));
            String session = caller.post("none", "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"initialize\"}")
                    .headers()
                    .firstValue("mcp-session-id")
                    .orElseThrow();
            hub.publish("other", Event.of("takes the only topic"));
            String call =
                    "{\"jsonrpc\":\"2.0\",\"id\":2,\"method\":\"tools/call\",\"params\":{\"arguments\":{\"to\":0}}}";
            for (int i = 0; i <= McpServer.MAX_RUNNING; i++) {
                HttpResponse<String> rejected = caller.post(session, call);
                assertThat(rejected.statusCode()).isEqualTo(503);
                assertThat(rejected.body()).contains("the hub takes no event for the call");
            }
            hub.remove("other");
            assertThat(caller.post(session, call).body()).contains("\"id\":2", "counted");
        }
    }

    /** A client without an SDK. */
    private record Caller(URI uri, HttpClient client) {
        Caller(URI uri) {
            this(uri, HttpClient.newHttpClient());
        }

        HttpRequest.Builder request(String session) {
            return HttpRequest.newBuilder(uri)
                    .timeout(Duration.ofSeconds(40))
                    .header("accept", "application/json, text/event-stream")
                    .header("mcp-session-id", session);
        }

        HttpResponse<String> post(String session, String message) throws Exception {
            return send(request(session).POST(BodyPublishers.ofString(message)));
        }

        HttpResponse<String> get(String session, String header, String value) throws Exception {
            return send(request(session).header(header, value));
        }

        HttpResponse<String> send(HttpRequest.Builder request) throws Exception {
            return client.send(request.build(), BodyHandlers.ofString());
        }
    }
}
