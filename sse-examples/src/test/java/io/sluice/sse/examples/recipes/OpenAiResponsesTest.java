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
import com.openai.errors.NotFoundException;
import com.openai.models.responses.ResponseCreateParams;
import com.openai.models.responses.ResponseRetrieveParams;
import com.openai.models.responses.ResponseStatus;
import com.openai.models.responses.ResponseStreamEvent;
import io.sluice.sse.Event;
import io.sluice.sse.Ledger;
import io.sluice.sse.examples.NodeProgram;
import io.sluice.sse.hub.Hub;
import io.sluice.sse.netty.SseServer;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.Iterator;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Semaphore;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** The recipe for {@code /v1/responses}, called by OpenAI's SDKs for JavaScript and Java. */
@Timeout(300)
class OpenAiResponsesTest {

    private static final int WAITS_AFTER = 3;

    private final Semaphore steps = new Semaphore(0);
    private final CountDownLatch interrupted = new CountDownLatch(1);
    private final CountDownLatch complete = new CountDownLatch(1);
    private final Hub hub = OpenAiResponses.hub();
    private final OpenAiResponses answers = new OpenAiResponses(hub, this::count, Duration.ofHours(1));
    private SseServer server;
    private OpenAIClient client;

    /** Counts to the number in the prompt, and waits for the test after the third token; any other one fails there. */
    private void count(String prompt, LanguageModel.Tokens tokens) throws InterruptedException {
        int last = prompt.matches("\\d+") ? Integer.parseInt(prompt) : Integer.MAX_VALUE;
        for (int i = 1; i <= last; i++) {
            if (i == WAITS_AFTER + 1) {
                if (prompt.equals("fail")) {
                    throw new IllegalStateException("the model is broken, on purpose");
                }
                try {
                    steps.acquire();
                } catch (InterruptedException e) {
                    interrupted.countDown();
                    throw e;
                }
            }
            tokens.next(i + " ");
        }
        complete.countDown();
    }

    @BeforeEach
    void start() throws Exception {
        server = answers.server().port(0).start();
        client = OpenAIOkHttpClient.builder()
                .baseUrl(url())
                .apiKey("none")
                .maxRetries(0)
                .build();
    }

    @AfterEach
    void stop() {
        client.close();
        answers.close();
        server.close();
        hub.close();
    }

    private String url() {
        return "http://localhost:" + server.port() + "/v1";
    }

    private StreamResponse<ResponseStreamEvent> ask(String prompt) {
        return client.responses()
                .createStreaming(ResponseCreateParams.builder()
                        .model("count")
                        .input(prompt)
                        .background(true)
                        .build());
    }

    private void awaitNoClient() {
        await().until(() -> hub.ledger().counts().get(Ledger.Kind.SINKS) == 0);
    }

    private static List<String> tokens(Stream<ResponseStreamEvent> events) {
        return events.flatMap(event -> event.outputTextDelta().stream())
                .map(delta -> delta.delta())
                .toList();
    }

    @Test
    void theSdkForJavaResumesAnAnswerThatWentOnWithoutIt() throws Exception {
        String id;
        try (StreamResponse<ResponseStreamEvent> response = ask("6")) {
            Iterator<ResponseStreamEvent> events = response.stream().iterator();
            id = events.next().asCreated().response().id();
            assertThat(events.next().isOutputItemAdded()).isTrue();
            assertThat(events.next().isContentPartAdded()).isTrue();
            for (int i = 1; i <= WAITS_AFTER; i++) {
                assertThat(events.next().asOutputTextDelta().delta()).isEqualTo(i + " ");
            }
        }
        awaitNoClient();
        steps.release();
        complete.await();
        try (StreamResponse<ResponseStreamEvent> response = client.responses()
                .retrieveStreaming(
                        id, ResponseRetrieveParams.builder().startingAfter(5).build())) {
            List<ResponseStreamEvent> rest = response.stream().toList();
            assertThat(tokens(rest.stream())).containsExactly("4 ", "5 ", "6 ");
            assertThat(rest.get(rest.size() - 1)
                            .asCompleted()
                            .response()
                            .output()
                            .get(0)
                            .asMessage()
                            .content()
                            .get(0)
                            .asOutputText()
                            .text())
                    .isEqualTo("1 2 3 4 5 6 ");
        }
        awaitNoClient();
    }

    @Test
    void theSdkForJavaCancels() throws Exception {
        try (StreamResponse<ResponseStreamEvent> response = ask("forever")) {
            Iterator<ResponseStreamEvent> events = response.stream().iterator();
            String id = events.next().asCreated().response().id();
            events.next();
            events.next();
            assertThat(events.next().isOutputTextDelta()).isTrue();
            assertThat(client.responses().cancel(id).status()).contains(ResponseStatus.CANCELLED);
            interrupted.await();
            ResponseStreamEvent last = events.next();
            while (last.isOutputTextDelta()) {
                last = events.next();
            }
            assertThat(last.asIncomplete().response().status()).contains(ResponseStatus.CANCELLED);
            assertThat(events.hasNext()).isFalse();
        }
        awaitNoClient();
    }

