package io.sluice.sse.examples.recipes;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.openai.client.OpenAIClient;
import com.openai.client.okhttp.OpenAIOkHttpClient;
import com.openai.core.http.StreamResponse;
import com.openai.errors.InternalServerException;
import com.openai.errors.OpenAIIoException;
import com.openai.models.chat.completions.ChatCompletionChunk;
import com.openai.models.chat.completions.ChatCompletionCreateParams;
import io.sluice.sse.Ledger;
import io.sluice.sse.examples.NodeProgram;
import io.sluice.sse.netty.SseServer;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** The recipe for chat completions, called by OpenAI's SDKs for JavaScript and Java. */
@Timeout(300)
class ChatCompletionsTest {

    private static final ObjectMapper JSON = new ObjectMapper();

    private final CountDownLatch interrupted = new CountDownLatch(1);

    /**
     * Counts to the number in the prompt. With the prompt {@code fail} it fails after three tokens, and with any other
     * one it waits there until its thread is interrupted.
     */
    private void count(String prompt, LanguageModel.Tokens tokens) throws InterruptedException {
        int last = prompt.matches("\\d+") ? Integer.parseInt(prompt) : 3;
        for (int i = 1; i <= last; i++) {
            tokens.next(i + " ");
        }
        if (prompt.equals("fail")) {
            throw new IllegalStateException("the model fails, on purpose");
        }
        if (prompt.equals("forever")) {
            try {
                new CountDownLatch(1).await(); // the model thinks
            } catch (InterruptedException e) {
                interrupted.countDown();
                throw e;
            }
        }
    }

    private SseServer start() throws IOException {
        return ChatCompletions.server(this::count).port(0).start();
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
        try (SseServer server =
                ChatCompletions.server(this::count).port(0).maxStreams(0).start()) {
            OpenAIClient client = client(server);
            assertThatExceptionOfType(InternalServerException.class)
                    .isThrownBy(() -> ask(client, "5").close())
                    .satisfies(failure -> assertThat(failure.statusCode()).isEqualTo(503));
            client.close();
        }
    }
}
