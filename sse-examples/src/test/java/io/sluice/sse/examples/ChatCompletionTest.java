package io.sluice.sse.examples;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.openai.client.OpenAIClient;
import com.openai.client.okhttp.OpenAIOkHttpClient;
import com.openai.core.http.StreamResponse;
import com.openai.errors.InternalServerException;
import com.openai.errors.OpenAIIoException;
import com.openai.models.chat.completions.ChatCompletionChunk;
import com.openai.models.chat.completions.ChatCompletionCreateParams;
import io.sluice.sse.Event;
import io.sluice.sse.Ledger;
import io.sluice.sse.netty.HttpStatusException;
import io.sluice.sse.netty.SseRequest;
import io.sluice.sse.netty.SseServer;
import io.sluice.sse.netty.SseStream;
import io.sluice.sse.netty.StreamRoute;
import io.sluice.sse.source.Sources;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** The token stream of the guide, read by OpenAI's SDKs for JavaScript and Java; {@link GuideTest} compares it. */
@Timeout(300)
class ChatCompletionTest {

    private static final ObjectMapper JSON = new ObjectMapper();

    // GUIDE begin
    /** @param model returns the tokens of its answer to a prompt; its iterator may block */
    static StreamRoute chatCompletions(Function<String, Iterator<String>> model) {
        return request -> {
            String prompt = parse(request).at("/messages/0/content").asText();
            return SseStream.of(Sources.blocking(sink -> {
                        Iterator<String> tokens = model.apply(prompt);
                        while (tokens.hasNext()) {
                            sink.send(chunk(Map.of("content", tokens.next()), null)); // waits while the client is slow
                        }
                        sink.send(chunk(Map.of(), "stop"));
                        sink.send(Event.of("[DONE]"));
                    })) // when this returns, the response ends; when the client cancels, its thread is interrupted
                    .bare();
        };
    }

    private static Event chunk(Map<String, String> delta, String finishReason) throws JsonProcessingException {
        ObjectMapper json = new ObjectMapper();
        return Event.of(json.createObjectNode()
                .put("id", "chatcmpl-1")
                .put("object", "chat.completion.chunk")
                .set(
                        "choices",
                        json.createArrayNode()
                                .add(json.createObjectNode()
                                        .put("index", 0)
                                        .put("finish_reason", finishReason)
                                        .set("delta", json.valueToTree(delta))))
                .toString());
    }

    private static JsonNode parse(SseRequest request) {
        try {
            return new ObjectMapper().readTree(request.body());
        } catch (IOException e) {
            throw HttpStatusException.of(400, "the body is no JSON");
        }
    }
    // GUIDE end

    private final CountDownLatch interrupted = new CountDownLatch(1);

    /**
     * Counts to the number in the prompt. With the prompt {@code fail} it fails after three tokens, and with any other
     * one it goes on until its thread is interrupted.
     */
    private Iterator<String> count(String prompt) {
        if (prompt.matches("\\d+")) {
            return IntStream.rangeClosed(1, Integer.parseInt(prompt))
                    .mapToObj(number -> number + " ")
                    .iterator();
        }
        Iterator<String> three = List.of("1 ", "2 ", "3 ").iterator();
        return new Iterator<>() {
            @Override
            public boolean hasNext() {
                return true;
            }

            @Override
            public String next() {
                if (three.hasNext()) {
                    return three.next();
                }
                if (prompt.equals("fail")) {
                    throw new IllegalStateException("the model fails");
                }
                try {
                    new CountDownLatch(1).await(); // the model thinks
                } catch (InterruptedException e) {
                    interrupted.countDown();
                }
                throw new IllegalStateException("interrupted");
            }
        };
    }

    private SseServer start() throws IOException {
        return SseServer.builder()
                .port(0)
                .streams("/v1/chat/completions", chatCompletions(this::count), "POST")
                .start();
    }

    private static String url(SseServer server) {
        return "http://localhost:" + server.port() + "/v1";
    }

