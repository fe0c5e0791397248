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
import java.time.Instant;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The endpoint {@code /v1/responses} of OpenAI's SDKs, with resume and cancel. Each answer is a topic that ends, so the
 * model goes on while its client is away. The sequence number of an event is the end of its id. A client that returns
 * names the last number that it has, and gets the rest. Start the program, and give {@code http://127.0.0.1:8080/v1} to
 * an SDK as its base URL.
 */
public final class OpenAiResponses implements AutoCloseable {

    private static final Logger LOGGER = LoggerFactory.getLogger(OpenAiResponses.class);
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final int MAX_ANSWERS = 10_000;
    static final int MAX_RUNNING = 100;
    /** How long an answer can be read after its end. */
    private static final Duration KEPT = Duration.ofHours(1);

    private final Hub hub;
    private final LanguageModel model;
    private final Duration kept;

    /** A running answer goes on when its client leaves, so the bound on streams does not bound them. */
    private final Semaphore room = new Semaphore(MAX_RUNNING);

    /** The newest answers by id. The lock of this object guards them. */
    private final Map<String, Answer> answers = NewestWork.map(MAX_ANSWERS, Answer::hasEnded);

    OpenAiResponses(Hub hub, LanguageModel model, Duration kept) {
        this.hub = hub;
        this.model = model;
        this.kept = kept;
    }

    /** Serves until the process is killed. */
    public static void main(String[] args) throws Exception {
        try (Hub hub = hub();
                OpenAiResponses answers = new OpenAiResponses(hub, LanguageModel.echo(), KEPT);
                SseServer server = answers.server().start()) {
            System.out.println("the base URL is " + server.uri() + "/v1");
            server.awaitTermination();
        }
    }

    /** The topic of an answer outlives it, with up to 20,000 tokens. A client of a forgotten topic would wait. */
    static Hub hub() {
        return Hub.builder()
                .topics("responses/*", topic -> topic.historyEvents(20_000).historyAge(KEPT.plusMinutes(1)))
                .build();
    }

    SseServerBuilder server() {
        return SseServer.builder()
                .hub(hub)
                .streams("/v1/responses", this::create, "POST")
                .streams("/v1/responses/**", this::resume, "GET")
                .route("POST", "/v1/responses/**", request -> cancel(request).completed());
    }

    private SseStream create(SseRequest request) {
        JsonNode call = parse(request);
        if (!call.path("stream").asBoolean()) {
            throw HttpStatusException.of(400, "stream: false (expected: true)");
        }
        if (!call.path("input").isTextual()) {
            throw HttpStatusException.of(400, "input: expected a string");
        }
        if (!room.tryAcquire()) {
            throw HttpStatusException.retryable(503, "too many answers are running", Duration.ofSeconds(1));
        }
        Answer answer = new Answer(call.path("model").asText());
        try {
            synchronized (this) {
                answers.put(answer.id, answer);
            }
            answer.begin(call.path("input").asText());
        } catch (RuntimeException | Error e) { // for example, there is no memory for a thread
            forget(answer.id);
            room.release();
            throw e;
        }
        return stream(answer, StartPosition.replay(StartPosition.MAX_REPLAY));
    }

    /** {@code GET /v1/responses/{id}?stream=true&starting_after=…}. */
    private SseStream resume(SseRequest request) {
        Answer answer = find(request.subPath());
        if (!"true".equals(request.query("stream"))) {
            throw HttpStatusException.of(400, "stream: expected true");
        }
        String after = request.query("starting_after");
        if (after == null) {
            return stream(answer, StartPosition.replay(StartPosition.MAX_REPLAY));
        }
        if (!after.matches("\\d{1,9}")) {
            throw HttpStatusException.of(400, "starting_after: expected the sequence number of an event");
        }
        return stream(answer, StartPosition.after(answer.eventId(Integer.parseInt(after))));
    }

    private static SseStream stream(Answer answer, StartPosition start) {
        return SseStream.of(Selector.of(answer.topic), start).bare();
    }

    /** {@code POST /v1/responses/{id}/cancel}. */
    private RouteResponse cancel(SseRequest request) {
        String path = request.subPath();
        if (!path.endsWith("/cancel")) {
            throw HttpStatusException.of(404, "there is no such path");
        }
        Answer answer = find(path.substring(0, path.lastIndexOf('/')));
        answer.cancel();
        return RouteResponse.of(200, "application/json", answer.description("").toString());
    }

    private synchronized void forget(String id) {
        answers.remove(id);
    }

    private synchronized Answer find(String id) {
        Answer answer = answers.get(id);
        if (answer == null) {
            throw HttpStatusException.of(404, "there is no such response");
        }
        return answer;
    }

    private static JsonNode parse(SseRequest request) {
        try {
            return JSON.readTree(request.body());
        } catch (IOException e) {
            throw HttpStatusException.of(400, "the body is no JSON");
        }
    }

    @Override
    public synchronized void close() {
        answers.values().forEach(Answer::cancel);
    }

    /** An answer and its topic. It does not keep the prompt and the text, since thousands of answers stay known. */
    private final class Answer {
        private final String id = "resp_" + UUID.randomUUID();
        private final String topic = "responses/" + id;
        private final long createdAt = Instant.now().getEpochSecond();
        private final String modelName;
        private String status = "in_progress";
        /** Null before and after the work. */
        private @Nullable Thread worker;
        /** The sequence number of the next event. The worker alone counts, once it has started. */
        private int next;

        Answer(String modelName) {
            this.modelName = modelName;
        }

        synchronized void begin(String prompt) {
            begun();
            Thread thread = new Thread(() -> work(prompt), topic);
            thread.setDaemon(true);
            worker = thread;
            thread.start();
        }

        synchronized boolean hasEnded() {
            return worker == null;
        }

        synchronized void cancel() {
            if (worker != null) {
                status = "cancelled";
                worker.interrupt();
            }
        }

        /** Whatever the model does, the topic ends: its clients would wait for ever otherwise. */
        private void work(String prompt) {
            StringBuilder text = new StringBuilder();
            String result = "failed";
            try {
                model.answer(prompt, token -> {
                    text.append(token);
                    publish(event(
                            "response.output_text.delta",
                            part(JSON.createObjectNode()).put("delta", token)));
                });
                result = "completed";
            } catch (InterruptedException e) {
                result = "cancelled";
            } catch (RuntimeException e) {
                LOGGER.warn("the model has failed in {}", id, e);
            } finally {
                end(result, text.toString());
            }
        }

        /** What a client of the SDK expects before the first token. */
        private void begun() {
            ObjectNode message = message("in_progress", null);
            ObjectNode content =
                    JSON.createObjectNode().put("type", "output_text").put("text", "");
            content.putArray("annotations");
            Event created = event("response.created", JSON.createObjectNode().set("response", description("")));
            // If the hub has no room for the topic, the answer must not begin: the model would run for nobody.
            if (hub.publish(topic, created).toCompletableFuture().isCompletedExceptionally()) {
                throw HttpStatusException.retryable(
                        503, "the hub takes no event for the answer", Duration.ofSeconds(1));
            }
            publish(event(
                    "response.output_item.added",
                    JSON.createObjectNode().put("output_index", 0).set("item", message)));
            publish(event(
                    "response.content_part.added", part(JSON.createObjectNode()).set("part", content)));
        }

        private void end(String result, String text) {
            synchronized (this) {
                worker = null; // a cancel after this has no effect
                status = status.equals("cancelled") ? status : result;
            }
            room.release();
            String name = switch (status) {
                case "completed" -> "response.completed";
                case "failed" -> "response.failed";
                default -> "response.incomplete";
            };
            hub.end(topic, event(name, JSON.createObjectNode().set("response", description(text))));
            CompletableFuture.delayedExecutor(kept.toMillis(), TimeUnit.MILLISECONDS)
                    .execute(() -> forget(id));
        }

        private void publish(Event event) {
            hub.publish(topic, event);
        }

        private Event event(String type, ObjectNode data) {
            int number = next++;
            data.put("type", type).put("sequence_number", number);
            return Event.builder()
                    .id(eventId(number))
                    .name(type)
                    .data(data.toString())
                    .build();
        }

        String eventId(int number) {
            return topic + "." + number;
        }

        private ObjectNode part(ObjectNode data) {
            return data.put("item_id", "msg_" + id).put("output_index", 0).put("content_index", 0);
        }

        private ObjectNode message(String messageStatus, @Nullable String text) {
            ObjectNode message = JSON.createObjectNode()
                    .put("id", "msg_" + id)
                    .put("type", "message")
                    .put("role", "assistant")
                    .put("status", messageStatus);
            var content = message.putArray("content");
            if (text != null) {
                content.addObject().put("type", "output_text").put("text", text).putArray("annotations");
            }
            return message;
        }

        /** The answer as OpenAI's SDKs know it. @param text of a completed answer */
        synchronized ObjectNode description(String text) {
            ObjectNode response = JSON.createObjectNode()
                    .put("id", id)
                    .put("object", "response")
                    .put("created_at", createdAt)
                    .put("model", modelName)
                    .put("status", status);
            var output = response.putArray("output");
            if (!text.isEmpty()) {
                output.add(message(status.equals("completed") ? "completed" : "incomplete", text));
            }
            return response;
        }
    }
}
