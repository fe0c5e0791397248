package io.sluice.sse.netty;

import static org.assertj.core.api.Assertions.assertThat;

import io.sluice.sse.Event;
import java.io.IOException;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Timeout;

/** {@code Expect}: the server asks for a body, responds at once if there is none, and rejects unknown expectations. */
@Timeout(60)
class ExpectationTest {

    private static final String EXPECT = "Expect: 100-continue\r\n";

    private static SseServer start(Transport transport) throws IOException {
        return TestServers.on(transport)
                .maxBodyBytes(20)
                .route(
                        "POST",
                        "/echo",
                        request -> RouteResponse.of(200, "text/plain", request.body())
                                .completed())
                .start();
    }

    private static String post(String version, String headers) {
        return "POST /echo " + version + "\r\nHost: localhost\r\n" + headers + "\r\n";
    }

    @OverEachTransport
    void aStreamRequestGetsItsResponseAtOnce(Transport transport) throws IOException {
        try (SseServer server = start(transport);
                RawClient client = RawClient.open(server.port(), "/events/a", "Expect: 100-continue")) {
            assertThat(client.stream().interimResponses()).isZero();
            assertThat(client.stream().status()).isEqualTo(200);
            server.hub().publish("a", Event.of("hello"));
            client.awaitEvents(1);
        }
    }

    @OverEachTransport
    void theServerAsksForABodyUnlessItIsTooLarge(Transport transport) throws IOException {
        try (SseServer server = start(transport);
                RawClient client = RawClient.connect(server.port())) {
            for (String headers : new String[] {"Content-Length: 5\r\n", "Transfer-Encoding: chunked\r\n"}) {
                client.send(post("HTTP/1.1", EXPECT + headers));
                client.await(() -> client.stream().interimResponses() == 1, "100");
                client.send(headers.startsWith("C") ? "hello" : "5\r\nhello\r\n0\r\n\r\n");
                client.await(client.stream()::hasEnded, "the response");
                assertThat(client.stream().status()).isEqualTo(200);
                assertThat(client.stream().body()).isEqualTo("hello");
                client.nextResponse();
            }
            client.send(post("HTTP/1.1", EXPECT + "Content-Length: 21\r\n"));
            assertThat(client.awaitEnd(RawClient.PATIENCE)).isTrue();
            assertThat(client.stream().interimResponses()).isZero();
            assertThat(client.stream().status()).isEqualTo(413);
        }
    }

    @OverEachTransport
    void anUnknownExpectationIsRejected(Transport transport) throws IOException {
        try (SseServer server = start(transport)) {
            for (String request : new String[] {
                "GET /events/a HTTP/1.1\r\nHost: localhost\r\nExpect: a-miracle\r\n\r\n",
                post("HTTP/1.1", "Expect: a-miracle\r\nContent-Length: 5\r\n")
            }) {
                try (RawClient client = RawClient.connect(server.port()).send(request)) {
                    assertThat(client.awaitEnd(RawClient.PATIENCE)).isTrue();
                    assertThat(client.stream().status()).isEqualTo(417);
                    assertThat(client.stream().header("content-type")).isEqualTo("application/problem+json");
                    assertThat(client.stream().body()).contains("expectation");
                }
            }
            assertThat(server.hub().stats().opened()).isZero();
        }
    }

    /** RFC 9110, section 10.1.1: a client that speaks HTTP/1.0 does not know what 100 is. */
    @OverEachTransport
    void anHttp10ClientGetsNo100Continue(Transport transport) throws IOException {
        try (SseServer server = start(transport);
                RawClient client = RawClient.connect(server.port())) {
            client.send(post("HTTP/1.0", EXPECT + "Content-Length: 5\r\n") + "hello");
            client.await(client.stream()::hasEnded, "the response");
            assertThat(client.stream().interimResponses()).isZero();
            assertThat(client.stream().body()).isEqualTo("hello");
        }
    }

    /** A client that was asked for a body gets a response with a body, whatever it requests meanwhile. */
    @OverEachTransport
    void aResponseKeepsItsBodyAlthoughAHeadRequestFollows(Transport transport) throws IOException {
        CompletableFuture<RouteResponse> slow = new CompletableFuture<>();
        try (SseServer server = TestServers.on(transport)
                        .route("QUERY", "/slow", request -> slow)
                        .route("GET", "/next", request -> {
                            slow.complete(RouteResponse.of(200, "text/plain", "slow"));
                            return RouteResponse.of(200, "text/plain", "next").completed();
                        })
                        .start();
                RawClient client = RawClient.connect(server.port())) {
            client.send("QUERY /slow HTTP/1.1\r\nHost: localhost\r\nContent-Length: 5\r\n" + EXPECT + "\r\nhello"
                    + "HEAD /next HTTP/1.1\r\nHost: localhost\r\n\r\n");
            client.await(client.stream()::hasEnded, "the response");
            assertThat(client.stream().body()).isEqualTo("slow");
        }
    }
}
