package io.sluice.sse.netty;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.sluice.sse.Event;
import io.sluice.sse.Ledger;
import io.sluice.sse.hub.Hub;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * What a real proxy with a pool of connections makes of each end of a stream and of a rejection. nginx does not repeat
 * a POST, so one on a connection that the server closes without a word would be a 502.
 */
@Timeout(120)
class NginxTest {

    private static final int LARGEST_BODY = 1024;

    @TempDir
    Path folder;

    private final HttpClient http =
            HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();
    private final AtomicInteger acts = new AtomicInteger();

    private SseServerBuilder server() {
        return TestServers.on(Transport.AUTO)
                .maxBodyBytes(LARGEST_BODY)
                .streams("/events/**", StreamRoute.topics())
                .streams(
                        "/ends",
                        request -> SseStream.of(sink -> {
                            sink.send(Event.of("the last one"));
                            sink.complete();
                        }))
                .streams("/passing", request -> {
                    throw HttpStatusException.retryable(503, "not now", Duration.ofSeconds(7));
                })
                .streams("/permanent", request -> {
                    throw HttpStatusException.of(401, "a token, please");
                })
                .route("GET", "/fails", request -> null)
                .route(
                        "POST",
                        "/act",
                        request -> RouteResponse.of(200, "text/plain", String.valueOf(acts.incrementAndGet()))
                                .completed());
    }

    @ParameterizedTest(name = "{0}")
    @CsvSource(
            delimiter = '|',
            value = {
                "a stream that ends           | /ends            | -           | 200 | data: the last one",
                "a passing rejection          | /passing         | -           | 503 | not now",
                "the same for an EventSource  | /passing         | EVENTSOURCE | 200 | retry: ",
                "a permanent rejection        | /permanent       | -           | 401 | a token, please",
                "no stream here               | /nothing         | -           | 404 | ",
                "a pattern where a name is due | /events/*       | -           | 400 | ",
                "an error                     | /fails           | -           | 500 | ",
            })
    void afterEachEndTheNextRequestIsAnsweredOnce(String what, String path, String client, int status, String text)
            throws Exception {
        try (SseServer server = server().start();
                Nginx nginx = Nginx.start(folder, server.port(), true)) {
            for (int i = 1; i <= 5; i++) {
                HttpRequest.Builder request = request(nginx, path);
                if (client.equals("EVENTSOURCE")) {
                    for (String header : RawClient.EVENT_SOURCE.split("\r\n")) {
                        request.header(header.split(": ")[0], header.split(": ")[1]);
                    }
                }
                HttpResponse<String> response = send(request); // fails if the end of the body is missing
                assertThat(response.statusCode()).as(response.body()).isEqualTo(status);
                assertThat(response.body()).contains(text == null ? "" : text);
                if (status == 503) {
                    assertThat(response.headers().firstValue("retry-after")).contains("7");
                }
                assertActs(nginx, i);
            }
        }
    }

    @ParameterizedTest(name = "nginx buffers requests: {0}")
    @ValueSource(booleans = {true, false})
    void aBodyThatIsTooLargeIsA413(boolean buffersRequests) throws Exception {
        byte[] body = new byte[500_000];
        try (SseServer server = server().start();
                Nginx nginx = Nginx.start(folder, server.port(), buffersRequests)) {
            for (int i = 1; i <= 5; i++) {
                HttpRequest.BodyPublisher publisher = i % 2 == 0
                        ? BodyPublishers.ofByteArray(body)
                        : BodyPublishers.fromPublisher(BodyPublishers.ofByteArray(body)); // in chunks
                HttpResponse<String> response = send(request(nginx, "/act").POST(publisher));
                assertThat(response.statusCode()).as(response.body()).isEqualTo(413);
                assertActs(nginx, i);
            }
        }
    }

    @Test
    void aConnectionThatTheServerFoundIdleIsNotUsedAgain() throws Exception {
        try (SseServer server = server().idleTimeout(Duration.ofMillis(300)).start();
                Nginx nginx = Nginx.start(folder, server.port(), true)) {
            for (int i = 1; i <= 3; i++) {
                assertActs(nginx, i);
                await("the server closes the idle connection")
                        .until(() -> server.hub().ledger().count(Ledger.Kind.CONNECTIONS) == 0);
            }
        }
    }

