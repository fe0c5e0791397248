package io.sluice.sse.examples.server;

import static org.assertj.core.api.Assertions.assertThat;

import io.sluice.sse.Event;
import io.sluice.sse.hub.Hub;
import io.sluice.sse.netty.SseServer;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.util.Optional;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Responses that visit each topic or client are not created on an event loop, since other clients share it. */
class AdminOffLoopTest {

    @ParameterizedTest
    @ValueSource(strings = {"/admin/topics?limit=1", "/admin/connections?limit=1"})
    void anExecutorMakesTheResponse(String path) throws Exception {
        BlockingQueue<Runnable> tasks = new LinkedBlockingQueue<>();
        try (Hub hub = Hub.create()) {
            var builder = SseServer.builder().hub(hub).port(0).threads(1);
            new AdminRoutes(hub, "node", null, tasks::add).addTo(builder);
            new HealthRoutes(() -> true, () -> false, Optional::empty).addTo(builder);
            try (SseServer server = builder.start()) {
                hub.publish("a", Event.of("x")).toCompletableFuture().get();
                CompletableFuture<HttpResponse<String>> response = get(server, path);
                Runnable task = tasks.poll(30, TimeUnit.SECONDS);
                assertThat(task).isNotNull();
                assertThat(get(server, "/health/live").get().statusCode()).isEqualTo(200);
                assertThat(response).isNotDone();
                task.run();
                assertThat(response.get().statusCode()).isEqualTo(200);
                assertThat(Json.read(response.get().body()).isArray()).isTrue();
            }
        }
    }

    private static CompletableFuture<HttpResponse<String>> get(SseServer server, String path) {
        return HttpClient.newHttpClient()
                .sendAsync(
                        HttpRequest.newBuilder(URI.create(server.uri() + path)).build(),
                        HttpResponse.BodyHandlers.ofString());
    }
}
