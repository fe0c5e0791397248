package io.sluice.sse.examples.recipes;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.openai.client.OpenAIClient;
import io.sluice.sse.CloseReason;
import io.sluice.sse.Event;
import io.sluice.sse.Ledger;
import io.sluice.sse.examples.NodeProgram;
import io.sluice.sse.examples.server.Browser;
import io.sluice.sse.hub.Hub;
import io.sluice.sse.netty.SseServer;
import io.sluice.sse.netty.SseServerBuilder;
import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.UnaryOperator;
import java.util.stream.IntStream;
import org.awaitility.Awaitility;
import org.awaitility.core.ConditionFactory;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.openqa.selenium.By;
import org.openqa.selenium.chrome.ChromeDriver;

/** The recipes of docs/recipes.md in Chromium, with the real client libraries. */
@Timeout(240)
class RecipesTest {

    private static final Path DOCUMENT = Path.of("../docs/recipes.md");

    private static ChromeDriver browser;
    private static Path libraries;

    private SseServer server;

    @BeforeAll
    static void open(@TempDir Path profile) throws Exception {
        libraries = NodeProgram.libraries();
        browser = Browser.open(profile);
    }

    @AfterAll
    static void close() {
        if (browser != null) {
            browser.quit();
        }
    }

    @AfterEach
    void stop() {
        browser.get("about:blank");
        if (server != null) {
            server.close();
        }
    }

    /** Makes the server of a recipe. */
    private interface Recipe {
        SseServerBuilder server() throws IOException;
    }

    /** Starts the server of a recipe, on a free port, or on the port that an earlier one had. */
    private void start(Recipe recipe) throws IOException {
        int port = server == null ? 0 : server.port();
        server = recipe.server()
                .port(port)
                .retry(Duration.ofMillis(150))
                .drain(Duration.ZERO) // Datastar gives up if it returns during the drain and gets a 503
                .start();
    }

    @Test
    void theDocumentNamesTheTestedVersions() throws Exception {
        String document = Files.readString(DOCUMENT);
        JsonNode tested = new ObjectMapper()
                .readTree(Path.of("src/test/node/package.json").toFile())
                .get("dependencies");
        tested.properties().forEach(library -> {
            String version = library.getValue().asText();
            switch (library.getKey()) {
                case "eventsource-parser" -> {} // of another test
                case "openai" -> assertThat(document).contains("OpenAI SDK for JavaScript " + version);
                case "@modelcontextprotocol/sdk" -> assertThat(document).contains("MCP SDK for TypeScript " + version);
                default -> assertThat(document).contains(library.getKey() + "@" + version);
            }
        });
        assertThat(document)
                .contains(
                        "OpenAI SDK for Java " + OpenAIClient.class.getPackage().getImplementationVersion());
    }

    @Test
    void aPlainPageHasNoHoleBetweenItAndItsStream() throws Exception {
        try (Hub hub = Hub.create()) {
            Bids bids = new Bids(hub, UnaryOperator.identity());
            keepsItsList(hub, bids, () -> PlainPage.server(hub, bids), "/", "source.readyState === 2");
        }
    }

    @Test
    void aBidThatArrivesWhileThePageIsLoadedIsShownOnce() throws Exception {
        try (Hub hub = Hub.create()) {
            Bids bids = new Bids(hub, UnaryOperator.identity());
            start(() -> PlainPage.server(hub, bids));
            for (int round = 0; round < 2; round++) {
                CountDownLatch begun = new CountDownLatch(1);
                Thread bidder = new Thread(() -> {
                    for (int i = 0; i < 500 && !Thread.interrupted(); i++) {
                        bids.add("bid");
                        begun.countDown();
                        Thread.onSpinWait();
                    }
                });
                bidder.start();
                begun.await();
                browser.get(server.uri() + "/");
                bidder.interrupt();
                bidder.join();
                bids.add("last of round " + round);
                String last = "last of round " + round;
                patiently()
                        .until(
                                () -> browser.executeScript(
                                        "return document.querySelector('#bids').lastChild.textContent"),
                                last::equals);
                List<?> ids = (List<?>)
                        browser.executeScript("return [...document.querySelectorAll('#bids li')].map(bid => bid.id)");
                assertThat(ids)
                        .isEqualTo(IntStream.range(0, ids.size())
                                .mapToObj(i -> "bid-" + i)
                                .toList());
            }
        }
    }

    @Test
    void htmx2() throws Exception {
        try (Hub hub = Hub.create()) {
            Bids bids = new Bids(hub, UnaryOperator.identity());
            keepsItsList(hub, bids, () -> HtmxFeed.server(hub, bids, libraries), "/htmx2", listener("htmx:sseClose"));
        }
    }

    @Test
    void htmx4() throws Exception {
        try (Hub hub = Hub.create()) {
            Bids bids = new Bids(hub, UnaryOperator.identity());
            keepsItsList(hub, bids, () -> HtmxFeed.server(hub, bids, libraries), "/htmx4", listener("htmx:sse:close"));
        }
    }

