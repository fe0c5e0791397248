package io.sluice.sse.netty;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.read.ListAppender;
import io.netty.util.concurrent.EventExecutor;
import io.sluice.sse.Event;
import io.sluice.sse.hub.Hub;
import io.sluice.sse.topic.AccessRules;
import java.io.IOException;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.function.BiConsumer;
import java.util.function.Consumer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.slf4j.LoggerFactory;

/** Asynchronous stream routes of a server. {@link AsyncHandlerTest} is about those of a foreign pipeline. */
@Timeout(120)
class AsyncRouteTest {

    private final Hub hub = Hub.create();
    private final LateRoute late = new LateRoute();

    @AfterEach
    void closeTheHub() {
        hub.close();
    }

    private SseServerBuilder server(Transport transport, ClientProtocol protocol) {
        return protocol.on(transport).hub(hub).streams("/later/**", late.route(), "GET", "POST", "QUERY");
    }

    /** A client that has left, or was rejected, has given everything back. */
    private void assertNothingIsLeft(SseServer server) {
        await("the permits")
                .untilAsserted(
                        () -> assertThat(server.streams().permits().acquired()).isZero());
        TestServers.awaitNothingOwned(hub);
    }

    // ---- a stream

    @OverEachProtocol
    void aStageThatCompletesOnAnotherThreadOpensTheStream(Transport transport, ClientProtocol protocol)
            throws Exception {
        try (SseServer server = server(transport, protocol).start()) {
            for (String method : List.of("GET", "POST", "QUERY")) {
                StreamClient client = method.equals("GET")
                        ? protocol.get(server, "/later/news")
                        : protocol.send(server, method, "/later/any", "news");
                LateRoute.Asked asked = late.next();
                assertThat(asked.request().method()).isEqualTo(method);
                assertThat(server.streams().permits().acquired()).isEqualTo(1);
                hub.publish("news", Event.of("before the decision"));
                asked.open(); // on this thread, which is not the event loop
                client.awaitStream();
                hub.publish("news", Event.of(method));
                client.awaitEvents(1);
                assertThat(client.stream().data()).containsExactly(method);
                client.close();
                assertNothingIsLeft(server);
            }
        }
    }

    @ParameterizedTest
    @EnumSource(names = {"H1", "H2"})
    void aHeadRequestGetsTheHeadersOfTheStream(ClientProtocol protocol) throws Exception {
        try (SseServer server = server(Transport.NIO, protocol).start();
                StreamClient client = protocol.request(server, "HEAD", "/later/news")) {
            late.next().stage().complete(LateRoute.streamOf("news").header("x-more", "1"));
            client.awaitHead();
            assertThat(client.stream().isEventStream()).isTrue();
            assertThat(client.stream().header("x-more")).isEqualTo("1");
            assertThat(hub.stats().opened()).isZero();
            client.close();
            assertNothingIsLeft(server);
        }
    }

    @ParameterizedTest
    @EnumSource(names = {"H1", "H2"})
    void routesAroundItSeeItsStream(ClientProtocol protocol) throws Exception {
        StreamRoute withHeader = late.route().with((request, stream) -> stream.header("x-more", request.subPath()));
        StreamRoute rejecting = late.route().with((request, stream) -> {
            throw HttpStatusException.of(402, "payment is missing");
        });
        AccessRules rules = AccessRules.builder().allow("public/**").build();
        try (SseServer server = server(Transport.NIO, protocol)
                .streams("/with/**", withHeader.with((request, stream) -> stream.withoutRetry()))
                .streams("/rejecting/**", rejecting)
                .streams("/rules/**", late.route().allowing(rules))
                .start()) {
            try (StreamClient client = protocol.get(server, "/with/a")) {
                late.next().open();
                client.awaitHead();
                assertThat(client.stream().header("x-more")).isEqualTo("a");
                await().until(() -> hub.subscribers("a") == 1);
                hub.publish("a", Event.of("1"));
                client.awaitEvents(1);
                assertThat(client.stream().retries).isEmpty();
            }
            try (StreamClient client = protocol.get(server, "/rejecting/a")) {
                late.next().open();
                client.awaitHead();
                assertThat(client.stream().status()).isEqualTo(402);
            }
            try (StreamClient client = protocol.get(server, "/rules/secret")) {
                late.next().open();
                client.awaitHead();
                assertThat(client.stream().status()).isEqualTo(403);
            }
            try (StreamClient client = protocol.get(server, "/rules/public/a")) {
                late.next().open();
                client.awaitStream();
            }
            assertNothingIsLeft(server);
            assertThat(hub.stats().opened()).isEqualTo(2);
        }
    }

