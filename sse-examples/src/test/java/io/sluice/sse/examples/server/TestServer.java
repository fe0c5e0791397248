package io.sluice.sse.examples.server;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.sluice.sse.hub.Hub;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.awaitility.Awaitility;

/** Runs the bundled server in this process on a free port, with a client. Its close checks that nothing is left. */
final class TestServer implements AutoCloseable {

    private static final HttpClient CLIENT =
            HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();

    private final BundledServer bundled;

    private TestServer(BundledServer bundled) {
        this.bundled = bundled;
    }

    static TestServer start(String... arguments) throws BadOptionException {
        List<String> all = new ArrayList<>(List.of("--port", "0"));
        if (!List.of(arguments).contains("--threads")) {
            all.addAll(List.of("--threads", "2"));
        }
        if (!List.of(arguments).contains("--drain")) {
            all.addAll(List.of("--drain", "100ms"));
        }
        all.addAll(List.of(arguments));
        return new TestServer(BundledServer.start(Options.parse(Map.of(), all.toArray(new String[0]))));
    }

    int port() {
        return bundled.server().port();
    }

    Hub hub() {
        return bundled.server().hub();
    }

    BundledServer bundled() {
        return bundled;
    }

    URI uri(String target) {
        return URI.create(bundled.server().uri() + target);
    }

    RawStream stream(String target, String... headers) throws IOException {
        return RawStream.get(port(), target, headers);
    }

    HttpResponse<String> get(String target, String... headers) throws IOException, InterruptedException {
        return send("GET", target, new byte[0], headers);
    }

    HttpResponse<String> post(String target, String body, String... headers) throws IOException, InterruptedException {
        return send("POST", target, body.getBytes(StandardCharsets.UTF_8), headers);
    }

    HttpResponse<String> send(String method, String target, byte[] body, String... headers)
            throws IOException, InterruptedException {
        HttpRequest.Builder request = HttpRequest.newBuilder(uri(target))
                .timeout(Duration.ofSeconds(40))
                .method(
                        method,
                        body.length == 0
                                ? HttpRequest.BodyPublishers.noBody()
                                : HttpRequest.BodyPublishers.ofByteArray(body));
        if (headers.length > 0) {
            request.headers(headers);
        }
        return CLIENT.send(request.build(), HttpResponse.BodyHandlers.ofString());
    }

    JsonNode json(String target, String... headers) throws IOException, InterruptedException {
        HttpResponse<String> response = get(target, headers);
        assertThat(response.statusCode()).as(response.body()).isEqualTo(200);
        return Json.read(response.body());
    }

    /** Publishes and returns the id. */
    String publish(String topic, String data) throws IOException, InterruptedException {
        HttpResponse<String> response = post("/publish/" + topic, data);
        assertThat(response.statusCode()).as(response.body()).isEqualTo(200);
        return Json.read(response.body()).get("id").textValue();
    }

    /** Asserts that a response is a problem (RFC 9457) with this status whose detail contains this text. */
    static void assertProblem(HttpResponse<String> response, int status, String detail) {
        assertThat(response.statusCode()).as(response.body()).isEqualTo(status);
        assertThat(response.headers().firstValue("content-type")).hasValue("application/problem+json");
        JsonNode problem = Json.read(response.body());
        assertThat(problem.get("status").intValue()).isEqualTo(status);
        assertThat(problem.get("title").textValue()).isNotEmpty();
        assertThat(problem.get("detail").textValue()).contains(detail);
    }

    @Override
    public void close() {
        Hub hub = hub();
        bundled.close();
        Awaitility.await("the ledger at zero")
                .untilAsserted(() -> assertThat(hub.ledger().counts().values()).containsOnly(0L));
    }
}
