package io.sluice.sse.netty;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.sluice.sse.Event;
import java.io.IOException;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Timeout;

/** Design, invariant 10: a client that sends requests without reading the responses cannot exhaust the memory. */
@Timeout(180)
class UnreadResponsesTest {

    private static final int REQUESTS = 3_000;
    private static final int BODY = 10_000;

    @OverEachTransport
    void unreadResponsesAreBounded(Transport transport) throws Exception {
        AtomicInteger responded = new AtomicInteger();
        byte[] body = new byte[BODY];
        try (SseServer server = TestServers.on(transport)
                        .route("GET", "/big", request -> {
                            responded.incrementAndGet();
                            return RouteResponse.of(200, "application/octet-stream", body)
                                    .completed();
                        })
                        .start();
                Socket socket = new Socket("127.0.0.1", server.port())) {
            byte[] requests = "GET /big HTTP/1.1\r\nHost: localhost\r\n\r\n"
                    .repeat(REQUESTS)
                    .getBytes(StandardCharsets.US_ASCII);
            CompletableFuture<Void> sent = CompletableFuture.runAsync(() -> {
                try {
                    socket.getOutputStream().write(requests);
                } catch (IOException e) {
                    // Netty's codec closes a connection with more than 128 pending requests
                }
            });
            await().until(() -> responded.get() > 0);
            // The kernel buffers some megabytes; all responses together have thirty.
            await().during(Duration.ofMillis(300)).until(() -> responded.get() < REQUESTS / 2);
            try (RawClient other = RawClient.open(server.port(), "/events/a")) {
                server.hub().publish("a", Event.of("unharmed"));
                other.awaitEvents(1);
            }
            socket.close();
            sent.join();
            TestServers.awaitNothingOwned(server.hub());
        }
    }

    /** A ready response is sent although so many later responses are pending that the connection is not read. */
    @OverEachTransport
    void aReadyResponseIsSentBeforeManyPendingOnes(Transport transport) throws Exception {
        try (SseServer server = TestServers.on(transport)
                        .route(
                                "GET",
                                "/fast",
                                request -> RouteResponse.of(200, "text/plain", "at once")
                                        .completed())
                        .route("GET", "/slow", request -> new CompletableFuture<>())
                        .start();
                RawClient client = RawClient.connect(server.port())) {
            String fast = "GET /fast HTTP/1.1\r\nHost: localhost\r\n\r\n";
            client.send(fast + fast.replace("fast", "slow").repeat(20));
            client.awaitHead();
            assertThat(client.stream().status()).isEqualTo(200);
        }
    }
}