    @Test
    void aRequestOverHttp2WaitsForNoOther() throws Exception {
        try (SseServer server = server(Transport.NIO, ClientProtocol.H2).start();
                Http2Client client = Http2Client.connect(server.port())) {
            int first = client.get("/later/a");
            LateRoute.Asked askedFirst = late.next();
            int second = client.get("/later/b");
            late.next().open();
            client.await(() -> client.stream(second).status() == 200, "the head of the second stream");
            assertThat(client.stream(first).response.hasHead()).isFalse();
            askedFirst.open();
            client.await(() -> client.stream(first).status() == 200, "the head of the first stream");
            hub.publish("a", Event.of("1"));
            client.awaitEvents(first, 1);
            assertThat(client.stream(first).data()).containsExactly("1");
            client.close();
            assertNothingIsLeft(server);
        }
    }

    // ---- other outcomes

    @ParameterizedTest
    @EnumSource(names = {"H1", "H2"})
    void eachFailureOfAStageIsClear(ClientProtocol protocol) throws Exception {
        Map<Consumer<LateRoute.Asked>, Integer> statuses = new LinkedHashMap<>();
        statuses.put(asked -> asked.fail(HttpStatusException.of(409, "not now")), 409);
        statuses.put(asked -> asked.fail(HttpStatusException.retryable(503, "busy", Duration.ofSeconds(2))), 503);
        statuses.put(asked -> asked.fail(new IllegalStateException("secret")), 500);
        statuses.put(asked -> asked.stage().complete(null), 500);
        statuses.put(asked -> asked.fail(new StackOverflowError("secret")), 500);
        statuses.put(asked -> asked.stage().cancel(true), 500);
        Logger logger = (Logger) LoggerFactory.getLogger(RouteHandler.class);
        ListAppender<ILoggingEvent> lines = new ListAppender<>();
        lines.start();
        logger.addAppender(lines);
        logger.setAdditive(false);
        try (SseServer server = server(Transport.NIO, protocol).start()) {
            for (Map.Entry<Consumer<LateRoute.Asked>, Integer> outcome : statuses.entrySet()) {
                try (StreamClient client = protocol.get(server, "/later/a")) {
                    outcome.getKey().accept(late.next());
                    assertThat(client.awaitResponse(RawClient.PATIENCE)).isTrue();
                    assertThat(client.stream().status()).isEqualTo(outcome.getValue());
                    assertThat(client.stream().body()).doesNotContain("secret");
                }
            }
            assertThat(hub.stats().opened()).isZero();
            assertNothingIsLeft(server);
        } finally {
            logger.detachAppender(lines);
            logger.setAdditive(true);
        }
        assertThat(lines.list)
                .extracting(line -> line.getThrowableProxy().getClassName())
                .containsExactlyInAnyOrder(
                        "java.lang.IllegalStateException",
                        "java.lang.NullPointerException",
                        "java.lang.StackOverflowError",
                        "java.util.concurrent.CancellationException");
        assertThat(lines.list)
                .allSatisfy(line -> assertThat(line.getFormattedMessage())
                        .startsWith("the route of GET /later/a failed for a request from /127.0.0.1:"));
    }

    @Test
    void aRouteWithoutAStageFails() throws Exception {
        try (SseServer server = server(Transport.NIO, ClientProtocol.H1)
                .streams("/none", StreamRoute.async(request -> null))
                .streams("/throws", StreamRoute.async(request -> {
                    throw HttpStatusException.of(409, "not now");
                }))
                .start()) {
            assertThat(statusOf(server, "/none")).isEqualTo(500);
            assertThat(statusOf(server, "/throws")).isEqualTo(409);
            assertNothingIsLeft(server);
        }
    }

    private static int statusOf(SseServer server, String path) throws IOException {
        try (RawClient client = RawClient.connect(server.port()).get(path)) {
            return client.awaitHead().stream().status();
        }
    }

    /** A stage of another library, whose callback the test calls as often as it wants. */
    private static final class ForeignStage extends CompletableFuture<SseStream> {

        private final BlockingQueue<BiConsumer<? super SseStream, ? super Throwable>> callbacks =
                new LinkedBlockingQueue<>();

        @Override
        public CompletableFuture<SseStream> whenComplete(BiConsumer<? super SseStream, ? super Throwable> action) {
            callbacks.add(action);
            return this;
        }
    }