    @Test
    void turbo() throws Exception {
        try (Hub hub = Hub.create()) {
            Bids bids = new Bids(hub, TurboFeed::append);
            keepsItsList(
                    hub,
                    bids,
                    () -> TurboFeed.server(hub, bids, libraries),
                    "/",
                    "document.querySelector('turbo-stream-source').streamSource.readyState === 2");
        }
    }

    private static String listener(String event) {
        return "(window.heard ??= (document.addEventListener('" + event + "', () => window.over = true), true))"
                + " && window.over === true";
    }

    /**
     * The page of the bids shows each bid once and in order: those before it was loaded, live ones, those of its form,
     * those during a restart of the server, and those that its topic has lost. After the end its client stays away.
     */
    private void keepsItsList(Hub hub, Bids bids, Recipe recipe, String path, String over) throws Exception {
        start(recipe);
        bids.add("before <b>");
        browser.get(server.uri() + path);
        awaitStream(hub, Bids.TOPIC);
        bids.add("live");
        awaitBids("before <b>", "live");
        browser.findElement(By.name("amount")).sendKeys("form & co");
        browser.findElement(By.tagName("button")).click();
        awaitBids("before <b>", "live", "form & co");

        server.close();
        bids.add("away");
        start(recipe);
        awaitBids("before <b>", "live", "form & co", "away");

        server.close();
        bids.add("lost");
        hub.remove(Bids.TOPIC).toCompletableFuture().join();
        start(recipe);
        awaitBids("before <b>", "live", "form & co", "away", "lost");
        awaitStream(hub, Bids.TOPIC);

        assertThat(browser.executeScript("return " + over)).isEqualTo(false);
        bids.close();
        awaitBids("before <b>", "live", "form & co", "away", "lost", "Sold");
        patiently().until(() -> browser.executeScript("return " + over), Boolean.TRUE::equals);
        patiently().until(() -> hub.ledger().counts().get(Ledger.Kind.SINKS) == 0);
    }

    /** Each step of a test waits, so a short interval makes the test fast. */
    private static ConditionFactory patiently() {
        return Awaitility.await()
                .atMost(Duration.ofSeconds(40))
                .pollDelay(Duration.ZERO)
                .pollInterval(Duration.ofMillis(25));
    }

    private static void awaitStream(Hub hub, String topic) {
        patiently().until(() -> hub.subscribers(topic) == 1);
    }

    private static void awaitBids(String... expected) {
        patiently()
                .untilAsserted(() -> assertThat(browser.executeScript(
                                "return [...document.querySelectorAll('#bids li')].map(bid => bid.textContent)"))
                        .isEqualTo(List.of(expected)));
    }

    @Test
    void datastar() throws Exception {
        try (Hub hub = DatastarBoard.hub()) {
            DatastarBoard board = new DatastarBoard(hub);
            start(() -> board.server(libraries));
            browser.get(server.uri() + "/");
            awaitSeats(100);
            board.book();
            awaitSeats(99);
            browser.findElement(By.tagName("button")).click();
            awaitSeats(98);
            for (int i = 0; i < 12; i++) { // its own default is to give up after ten errors
                closeStreams(hub);
                board.book();
                awaitSeats(97 - i);
            }
            server.close();
            board.book();
            start(() -> board.server(libraries));
            awaitSeats(85);
        }
    }

    private static void awaitSeats(int free) {
        patiently().until(() -> browser.findElement(By.id("board")).getText(), (free + " seats are free")::equals);
    }

    private static void closeStreams(Hub hub) {
        hub.sinks(null, 10)
                .toCompletableFuture()
                .join()
                .forEach(info -> info.sink().close(CloseReason.CLOSED_BY_APPLICATION));
    }

    /** A model whose tokens come from the test. An empty one ends the answer. */
    private final BlockingQueue<String> tokens = new LinkedBlockingQueue<>();

    private final List<String> prompts = new ArrayList<>();

    private void answer(String prompt, LanguageModel.Tokens answer) throws InterruptedException {
        prompts.add(prompt);
        for (String token = tokens.take(); !token.isEmpty(); token = tokens.take()) {
            if (token.equals("failure")) {
                throw new IllegalStateException("the model is broken, on purpose");
            }
            answer.next(token);
        }
    }

