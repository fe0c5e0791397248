package io.sluice.sse.netty;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Requests that a client sends on one connection before the responses to earlier ones (RFC 9112, section 9.3.2). */
class PipelinedRequestsTest {

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
}