    @ParameterizedTest
    @EnumSource(names = {"H1", "H2"})
    void onlyTheFirstOutcomeCounts(ClientProtocol protocol) throws Exception {
        ForeignStage stage = new ForeignStage();
        try (SseServer server = server(Transport.NIO, protocol)
                        .streams("/twice", StreamRoute.async(request -> stage))
                        .start();
                StreamClient client = protocol.get(server, "/twice")) {
            BiConsumer<? super SseStream, ? super Throwable> callback = stage.callbacks.poll(30, TimeUnit.SECONDS);
            assertThat(callback).isNotNull();
            callback.accept(LateRoute.streamOf("first"), null);
            callback.accept(LateRoute.streamOf("second"), null);
            callback.accept(null, new IllegalStateException("after its success"));
            client.awaitStream();
            callback.accept(LateRoute.streamOf("third"), null);
            hub.publish("second", Event.of("2"));
            hub.publish("third", Event.of("3"));
            hub.publish("first", Event.of("1"));
            client.awaitEvents(1);
            assertThat(client.stream().data()).containsExactly("1");
            assertThat(hub.stats().opened()).isEqualTo(1);
            assertThat(server.streams().permits().acquired()).isEqualTo(1);
            client.close();
            assertNothingIsLeft(server);
        }
    }

    // ---- the client leaves, or the server closes

    @OverEachProtocol
    void aClientThatLeavesMeanwhileCostsNothing(Transport transport, ClientProtocol protocol) throws Exception {
        try (SseServer server = server(transport, protocol).maxStreams(1).start()) {
            for (boolean reset : new boolean[] {false, true}) {
                try (StreamClient client = protocol.send(server, "POST", "/later/any", "news")) {
                    LateRoute.Asked asked = late.next();
                    if (reset) {
                        client.reset();
                    } else {
                        client.leave();
                    }
                    await().untilAsserted(() ->
                            assertThat(server.streams().permits().acquired()).isZero());
                    asked.open();
                }
                assertNothingIsLeft(server);
            }
            assertThat(hub.stats().opened()).isZero();
            try (StreamClient client = protocol.get(server, "/later/a")) { // the only permit is free
                late.next().open();
                client.awaitStream();
            }
        }
    }

    /** Waits for the tasks of the event loops, and for those that they have added. */
    private static void awaitTasks(SseServer server) {
        for (int i = 0; i < 2; i++) {
            for (EventExecutor loop : server.loops()) {
                loop.submit(() -> {}).syncUninterruptibly();
            }
        }
    }

    /** The bound has room for one of the bodies. It is free again after each outcome. */
    @Test
    void theBodyCountsAsHeldUntilTheRouteHasDecided() throws Exception {
        String body = "x".repeat(1000);
        try (SseServer server = server(Transport.NIO, ClientProtocol.H1)
                .maxBufferedBytes(body.length())
                .start()) {
            for (String outcome : List.of("opens", "rejects", "the client leaves", "opens")) {
                try (StreamClient client = ClientProtocol.H1.send(server, "POST", "/later/any", body)) {
                    LateRoute.Asked asked = late.next();
                    awaitTasks(server); // the server holds the body after it has asked the route
                    try (StreamClient second = ClientProtocol.H1.send(server, "POST", "/later/any", body)) {
                        second.awaitHead();
                        assertThat(second.stream().status()).as(outcome).isEqualTo(503);
                    }
                    switch (outcome) {
                        case "opens" -> {
                            asked.open("news");
                            client.awaitStream();
                        }
                        case "rejects" -> {
                            asked.fail(HttpStatusException.of(409, "not now"));
                            client.awaitHead();
                        }
                        default -> client.leave();
                    }
                    await().untilAsserted(
                                    () -> assertThat(server.streams().permits().acquired())
                                            .isEqualTo(outcome.equals("opens") ? 1 : 0));
                }
                assertNothingIsLeft(server);
                awaitTasks(server); // a closed connection gives its body back in a task
            }
        }
    }

    @OverEachProtocol
    void theServerClosesAlthoughARouteNeverDecides(Transport transport, ClientProtocol protocol) throws Exception {
        SseServer server =
                server(transport, protocol).decisionTimeout(Duration.ZERO).start();
        try (server;
                StreamClient client = protocol.get(server, "/later/a")) {
            LateRoute.Asked asked = late.next();
            CompletableFuture.runAsync(server::close).get(20, TimeUnit.SECONDS);
            asked.open();
            assertThat(client.awaitEnd(RawClient.PATIENCE)).isTrue();
            assertNothingIsLeft(server);
            assertThat(hub.stats().opened()).isZero();
        }
    }
}