    @Test
    void theSdkOfOpenAiReadsTheTokens() throws Exception {
        try (SseServer server = start();
                NodeProgram program = NodeProgram.start("openai.mjs", url(server), "0")) {
            JsonNode read = JSON.readTree(program.nextLine());
            assertThat(read.get("tokens").toString()).isEqualTo("[\"1 \",\"2 \",\"3 \",\"4 \",\"5 \"]");
            assertThat(read.get("finish").asText()).isEqualTo("stop");
        }
    }

    @Test
    void theSourceEndsWhenTheSdkCancels() throws Exception {
        try (SseServer server = start();
                NodeProgram program = NodeProgram.start("openai.mjs", url(server), "3")) {
            JsonNode read = JSON.readTree(program.nextLine());
            assertThat(read.get("tokens")).hasSize(3);
            assertThat(read.get("aborted").asBoolean()).isTrue();
            assertThat(interrupted.await(60, TimeUnit.SECONDS)).isTrue(); // the program still runs
            await().until(() -> server.hub().ledger().counts().get(Ledger.Kind.SINKS) == 0);
        }
    }

    private static OpenAIClient client(SseServer server) {
        return OpenAIOkHttpClient.builder()
                .baseUrl(url(server))
                .apiKey("none")
                .maxRetries(0)
                .build();
    }

    private static StreamResponse<ChatCompletionChunk> ask(OpenAIClient client, String prompt) {
        return client.chat()
                .completions()
                .createStreaming(ChatCompletionCreateParams.builder()
                        .model("count")
                        .addUserMessage(prompt)
                        .build());
    }

    private static Stream<String> tokens(StreamResponse<ChatCompletionChunk> response) {
        return response.stream().flatMap(chunk -> chunk.choices().get(0).delta().content().stream());
    }

    @Test
    void theSdkForJavaReadsTheTokens() throws Exception {
        try (SseServer server = start()) {
            OpenAIClient client = client(server);
            try (StreamResponse<ChatCompletionChunk> response = ask(client, "5")) {
                assertThat(tokens(response)).containsExactly("1 ", "2 ", "3 ", "4 ", "5 ");
            }
            client.close();
        }
    }

    @Test
    void theSourceEndsWhenTheSdkForJavaCancels() throws Exception {
        try (SseServer server = start()) {
            OpenAIClient client = client(server);
            try (StreamResponse<ChatCompletionChunk> response = ask(client, "forever")) {
                assertThat(tokens(response).limit(3)).containsExactly("1 ", "2 ", "3 ");
            }
            assertThat(interrupted.await(60, TimeUnit.SECONDS)).isTrue();
            await().until(() -> server.hub().ledger().counts().get(Ledger.Kind.SINKS) == 0);
            client.close();
        }
    }

    /** An answer that fails must not look complete. */
    @Test
    void theSdkForJavaFailsWithTheSource() throws Exception {
        try (SseServer server = start()) {
            OpenAIClient client = client(server);
            List<String> read = new ArrayList<>();
            try (StreamResponse<ChatCompletionChunk> response = ask(client, "fail")) {
                assertThatExceptionOfType(OpenAIIoException.class)
                        .isThrownBy(() -> tokens(response).forEach(read::add));
            }
            assertThat(read).containsExactly("1 ", "2 ", "3 ");
            client.close();
        }
    }

    @Test
    void aFullServerIsAStatusForTheSdkForJava() throws Exception {
        try (SseServer server = SseServer.builder()
                .port(0)
                .maxStreams(0)
                .streams("/v1/chat/completions", chatCompletions(this::count), "POST")
                .start()) {
            OpenAIClient client = client(server);
            assertThatExceptionOfType(InternalServerException.class)
                    .isThrownBy(() -> ask(client, "5").close())
                    .satisfies(failure -> assertThat(failure.statusCode()).isEqualTo(503));
            client.close();
        }
    }
}