    /** Each client gets the complete end of its stream. Each request that the server accepts has its effect once. */
    @Test
    void aDrainEndsStreamsCompletelyAndLosesNoRequest() throws Exception {
        try (Hub hub = Hub.create()) {
            SseServer server = server().hub(hub).drain(Duration.ofSeconds(1)).start();
            try (Nginx nginx = Nginx.start(folder, server.port(), true)) {
                CompletableFuture<HttpResponse<String>> stream =
                        http.sendAsync(request(nginx, "/events/a").build(), BodyHandlers.ofString());
                await("the stream is open").until(() -> hub.ledger().count(Ledger.Kind.SINKS) == 1);
                hub.publish("a", Event.of("before the drain"));
                assertActs(nginx, 1);

                CompletableFuture<Void> drained = CompletableFuture.runAsync(server::close);
                int accepted = 1;
                while (true) {
                    boolean ended = drained.isDone();
                    HttpResponse<String> response = post(nginx);
                    if (response.statusCode() == 200) {
                        accepted++;
                    } else {
                        assertThat(response.statusCode()).isIn(502, 503);
                        if (ended) {
                            break;
                        }
                    }
                }
                assertThat(acts).hasValue(accepted);
                assertThat(stream.get().body()).contains("data: before the drain");
            } finally {
                server.close();
            }
        }
    }

    /** Only an incomplete response tells a client that it has to come back, and does not have everything. */
    @Test
    void theStreamOfAKilledServerIsNotComplete() throws Exception {
        Process upstream = new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "-XX:TieredStopAtLevel=1",
                        "-cp",
                        System.getProperty("java.class.path"),
                        Upstream.class.getName())
                .redirectError(ProcessBuilder.Redirect.DISCARD)
                .start();
        try (BufferedReader out = upstream.inputReader(StandardCharsets.US_ASCII)) {
            int port = Integer.parseInt(out.lines()
                    .filter(line -> line.startsWith(Upstream.PORT))
                    .findFirst()
                    .orElseThrow()
                    .substring(Upstream.PORT.length()));
            try (Nginx nginx = Nginx.start(folder, port, true)) {
                HttpResponse<InputStream> stream =
                        http.send(request(nginx, "/events/a").build(), BodyHandlers.ofInputStream());
                assertThat(stream.statusCode()).isEqualTo(200);
                upstream.destroyForcibly().waitFor();
                assertThatThrownBy(() -> stream.body().readAllBytes()).isInstanceOf(IOException.class);
                assertThat(post(nginx).statusCode()).isEqualTo(502);

                try (SseServer next = server().port(port).start()) {
                    assertThat(next.port()).isEqualTo(port);
                    assertActs(nginx, 1);
                }
            }
        } finally {
            upstream.destroyForcibly();
        }
    }

    /** A server that is killed. */
    static final class Upstream {
        static final String PORT = "port ";

        private Upstream() {}

        public static void main(String[] args) throws Exception {
            SseServer server = SseServer.builder()
                    .port(0)
                    .streams("/events/**", StreamRoute.topics())
                    .start();
            System.out.println(PORT + server.port());
            server.awaitTermination();
        }
    }

    private void assertActs(Nginx nginx, int count) throws Exception {
        HttpResponse<String> response = post(nginx);
        assertThat(response.statusCode()).as(response.body()).isEqualTo(200);
        assertThat(response.body()).isEqualTo(String.valueOf(count));
    }

    private HttpResponse<String> post(Nginx nginx) throws Exception {
        return send(request(nginx, "/act").POST(BodyPublishers.ofString("x")));
    }

    private HttpResponse<String> send(HttpRequest.Builder request) throws IOException, InterruptedException {
        return http.send(request.build(), BodyHandlers.ofString());
    }

    private static HttpRequest.Builder request(Nginx nginx, String path) {
        return HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + nginx.port() + path))
                .timeout(Duration.ofSeconds(30));
    }
}
