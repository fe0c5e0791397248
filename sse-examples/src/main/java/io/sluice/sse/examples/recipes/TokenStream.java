package io.sluice.sse.examples.recipes;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
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
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Answers of a language model, read with {@code fetch-event-source}: the client posts a prompt and reads tokens. Each
 * answer is a topic that ends, so the model goes on while its client is away. The client resumes where it was, and may
 * cancel. Start the program with the folder {@code node_modules}, and open {@code http://127.0.0.1:8080}.
 */
public final class TokenStream implements AutoCloseable {

    private static final Logger LOGGER = LoggerFactory.getLogger(TokenStream.class);

    private static final int MAX_ANSWERS = 10_000;
    static final int MAX_RUNNING = 100;
    /** How long an answer can be read after its end. */
    private static final Duration KEPT = Duration.ofHours(1);

    private final Hub hub;
    private final LanguageModel model;
    private final Duration kept;

    /** A running answer goes on when its client leaves, so the bound on streams does not bound them. */
    private final Semaphore room = new Semaphore(MAX_RUNNING);

    /** The newest answers by topic, each with its thread while it runs. The lock of this object guards them. */
    private final Map<String, Optional<Thread>> answers = NewestWork.map(MAX_ANSWERS, Optional::isEmpty);

    TokenStream(Hub hub, LanguageModel model, Duration kept) {
        this.hub = hub;
        this.model = model;
        this.kept = kept;
    }

    /** Serves until the process is killed. @param args optionally the folder into which npm has installed */
    public static void main(String[] args) throws Exception {
        try (Hub hub = hub();
                TokenStream answers = new TokenStream(hub, LanguageModel.echo(), KEPT);
                SseServer server = answers.server(RecipeFiles.nodeModules(args)).start()) {
            System.out.println("open " + server.uri());
            server.awaitTermination();
        }
    }

    /** The topic of an answer outlives it, with up to 20,000 tokens. A client of a forgotten topic would wait. */
    static Hub hub() {
        return Hub.builder()
                .topics("answers/*", topic -> topic.historyEvents(20_000).historyAge(KEPT.plusMinutes(1)))
                .build();
    }

    SseServerBuilder server(Path nodeModules) throws IOException {
        RouteResponse page = RecipeFiles.html(RecipeFiles.page("tokens.html"));
        String library = "@microsoft/fetch-event-source/lib/esm/";
        return SseServer.builder()
                .hub(hub)
                .streams("/answers/**", this::open, "POST")
                .route("DELETE", "/answers/**", request -> {
                    cancel(topic(request));
                    return RouteResponse.empty(204).completed();
                })
                .route("GET", "/", request -> page.completed())
                // The modules of the library import each other without the ending of the file.
                .route("GET", "/lib/fes/index", RecipeFiles.script(nodeModules, library + "index.js"))
                .route("GET", "/lib/fes/fetch", RecipeFiles.script(nodeModules, library + "fetch.js"))
                .route("GET", "/lib/fes/parse", RecipeFiles.script(nodeModules, library + "parse.js"));
    }

    private static String topic(SseRequest request) {
        return request.topic("answers/" + request.subPath());
    }

    /**
     * The client chooses the id of the answer. So a request that is sent again, with or without an id of an event,
     * joins the answer and does not begin another one.
     */
    private SseStream open(SseRequest request) {
        String topic = topic(request);
        String id = request.lastEventId();
        begin(topic, request.bodyText(), id != null);
        StartPosition start = id == null ? StartPosition.replay(StartPosition.MAX_REPLAY) : StartPosition.after(id);
        return SseStream.of(Selector.of(topic), start).cutToResume(); // the library resumes after an error only
    }

    private synchronized void begin(String topic, String prompt, boolean resumed) {
        if (answers.containsKey(topic)) {
            return;
        }
        if (resumed) {
            throw HttpStatusException.of(410, "the answer is no longer known");
        }
        if (!room.tryAcquire()) {
            throw HttpStatusException.retryable(503, "too many answers are running", Duration.ofSeconds(1));
        }
        try {
            publish(topic, ""); // makes the topic, or rejects the request before the model works for nobody
            Thread worker = new Thread(() -> work(topic, prompt), topic);
            worker.setDaemon(true);
            answers.put(topic, Optional.of(worker));
            worker.start(); // under the lock: a cancel interrupts a thread that has started
        } catch (RuntimeException | Error e) { // for example, there is no memory for a thread
            answers.remove(topic);
            room.release();
            throw e;
        }
    }

    /** Whatever the model does, the topic ends: its clients would wait for ever otherwise. */
    private void work(String topic, String prompt) {
        String last = "failed";
        try {
            model.answer(prompt, token -> publish(topic, token));
            last = "done";
        } catch (InterruptedException e) {
            last = "cancelled";
        } catch (RuntimeException e) {
            LOGGER.warn("the model has failed in the answer of {}", topic, e);
        } finally {
            finished(topic); // before the end: a cancel after the end has no effect
            room.release();
            hub.end(topic, Event.of(last, "{}"));
            CompletableFuture.delayedExecutor(kept.toMillis(), TimeUnit.MILLISECONDS)
                    .execute(() -> forget(topic));
        }
    }

    private void publish(String topic, String token) {
        if (hub.publish(topic, Event.of(json(token))).toCompletableFuture().isCompletedExceptionally()) {
            throw HttpStatusException.retryable(503, "the hub takes no event of the answer", Duration.ofSeconds(1));
        }
    }

    /** Keeps the topic, so that a client that returns does not begin the answer again, but not the prompt. */
    private synchronized void finished(String topic) {
        answers.replace(topic, Optional.empty());
    }

    private synchronized void forget(String topic) {
        answers.remove(topic);
    }

    /** A token may contain line breaks, and blanks at its ends. As JSON it is one line that no client changes. */
    private static String json(String token) {
        return JsonNodeFactory.instance.textNode(token).toString();
    }

    private synchronized void cancel(String topic) {
        Optional<Thread> answer = answers.get(topic);
        if (answer != null) {
            answer.ifPresent(Thread::interrupt);
        }
    }

    @Override
    public synchronized void close() {
        answers.values().forEach(answer -> answer.ifPresent(Thread::interrupt));
    }
}
