package io.sluice.sse.examples.recipes;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.sluice.sse.Event;
import io.sluice.sse.hub.Hub;
import io.sluice.sse.netty.HttpStatusException;
import io.sluice.sse.netty.RouteResponse;
import io.sluice.sse.netty.SseRequest;
import io.sluice.sse.netty.SseServer;
import io.sluice.sse.netty.SseServerBuilder;
import io.sluice.sse.netty.SseStream;
import io.sluice.sse.topic.Selector;
import io.sluice.sse.topic.StartPosition;
import java.io.IOException;
import java.time.Duration;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A server of the Model Context Protocol over streamable HTTP, with one tool that reports its progress. Progress and
 * result come on the stream of the POST. Each call is a topic that ends, so it goes on while its client is away. A
 * client that comes back by GET with {@code Last-Event-ID} gets the rest of that call. A client may cancel a call.
 * Start the program, and connect a client to {@code http://127.0.0.1:8080/mcp}. A server of your own also authenticates
 * its clients.
 */
public final class McpServer implements AutoCloseable {

    private static final Logger LOGGER = LoggerFactory.getLogger(McpServer.class);
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final String VERSION = "2025-06-18";
    private static final int MAX_SESSIONS = 10_000;
    private static final int MAX_CALLS_OF_SESSION = 100;
    static final int MAX_RUNNING = 100;

    /** A tool called {@code count}, which counts to the argument {@code to}. */
    interface Tool {
        /** @return the text of the result; the thread is interrupted when the client cancels the call */
        String call(JsonNode arguments, Progress progress) throws InterruptedException;
    }

    /** Takes the progress of a call. */
    interface Progress {
        void report(int done, int total, String text);
    }

    /** A call and, while it runs, its thread. */
    private static final class Call {
        /** The id of the JSON-RPC request, by which the client cancels it. */
        private final String requestId;

        private @Nullable Thread worker;

        Call(String requestId) {
            this.requestId = requestId;
        }

        synchronized void begin(Runnable work, String name) {
            Thread thread = new Thread(work, name);
            thread.setDaemon(true);
            worker = thread;
            thread.start();
        }

        synchronized void ended() {
            worker = null;
        }

        synchronized boolean hasEnded() {
            return worker == null;
        }

        synchronized void interrupt() {
            if (worker != null) {
                worker.interrupt();
            }
        }
    }

    /** @param calls the newest calls by topic */
    private record Session(String id, Map<String, Call> calls) {
        void interruptAll() {
            calls.values().forEach(Call::interrupt);
        }

        boolean hasEnded() {
            return calls.values().stream().allMatch(Call::hasEnded);
        }
    }

    private final Hub hub;
    private final Tool tool;
    private final Semaphore room = new Semaphore(MAX_RUNNING);

    /** The newest sessions by id. The lock of this object guards them and their calls. */
    private final Map<String, Session> sessions = NewestWork.map(MAX_SESSIONS, Session::hasEnded);

    McpServer(Hub hub, Tool tool) {
        this.hub = hub;
        this.tool = tool;
    }

    /** Serves until the process is killed. */
    public static void main(String[] args) throws Exception {
        Tool count = (arguments, progress) -> {
            int to = arguments.path("to").asInt(10);
            for (int i = 1; i <= to; i++) {
                TimeUnit.MILLISECONDS.sleep(300);
                progress.report(i, to, "counted to " + i);
            }
            return "counted to " + to;
        };
        try (Hub hub = hub();
                McpServer mcp = new McpServer(hub, count);
                SseServer server = mcp.server().start()) {
            System.out.println("connect to " + server.uri() + "/mcp");
            server.awaitTermination();
        }
    }

    /** The messages of a call are kept for ten minutes after its end. */
    static Hub hub() {
        return Hub.builder()
                .topics("mcp/**", topic -> topic.historyEvents(10_000).historyAge(Duration.ofMinutes(10)))
                .build();
    }

    SseServerBuilder server() {
        return SseServer.builder()
                .hub(hub)
                .streams("/mcp", this::open, "GET", "POST")
                .route("DELETE", "/mcp", request -> {
                    end(request);
                    return RouteResponse.empty(204).completed();
                });
    }

    private synchronized SseStream open(SseRequest request) {
        if (request.method().equals("GET")) {
            return resumed(request);
        }
        JsonNode message = parse(request);
        String method = message.path("method").asText();
        if (method.equals("initialize")) {
            String id = UUID.randomUUID().toString();
            sessions.put(id, new Session(id, NewestWork.map(MAX_CALLS_OF_SESSION, Call::hasEnded)));
            return single(initialized(message)).header("mcp-session-id", id);
        }
        Session session = session(request);
        if (!message.has("id") || !message.has("method")) {
            if (method.equals("notifications/cancelled")) {
                cancel(session, message.at("/params/requestId").toString());
            }
            throw HttpStatusException.of(202, "accepted"); // notifications get no other answer
        }
        return switch (method) {
            case "ping" -> single(result(message, JSON.createObjectNode()));
            case "tools/list" -> single(result(message, tools()));
            case "tools/call" -> called(session, message);
            default -> single(error(message, -32601, "there is no such method"));
        };
    }

    /** Each call is a topic, whose events have the ids topic.0, topic.1 and so on. */
    private SseStream called(Session session, JsonNode message) {
        if (!room.tryAcquire()) {
            throw HttpStatusException.retryable(503, "too many calls are running", Duration.ofSeconds(1));
        }
        String topic = "mcp/" + session.id + "/" + UUID.randomUUID();
        try {
            Messages messages = new Messages(topic);
            messages.begin();
            Call call = new Call(message.get("id").toString());
            session.calls.put(topic, call);
            call.begin(() -> work(message, call, messages), topic);
        } catch (RuntimeException | Error e) { // for example, there is no memory for a thread
            session.calls.remove(topic);
            room.release();
            throw e;
        }
        return SseStream.of(Selector.of(topic), StartPosition.replay(StartPosition.MAX_REPLAY))
                .bare();
    }

    /** Whatever the tool does, the topic ends: its clients would wait for ever otherwise. */
    private void work(JsonNode request, Call call, Messages messages) {
        JsonNode params = request.path("params");
        JsonNode token = params.at("/_meta/progressToken");
        String last = "";
        try {
            String answer = tool.call(params.path("arguments"), (done, total, text) -> {
                if (!token.isMissingNode()) {
                    messages.publish(progress(token, done, total, text));
                }
            });
            last = result(request, content(answer));
        } catch (InterruptedException e) {
            LOGGER.debug("a call is cancelled, and gets no answer");
        } catch (RuntimeException e) {
            LOGGER.warn("the tool has failed", e);
            last = error(request, -32603, "the tool has failed");
        } finally {
            call.ended();
            room.release();
            messages.end(last);
        }
    }

    private SseStream resumed(SseRequest request) {
        Session session = session(request);
        String id = request.lastEventId();
        if (id == null) {
            throw HttpStatusException.of(405, "a stream without a call is not offered", "allow", "DELETE, POST");
        }
        String topic = id.substring(0, Math.max(0, id.lastIndexOf('.')));
        if (!session.calls.containsKey(topic)) {
            throw HttpStatusException.of(404, "the session has no such call");
        }
        return SseStream.of(Selector.of(topic), StartPosition.after(id)).bare();
    }

    private static void cancel(Session session, String requestId) {
        for (Call call : session.calls.values()) {
            if (call.requestId.equals(requestId)) {
                call.interrupt();
            }
        }
    }

    private synchronized void end(SseRequest request) {
        Session session = session(request);
        sessions.remove(session.id);
        session.interruptAll();
    }

    private Session session(SseRequest request) {
        String id = request.header("mcp-session-id");
        if (id == null) {
            throw HttpStatusException.of(400, "the header mcp-session-id is missing");
        }
        Session session = sessions.get(id);
        if (session == null) {
            throw HttpStatusException.of(404, "unknown session"); // so that the client begins another one
        }
        return session;
    }

    @Override
    public synchronized void close() {
        sessions.values().forEach(Session::interruptAll);
    }

    /** Publishes the messages of one call. Confined to its thread, and before that to the event loop. */
    private final class Messages {
        private final String topic;
        private int next;

        Messages(String topic) {
            this.topic = topic;
        }

        /**
         * Publishes an event without a message: the client can resume as soon as it has an id. If the hub has no room
         * for the topic, the call must not begin, because the tool would run for nobody.
         */
        void begin() {
            if (hub.publish(topic, event("")).toCompletableFuture().isCompletedExceptionally()) {
                throw HttpStatusException.retryable(503, "the hub takes no event for the call", Duration.ofSeconds(1));
            }
        }

        void publish(String message) {
            hub.publish(topic, event(message));
        }

        void end(String message) {
            hub.end(topic, event(message));
        }

        private Event event(String message) {
            return Event.builder().id(topic + "." + next++).data(message).build();
        }
    }

    private static SseStream single(String message) {
        return SseStream.of(sink -> {
                    sink.send(Event.of(message));
                    sink.complete();
                })
                .bare();
    }

    private static JsonNode parse(SseRequest request) {
        try {
            JsonNode message = JSON.readTree(request.body());
            if (message.isObject()) {
                return message;
            }
        } catch (IOException e) {
            LOGGER.debug("a body is no JSON", e);
        }
        throw HttpStatusException.of(400, "the body is no JSON-RPC message");
    }

    private static String initialized(JsonNode request) {
        ObjectNode result = JSON.createObjectNode().put("protocolVersion", VERSION);
        result.putObject("capabilities").putObject("tools");
        result.putObject("serverInfo").put("name", "sluice").put("version", "1");
        return result(request, result);
    }

    private static ObjectNode tools() {
        ObjectNode result = JSON.createObjectNode();
        ObjectNode count = result.putArray("tools").addObject().put("name", "count");
        ObjectNode schema = count.putObject("inputSchema").put("type", "object");
        schema.putObject("properties").putObject("to").put("type", "integer");
        return result;
    }

    private static ObjectNode content(String text) {
        ObjectNode result = JSON.createObjectNode();
        result.putArray("content").addObject().put("type", "text").put("text", text);
        return result;
    }

    private static String progress(JsonNode token, int done, int total, String text) {
        ObjectNode message = JSON.createObjectNode().put("jsonrpc", "2.0").put("method", "notifications/progress");
        message.putObject("params")
                .put("progress", done)
                .put("total", total)
                .put("message", text)
                .set("progressToken", token);
        return message.toString();
    }

    private static String result(JsonNode request, ObjectNode result) {
        return answer(request).set("result", result).toString();
    }

    private static String error(JsonNode request, int code, String text) {
        return answer(request)
                .set("error", JSON.createObjectNode().put("code", code).put("message", text))
                .toString();
    }

    private static ObjectNode answer(JsonNode request) {
        return JSON.createObjectNode().put("jsonrpc", "2.0").set("id", request.get("id"));
    }
}