    @Test
    void aFailureIsTheLastEvent() {
        try (StreamResponse<ResponseStreamEvent> response = ask("fail")) {
            List<ResponseStreamEvent> events = response.stream().toList();
            assertThat(tokens(events.stream())).containsExactly("1 ", "2 ", "3 ");
            assertThat(events.get(events.size() - 1).isFailed()).isTrue();
        }
    }

    /** Each running answer has a thread, which goes on after its client has left. */
    @Test
    void tooManyRunningAnswersAreAStatusUntilOneEnds() throws Exception {
        // The SDK waits for the rest of a body when it closes a stream.
        HttpRequest request = HttpRequest.newBuilder(URI.create(url() + "/responses"))
                .timeout(Duration.ofSeconds(40))
                .POST(HttpRequest.BodyPublishers.ofString("{\"stream\":true,\"input\":\"4\"}"))
                .build();
        HttpClient plain = HttpClient.newHttpClient();
        for (int i = 0; i < OpenAiResponses.MAX_RUNNING; i++) {
            var stream = plain.send(request, HttpResponse.BodyHandlers.ofInputStream());
            stream.body().close();
            assertThat(stream.statusCode()).isEqualTo(200);
        }
        assertThatExceptionOfType(InternalServerException.class)
                .isThrownBy(() -> ask("1").close())
                .satisfies(failure -> {
                    assertThat(failure.statusCode()).isEqualTo(503);
                    assertThat(failure.headers().values("retry-after")).isNotEmpty();
                });
        steps.release();
        await().ignoreExceptionsInstanceOf(InternalServerException.class).untilAsserted(() -> ask("1").close());
    }

    /** The model would run for nobody. An answer that is rejected gives its permit back. */
    @Test
    void anAnswerWithoutRoomInTheHubIsAStatus() throws Exception {
        try (Hub small = Hub.builder().maxTopics(1).build();
                OpenAiResponses recipe = new OpenAiResponses(small, this::count, Duration.ofHours(1));
                SseServer other = recipe.server().port(0).start()) {
            small.publish("other", Event.of("takes the only topic"));
            HttpRequest request = HttpRequest.newBuilder(
                            URI.create("http://localhost:" + other.port() + "/v1/responses"))
                    .timeout(Duration.ofSeconds(40))
                    .POST(HttpRequest.BodyPublishers.ofString("{\"stream\":true,\"input\":\"1\"}"))
                    .build();
            HttpClient plain = HttpClient.newHttpClient();
            for (int i = 0; i <= OpenAiResponses.MAX_RUNNING; i++) {
                HttpResponse<String> rejected = plain.send(request, HttpResponse.BodyHandlers.ofString());
                assertThat(rejected.statusCode()).isEqualTo(503);
                assertThat(rejected.body()).contains("the hub takes no event for the answer");
            }
        }
    }

    @Test
    void anUnknownAnswerIsNotFound() {
        assertThatExceptionOfType(NotFoundException.class)
                .isThrownBy(() ->
                        client.responses().retrieveStreaming("resp_unknown").close());
        assertThatExceptionOfType(NotFoundException.class)
                .isThrownBy(() -> client.responses().cancel("resp_unknown"));
    }

    /** Its client would wait for ever, once the hub has forgotten the topic. */
    @Test
    void anAnswerIsForgottenSomeTimeAfterItsEnd() throws Exception {
        try (OpenAiResponses shortLived = new OpenAiResponses(hub, this::count, Duration.ofMillis(20));
                SseServer other = shortLived.server().port(0).start()) {
            OpenAIClient reader = OpenAIOkHttpClient.builder()
                    .baseUrl("http://localhost:" + other.port() + "/v1")
                    .apiKey("none")
                    .maxRetries(0)
                    .build();
            String id;
            try (StreamResponse<ResponseStreamEvent> response = reader.responses()
                    .createStreaming(ResponseCreateParams.builder()
                            .model("count")
                            .input("2")
                            .build())) {
                id = response.stream().toList().get(0).asCreated().response().id();
            }
            await().untilAsserted(() -> assertThatExceptionOfType(NotFoundException.class)
                    .isThrownBy(() -> reader.responses().cancel(id)));
            reader.close();
        }
    }

    @Test
    void theSdkForJavaScriptResumesAndCancels() throws Exception {
        steps.release(2); // one for each answer that is read to its end
        try (NodeProgram program = NodeProgram.start("responses.mjs", url())) {
            JsonNode read = new ObjectMapper().readTree(program.nextLine());
            assertThat(read.at("/begun/tokens").toString()).isEqualTo("[\"1 \",\"2 \",\"3 \"]");
            assertThat(read.at("/rest/tokens").toString()).isEqualTo("[\"4 \",\"5 \",\"6 \"]");
            assertThat(read.at("/rest/types").toString()).isEqualTo("[\"response.completed\"]");
            assertThat(read.get("whole").asText()).isEqualTo("1 2 3 4 ");
            assertThat(read.get("status").asText()).isEqualTo("cancelled");
            assertThat(read.at("/cancelled/types").toString()).endsWith("\"response.incomplete\"]");
        }
        assertThat(interrupted.getCount()).isZero();
        awaitNoClient();
    }
}
