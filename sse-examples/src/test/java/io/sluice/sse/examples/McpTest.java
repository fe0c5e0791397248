package io.sluice.sse.examples;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.sluice.sse.CloseReason;
import io.sluice.sse.Event;
import io.sluice.sse.Ledger;
import io.sluice.sse.hub.Hub;
import io.sluice.sse.netty.HttpStatusException;
import io.sluice.sse.netty.SseRequest;
import io.sluice.sse.netty.SseServer;
import io.sluice.sse.netty.SseStream;
import io.sluice.sse.topic.Selector;
import io.sluice.sse.topic.StartPosition;
import java.io.IOException;
import java.time.Duration;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Semaphore;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** The MCP server of the guide, called by the official TypeScript SDK; {@link GuideTest} compares it. */
@Timeout(300)
class McpTest {

    private static final ObjectMapper JSON = new ObjectMapper();

    // GUIDE begin
    /** Work that reports its progress and returns the result, as a JSON-RPC message each. */
    interface Tool {
        String call(JsonNode request, Consumer<String> progress) throws Exception;
    }

    static final class McpEndpoint {
        private final Hub hub;
        private final ExecutorService workers;
        private final Tool tool;
        private final Set<String> sessions = ConcurrentHashMap.newKeySet();
        private final AtomicInteger calls = new AtomicInteger();

        McpEndpoint(Hub hub, ExecutorService workers, Tool tool) {
            this.hub = hub;
            this.workers = workers;
            this.tool = tool;
        }

        /** The stream route of GET and POST. */
        SseStream open(SseRequest request) {
            return request.method().equals("GET") ? resumed(request) : begun(request, parse(request));
        }

        private SseStream begun(SseRequest request, JsonNode message) {
            if (!message.has("id") || !message.has("method")) {
                throw HttpStatusException.of(202, "accepted"); // a notification
            }
            String method = message.get("method").asText();
            if (method.equals("initialize")) {
                String session = UUID.randomUUID().toString();
                sessions.add(session);
                return single(result(message, """
                        {"protocolVersion":"2025-06-18","capabilities":{"tools":{}},
                         "serverInfo":{"name":"sluice","version":"1"}}""")).header("mcp-session-id", session);
            }
            String session = session(request);
            return switch (method) {
                case "tools/list" ->
                    single(result(message, "{\"tools\":[{\"name\":\"count\",\"inputSchema\":{\"type\":\"object\"}}]}"));
                case "tools/call" -> call(session + "." + calls.incrementAndGet(), message);
                default -> throw HttpStatusException.of(400, "unknown method");
            };
        }

        /** Each call is a topic, whose events have the ids topic.0, topic.1 and so on. */
        private SseStream call(String topic, JsonNode message) {
            // The client can resume as soon as it has an id, so the first event has nothing else.
            hub.publish(topic, Event.builder().id(topic + ".0").data("").build());
            AtomicInteger number = new AtomicInteger();
            workers.execute(() -> {
                try {
                    String result = tool.call(
                            message, text -> hub.publish(topic, event(topic, number.incrementAndGet(), text)));
                    hub.end(topic, event(topic, number.incrementAndGet(), result));
                } catch (Exception e) {
                    hub.end(topic, event(topic, number.incrementAndGet(), failure(message)));
                }
            });
            return SseStream.of(Selector.of(topic), StartPosition.replay(StartPosition.MAX_REPLAY))
                    .bare();
        }

        private SseStream resumed(SseRequest request) {
            String id = request.lastEventId();
            if (id == null || !id.startsWith(session(request) + ".")) {
                throw HttpStatusException.of(405, "a stream without a request is not offered", "allow", "POST");
            }
            String topic = id.substring(0, id.lastIndexOf('.'));
            return SseStream.of(Selector.of(topic), StartPosition.after(id)).bare();
        }

        private String session(SseRequest request) {
            String session = request.header("mcp-session-id");
            if (session == null || !sessions.contains(session)) {
                throw HttpStatusException.of(404, "unknown session");
            }
            return session;
        }

        private static Event event(String topic, int number, String message) {
            return Event.builder().id(topic + "." + number).data(message).build();
        }

        private static SseStream single(String message) {
            return SseStream.of(sink -> {
                        sink.send(Event.of(message));
                        sink.complete();
                    })
                    .bare();
        }
    }

    private static String result(JsonNode request, String result) {
        return "{\"jsonrpc\":\"2.0\",\"id\":" + request.get("id") + ",\"result\":" + result.replace("\n", "") + "}";
    }

    private static String failure(JsonNode request) {
        return "{\"jsonrpc\":\"2.0\",\"id\":" + request.get("id")
                + ",\"error\":{\"code\":-32603,\"message\":\"the tool failed\"}}";
    }

    private static JsonNode parse(SseRequest request) {
        try {
            return new ObjectMapper().readTree(request.body());
        } catch (IOException e) {
            throw HttpStatusException.of(400, "the body is no JSON");
        }
    }
    // GUIDE end

    private final Semaphore steps = new Semaphore(0);

    /** Counts to a number, and waits for the test in the middle. */
    private String count(JsonNode request, Consumer<String> progress) throws Exception {
        JsonNode params = request.get("params");
        int to = params.at("/arguments/to").asInt();
        for (int i = 1; i <= to; i++) {
            if (i == to / 2 + 1) {
                steps.acquire();
            }
            progress.accept("{\"jsonrpc\":\"2.0\",\"method\":\"notifications/progress\",\"params\":{\"progressToken\":"
                    + params.at("/_meta/progressToken") + ",\"progress\":" + i + "}}");
        }
        return result(request, "{\"content\":[{\"type\":\"text\",\"text\":\"counted\"}]}");
    }

    @Test
    void theSdkGetsProgressAndResumes() throws Exception {
        ExecutorService workers = Executors.newCachedThreadPool();
        try (Hub hub = Hub.create()) {
            McpEndpoint endpoint = new McpEndpoint(hub, workers, this::count);
            try (SseServer server = SseServer.builder()
                            .hub(hub)
                            .port(0)
                            .streams("/mcp", endpoint::open, "GET", "POST")
                            .start();
                    NodeProgram program = NodeProgram.start("mcp.mjs", "http://localhost:" + server.port() + "/mcp")) {
                for (int i = 1; i <= 3; i++) {
                    assertThat(JSON.readTree(program.nextLine()).get("progress").asInt())
                            .isEqualTo(i);
                }
                // The stream of the POST ends before the result, as when its lifetime is over. The call goes on.
                hub.sinks(null, 10)
                        .toCompletableFuture()
                        .join()
                        .forEach(info -> info.sink().close(CloseReason.LIFETIME_ENDED));
                steps.release();
                JsonNode read = JSON.readTree(program.nextLine());
                while (!read.has("session")) {
                    read = JSON.readTree(program.nextLine());
                }
                assertThat(read.get("tools").toString()).isEqualTo("[\"count\"]");
                assertThat(read.get("progress").toString()).as(read.toString()).isEqualTo("[1,2,3,4,5,6]");
                assertThat(read.get("text").asText()).isEqualTo("counted");
                assertThat(read.get("session").asText()).isNotEmpty();
                assertThat(read.get("tokens")).hasSize(8);
                assertThat(read.get("errors")).isEmpty();
                await().atMost(Duration.ofSeconds(40))
                        .until(() -> hub.ledger().counts().get(Ledger.Kind.SINKS) == 0);
            }
        } finally {
            workers.shutdownNow();
        }
    }
}
