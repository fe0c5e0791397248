package io.sluice.sse.netty;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.sluice.sse.Event;
import io.sluice.sse.hub.Hub;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Requests that a client sends on one connection before the responses to earlier ones (RFC 9112, section 9.3.2). */
class PipelinedRequestsTest {

    private final Hub hub = Hub.create();
    private final LateRoute late = new LateRoute();
    private final AtomicInteger hellos = new AtomicInteger();

    @AfterEach
    void closeTheHub() {
        hub.close();
    }

    @ParameterizedTest
    @CsvSource({"GET, GET, true", "QUERY, GET, true", "POST, POST, false", "POST, GET, false", "DELETE, PUT, false"})
    void aRequestThatChangesSomethingIsFinishedFirst(String first, String second, boolean together) throws Exception {
        CompletableFuture<RouteResponse> slow = new CompletableFuture<>();
        List<String> begun = new CopyOnWriteArrayList<>();
        try (SseServer server = SseServer.builder()
                .port(0)
                .route(first, "/slow", request -> {
                    begun.add("slow");
                    return slow;
                })
                .route(second, "/fast", request -> {
                    begun.add("fast");
                    return RouteResponse.of(200, "text/plain", "fast").completed();
                })
                .start()) {
            RawClient client =
                    RawClient.connect(server.port()).send(request(first, "/slow") + request(second, "/fast"));
            await().until(() -> begun.contains("slow"));
            if (together) {
                await().until(() -> begun.contains("fast"));
            } else {
                // The server has read both requests at once, so a later request proves that it has begun what it may.
                RawClient.connect(server.port())
                        .send(request(second, "/fast"))
                        .awaitHead()
                        .close();
                assertThat(begun).containsExactly("slow", "fast");
            }
            slow.complete(RouteResponse.of(200, "text/plain", "slow"));
            assertThat(client.awaitHead().response().status()).isEqualTo(200);
            client.nextResponse();
            assertThat(client.awaitHead().response().status()).isEqualTo(200);
            assertThat(begun).hasSize(together ? 2 : 3);
            client.close();
        }
    }

    private static String request(String method, String path) {
        return method + " " + path + " HTTP/1.1\r\nHost: localhost\r\nContent-Length: 0\r\n\r\n";
    }

    // ---- with an asynchronous stream route

    private SseServerBuilder server(Transport transport) {
        return TestServers.on(transport)
                .hub(hub)
                .streams("/later/**", late.route())
                .route("GET", "/hello", request -> {
                    hellos.incrementAndGet();
                    return RouteResponse.of(200, "text/plain", "hello " + request.query("n"))
                            .completed();
                });
    }

    private static String get(String target) {
        return "GET " + target + " HTTP/1.1\r\nHost: localhost\r\n\r\n";
    }

    private static void assertNext(RawClient client, int status, String body) {
        assertThat(client.awaitResponse(RawClient.PATIENCE)).isTrue();
        assertThat(client.stream().status()).isEqualTo(status);
        assertThat(client.stream().body()).contains(body);
        client.nextResponse();
    }

    @OverEachTransport
    void responsesAroundALateRejectionStayInOrder(Transport transport) throws Exception {
        try (SseServer server = server(transport).start();
                RawClient client = RawClient.connect(server.port())) {
            client.send(get("/hello?n=1") + get("/later/a") + get("/hello?n=2") + get("/later/b") + get("/hello?n=3"));
            LateRoute.Asked first = late.next();
            assertNext(client, 200, "hello 1");
            assertThat(late.isAsked()).as("before the first decision").isFalse();
            first.fail(HttpStatusException.of(410, "a is gone"));
            assertNext(client, 410, "a is gone");
            assertNext(client, 200, "hello 2");
            late.next().fail(HttpStatusException.of(409, "b has changed"));
            assertNext(client, 409, "b has changed");
            assertNext(client, 200, "hello 3");
            client.close();
            TestServers.awaitNothingOwned(hub);
            assertThat(server.streams().permits().acquired()).isZero();
        }
    }

    @OverEachTransport
    void aLateStreamComesAfterALateResponseAndTakesTheConnection(Transport transport) throws Exception {
        CompletableFuture<RouteResponse> slow = new CompletableFuture<>();
        try (SseServer server =
                        server(transport).route("GET", "/slow", request -> slow).start();
                RawClient client = RawClient.connect(server.port())) {
            client.send(get("/hello?n=1") + get("/slow") + get("/later/a") + get("/hello?n=2"));
            assertNext(client, 200, "hello 1");
            assertThat(late.isAsked())
                    .as("before the response that precedes it")
                    .isFalse();
            slow.complete(RouteResponse.of(200, "text/plain", "slow"));
            assertNext(client, 200, "slow");
            late.next().open();
            client.awaitStream();
            hub.publish("a", Event.of("1"));
            client.awaitEvents(1);
            assertThat(client.stream().data()).containsExactly("1");
            assertThat(hellos).as("requests after a stream get no response").hasValue(1);
            client.close();
            TestServers.awaitNothingOwned(hub);
            assertThat(server.streams().permits().acquired()).isZero();
        }
    }
}