    @Test
    void fetchEventSource() throws Exception {
        try (Hub hub = TokenStream.hub();
                TokenStream answers = new TokenStream(hub, this::answer, Duration.ofHours(1))) {
            start(() -> answers.server(libraries));
            browser.get(server.uri() + "/");
            ask("why?");
            tokens.addAll(List.of("Be", "cause", " of\n"));
            awaitAnswer("Because of");
            closeStreams(hub);
            tokens.addAll(List.of("the", " tide"));
            awaitAnswer("Because of the tide");
            server.close();
            tokens.add("s");
            start(() -> answers.server(libraries));
            awaitAnswer("Because of the tides");
            tokens.addAll(List.of(".", ""));
            awaitState("done");
            awaitAnswer("Because of the tides.");

            ask("and now?");
            tokens.add("Well");
            awaitAnswer("Well");
            browser.findElement(By.id("stop")).click();
            awaitState("cancelled");
            patiently().until(() -> !browser.findElement(By.id("stop")).isEnabled());

            ask("and then?");
            tokens.add("failure");
            awaitState("failed");
            assertThat(prompts).containsExactly("why?", "and now?", "and then?");
            patiently().until(() -> hub.ledger().counts().get(Ledger.Kind.SINKS) == 0);
        }
    }

    /** Its client would wait for ever, once the hub has forgotten the topic. */
    @Test
    void anAnswerIsForgottenSomeTimeAfterItsEnd() throws Exception {
        try (Hub hub = TokenStream.hub();
                TokenStream answers = new TokenStream(hub, this::answer, Duration.ofMillis(20))) {
            start(() -> answers.server(libraries));
            tokens.addAll(List.of("Because", ""));
            HttpRequest.Builder request = HttpRequest.newBuilder(URI.create(server.uri() + "/answers/1"))
                    .timeout(Duration.ofSeconds(40))
                    .POST(HttpRequest.BodyPublishers.ofString("why?"));
            HttpClient client = HttpClient.newHttpClient();
            assertThat(client.send(request.build(), HttpResponse.BodyHandlers.ofString())
                            .body())
                    .contains("Because");
            HttpRequest later = request.header("last-event-id", hub.headId()).build();
            patiently()
                    .until(() -> client.send(later, HttpResponse.BodyHandlers.ofString())
                                    .statusCode()
                            == 410);
        }
    }

    /** Each running answer has a thread, which goes on after its client has left. */
    @Test
    void tooManyRunningAnswersAreAStatusUntilOneIsCancelled() throws Exception {
        try (Hub hub = TokenStream.hub();
                TokenStream answers = new TokenStream(hub, this::answer, Duration.ofHours(1))) {
            start(() -> answers.server(libraries));
            HttpClient client = HttpClient.newHttpClient();
            for (int i = 0; i < TokenStream.MAX_RUNNING; i++) {
                assertThat(statusOf(client, prompt(i))).isEqualTo(200);
            }
            HttpRequest.Builder next = prompt(TokenStream.MAX_RUNNING);
            HttpResponse<String> full = client.send(next.build(), HttpResponse.BodyHandlers.ofString());
            assertThat(full.statusCode()).isEqualTo(503);
            assertThat(full.headers().firstValue("retry-after")).isPresent();
            assertThat(statusOf(client, prompt(0).DELETE())).isEqualTo(204);
            patiently().until(() -> statusOf(client, next) == 200);
        }
    }

    /** Without a topic the model would run for nobody, and its client would wait. */
    @Test
    void anAnswerThatTheHubHasNoRoomForDoesNotBegin() throws Exception {
        AtomicInteger asked = new AtomicInteger();
        LanguageModel counting = (prompt, token) -> asked.incrementAndGet();
        try (Hub hub = Hub.builder().maxTopics(1).build();
                TokenStream answers = new TokenStream(hub, counting, Duration.ofHours(1))) {
            hub.publish("other", Event.of("takes the only place"));
            start(() -> answers.server(libraries));
            HttpClient client = HttpClient.newHttpClient();
            assertThat(statusOf(client, prompt(1))).isEqualTo(503);
            assertThat(asked).hasValue(0);
            hub.remove("other");
            assertThat(statusOf(client, prompt(1))).isEqualTo(200);
            patiently().until(() -> asked.get() == 1);
        }
    }

    private HttpRequest.Builder prompt(int id) {
        return HttpRequest.newBuilder(URI.create(server.uri() + "/answers/" + id))
                .timeout(Duration.ofSeconds(40))
                .POST(HttpRequest.BodyPublishers.ofString("why?"));
    }

    /** Leaves without reading the body. */
    private static int statusOf(HttpClient client, HttpRequest.Builder request) throws Exception {
        HttpResponse<InputStream> response = client.send(request.build(), HttpResponse.BodyHandlers.ofInputStream());
        response.body().close();
        return response.statusCode();
    }

    private static void ask(String prompt) {
        browser.findElement(By.name("prompt")).clear();
        browser.findElement(By.name("prompt")).sendKeys(prompt);
        browser.findElement(By.tagName("button")).click();
    }

    private static void awaitAnswer(String text) {
        patiently().until(() -> browser.findElement(By.id("answer")).getText(), text::equals);
    }

    private static void awaitState(String state) {
        patiently().until(() -> browser.findElement(By.id("state")).getText(), state::equals);
    }
}
