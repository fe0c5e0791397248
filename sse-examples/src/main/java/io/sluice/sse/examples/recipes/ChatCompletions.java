package io.sluice.sse.examples.recipes;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.sluice.sse.Event;
import io.sluice.sse.netty.HttpStatusException;
import io.sluice.sse.netty.SseRequest;
import io.sluice.sse.netty.SseServer;
import io.sluice.sse.netty.SseServerBuilder;
import io.sluice.sse.netty.SseStream;
import io.sluice.sse.netty.SseStream.DrainMode;
import io.sluice.sse.source.Sources;
import java.io.IOException;
import java.time.Instant;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * The endpoint {@code POST /v1/chat/completions}, as the SDKs of OpenAI call it. A source of its own writes each answer
 * at the pace of its client. The client cancels by closing its connection, which interrupts the model. An answer that
 * fails is cut, so that it does not look complete. A protocol in which a client can resume is in {@link
 * OpenAiResponses}. Start the program, and give {@code http://127.0.0.1:8080/v1} to an SDK as its base URL.
 */
public final class ChatCompletions {

    private static final ObjectMapper JSON = new ObjectMapper();

    private ChatCompletions() {}

    /** Serves until the process is killed. */
    public static void main(String[] args) throws Exception {
        try (SseServer server = server(LanguageModel.echo()).start()) {
            System.out.println("the base URL is " + server.uri() + "/v1");
            server.awaitTermination();
        }
    }

    static SseServerBuilder server(LanguageModel model) {
        return SseServer.builder().streams("/v1/chat/completions", request -> complete(model, request), "POST");
    }

    private static SseStream complete(LanguageModel model, SseRequest request) {
        JsonNode call = parse(request);
        if (!call.path("stream").asBoolean()) {
            throw HttpStatusException.of(400, "stream: false (expected: true)");
        }
        JsonNode messages = call.path("messages");
        JsonNode prompt = messages.path(messages.size() - 1).path("content");
        if (!prompt.isTextual()) {
            throw HttpStatusException.of(400, "messages: expected a last message whose content is a string");
        }
        Chunks chunks = new Chunks(call.path("model").asText());
        return SseStream.of(Sources.blocking(sink -> {
                    sink.send(chunks.next(delta("role", "assistant"), null));
                    model.answer(prompt.asText(), token -> sink.send(chunks.next(delta("content", token), null)));
                    sink.send(chunks.next(JSON.createObjectNode(), "stop"));
                    sink.send(Event.of("[DONE]"));
                })) // when this returns, the response is complete
                .bare()
                .drain(DrainMode.AT_DEADLINE); // the client cannot resume, so the drain waits for the answer
    }

    private static JsonNode parse(SseRequest request) {
        try {
            return JSON.readTree(request.body());
        } catch (IOException e) {
            throw HttpStatusException.of(400, "the body is no JSON");
        }
    }

    private static ObjectNode delta(String field, String value) {
        return JSON.createObjectNode().put(field, value);
    }

    /** Makes the chunks of one completion. */
    private static final class Chunks {
        private final String id = "chatcmpl-" + UUID.randomUUID();
        private final long created = Instant.now().getEpochSecond();
        private final String model;

        Chunks(String model) {
            this.model = model;
        }

        Event next(ObjectNode delta, @Nullable String finishReason) {
            ObjectNode chunk = JSON.createObjectNode()
                    .put("id", id)
                    .put("object", "chat.completion.chunk")
                    .put("created", created)
                    .put("model", model);
            chunk.putArray("choices")
                    .addObject()
                    .put("index", 0)
                    .put("finish_reason", finishReason)
                    .set("delta", delta);
            return Event.of(chunk.toString());
        }
    }
}
