package io.sluice.sse.netty;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.sluice.sse.Event;
import io.sluice.sse.Ledger;
import java.io.IOException;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;

/** The buffers of each connection are bounded, and so are those of all connections together. */
class BufferBudgetTest {

    private static final int BUDGET = 1_000;
    /** More than half of the budget has arrived, and 100 bytes are missing. */
    private static final String UNFINISHED =
            "POST /small HTTP/1.1\r\nHost: localhost\r\nContent-Length: 600\r\n\r\n" + "x".repeat(500);

    private final AtomicInteger routed = new AtomicInteger();

    private SseServer server(Transport transport) throws IOException {
        return TestServers.on(transport)
                .maxBufferedBytes(BUDGET)
                .threads(1) // so that the bytes of clients are handled in order
                .route("POST", "/echo", request -> {
                    routed.incrementAndGet();
                    return RouteResponse.of(200, "text/plain", new byte[5_000_000])
                            .completed();
                })
                .route("POST", "/small", request -> RouteResponse.empty(204).completed())
                .start();
    }

    private static int post(SseServer server, String head, int body) throws IOException {
        try (RawClient client = RawClient.connect(server.port())) {
            client.send(head).send(new byte[body]);
            return client.awaitHead().stream().status();
        }
    }

    private static int small(SseServer server) throws IOException {
        return post(server, "POST /small HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1\r\n\r\n", 1);
    }

    @OverEachTransport
    void unfinishedBodiesAreBoundedTogether(Transport transport) throws IOException {
        try (SseServer server = server(transport);
                RawClient healthy = RawClient.open(server.port(), "/events/a");
                RawClient first = RawClient.connect(server.port());
                RawClient second = RawClient.connect(server.port())) {
            first.send(UNFINISHED);
            second.send(UNFINISHED).awaitHead();
            assertThat(second.stream().status()).isEqualTo(503);
            assertThat(second.stream().header("retry-after")).isEqualTo("1");
            assertThat(second.awaitEnd(RawClient.PATIENCE)).isTrue();

            first.send("y".repeat(100)).awaitHead();
            assertThat(first.stream().status()).isEqualTo(204);
            try (RawClient third = RawClient.connect(server.port())) {
                third.send(UNFINISHED + "y".repeat(100)).awaitHead();
                assertThat(third.stream().status()).isEqualTo(204);
            }
            server.hub().publish("a", Event.of("unharmed"));
            healthy.awaitEvents(1);
        }
    }

    /** The client gets its 503 while the server holds the pieces of its body until the connection ends. */
    @OverEachTransport
    void piecesBeforeARejectedLineStillCount(Transport transport) throws IOException {
        String head = "POST /small HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n";
        try (SseServer server = server(transport);
                RawClient first = RawClient.connect(server.port());
                RawClient second = RawClient.connect(server.port())) {
            first.send(head + "1f4\r\n" + "x".repeat(500) + "\r\n1;" + "y".repeat(500))
                    .awaitHead();
            assertThat(first.stream().status()).isEqualTo(503);
            second.send(UNFINISHED).awaitHead();
            assertThat(second.stream().status()).isEqualTo(503);
            first.close();
            second.close();
            TestServers.awaitNothingOwned(server.hub());
            assertThat(small(server)).isEqualTo(204);
        }
    }

    /** Short headers cost more in objects than in bytes, so their number counts too. */
    @OverEachTransport
    void unfinishedHeadsAreBoundedTogether(Transport transport) throws IOException {
        for (String unfinished : List.of("a: " + "x".repeat(300), "a:\r\n", "a: b\r\nc: " + "x".repeat(100))) {
            String head = "POST /small HTTP/1.1\r\nHost: localhost\r\nContent-Length: 0\r\n" + unfinished;
            try (SseServer server = server(transport);
                    RawClient healthy = RawClient.open(server.port(), "/events/a");
                    RawClient first = RawClient.connect(server.port());
                    RawClient second = RawClient.connect(server.port())) {
                first.send(head);
                second.send(head).awaitHead();
                assertThat(second.stream().status()).isEqualTo(503);
                assertThat(second.stream().header("retry-after")).isEqualTo("1");
                second.send("and more"); // is dropped
                assertThat(second.awaitEnd(RawClient.PATIENCE)).isTrue();
                second.close(); // the server waits for seconds until a rejected client has closed, too
                assertThat(small(server)).as("a head that arrives at once").isEqualTo(204);

                first.send("\r\n\r\n").awaitHead();
                assertThat(first.stream().status()).isEqualTo(204);
                first.close();
                try (RawClient left = RawClient.connect(server.port()).send(head)) {
                    left.close();
                    await().until(() -> server.hub().ledger().count(Ledger.Kind.CONNECTIONS) == 1);
                }
                try (RawClient next =
                        RawClient.connect(server.port()).send(head).send("\r\n\r\n")) {
                    assertThat(next.awaitHead().stream().status()).isEqualTo(204);
                }
                server.hub().publish("a", Event.of("unharmed"));
                healthy.awaitEvents(1);
            }
        }
    }

    @OverEachTransport
    void unreadResponsesAreBoundedTogether(Transport transport) throws IOException {
        try (SseServer server = server(transport);
                RawClient unread = RawClient.connect(server.port(), 4_096)) {
            unread.send("POST /echo HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1\r\n\r\nx");
            unread.awaitHead();
            assertThat(small(server)).as("there is no room").isEqualTo(503);
            assertThat(routed).hasValue(1);
            unread.close();
            TestServers.awaitNothingOwned(server.hub());
            assertThat(small(server)).isEqualTo(204);
        }
    }
}
