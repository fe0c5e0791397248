package io.sluice.sse.examples.server;

import static org.assertj.core.api.Assertions.assertThat;

import io.sluice.sse.hub.Hub;
import io.sluice.sse.netty.SseServer;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.Test;

/** Tests the readiness probe. */
class HealthRoutesTest {

    @Test
    void aServerWhoseHistoryHasFailedIsNotReady() throws Exception {
        AtomicBoolean failed = new AtomicBoolean();
        try (Hub hub = Hub.create()) {
            var builder = SseServer.builder().hub(hub).port(0).threads(1);
            new HealthRoutes(() -> true, failed::get, Optional::empty).addTo(builder);
            try (SseServer server = builder.start()) {
                HttpRequest ready = HttpRequest.newBuilder(
                                URI.create("http://127.0.0.1:" + server.port() + "/health/ready"))
                        .build();
                HttpClient client = HttpClient.newHttpClient();
                assertThat(client.send(ready, HttpResponse.BodyHandlers.ofString())
                                .statusCode())
                        .isEqualTo(200);
                failed.set(true);
                HttpResponse<String> response = client.send(ready, HttpResponse.BodyHandlers.ofString());
                assertThat(response.statusCode()).isEqualTo(503);
                assertThat(response.body()).contains("history-failed");
            }
        }
    }
}
