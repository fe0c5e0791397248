package io.sluice.sse.benchmarks.soak;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.LongPredicate;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Reads the ledger and the metrics of the server over one persistent connection. */
final class ServerApi {

    /** The kinds that clients own; the rest of the ledger belongs to the hub. */
    static final List<String> OWNED = List.of("connections", "sinks", "subscriptions", "tasks", "listeners", "buffers");

    private static final ObjectMapper JSON = new ObjectMapper();
    private static final Pattern CLOSED =
            Pattern.compile("sluice_sinks_closed_total\\{reason=\"([a-z-]+)\"[^}]*\\} ([0-9.E]+)");

    private final HttpClient client =
            HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();
    private final String base;

    ServerApi(ServerProcess server) {
        base = "http://127.0.0.1:" + server.port();
    }

    private String get(String path) throws IOException, InterruptedException {
        HttpRequest request = HttpRequest.newBuilder(URI.create(base + path))
                .timeout(Duration.ofSeconds(30))
                .build();
        HttpResponse<String> response = client.send(request, HttpResponse.BodyHandlers.ofString());
        if (response.statusCode() != 200) {
            throw new IOException(path + ": " + response.statusCode() + " " + response.body());
        }
        return response.body();
    }

    /** Waits until the server is ready: it then has its connection to Redis, if it needs one. */
    void awaitReady(Duration timeout) throws IOException, InterruptedException {
        long deadline = System.nanoTime() + timeout.toNanos();
        while (true) {
            try {
                get("/health/ready");
                return;
            } catch (IOException e) {
                if (System.nanoTime() - deadline >= 0) {
                    throw e;
                }
                Pace.pause(Duration.ofMillis(20));
            }
        }
    }

    /** The counts of the ledger that belong to clients, without the connection of this request. */
    Map<String, Long> owned() throws IOException, InterruptedException {
        JsonNode ledger = JSON.readTree(get("/admin/ledger"));
        Map<String, Long> counts = new LinkedHashMap<>();
        OWNED.forEach(kind -> counts.put(kind, ledger.path(kind).asLong()));
        return counts;
    }

    /** Waits until clients own no more than this, by the ledger. @return what they own at the end */
    Map<String, Long> awaitOwned(Map<String, Long> atMost, Duration timeout) throws IOException, InterruptedException {
        long deadline = System.nanoTime() + timeout.toNanos();
        while (true) {
            Map<String, Long> counts = owned();
            boolean reached = counts.entrySet().stream()
                    .allMatch(count -> count.getValue() <= atMost.getOrDefault(count.getKey(), 0L));
            if (reached || System.nanoTime() - deadline >= 0) {
                return counts;
            }
            Pace.pause(Duration.ofMillis(20));
        }
    }

    /** Waits until the number of sinks satisfies the condition. @return the number at the end */
    long awaitSinks(LongPredicate condition, Duration timeout) throws IOException, InterruptedException {
        long deadline = System.nanoTime() + timeout.toNanos();
        while (true) {
            long sinks = owned().getOrDefault("sinks", 0L);
            if (condition.test(sinks) || System.nanoTime() - deadline >= 0) {
                return sinks;
            }
            Pace.pause(Duration.ofMillis(20));
        }
    }

    /** The number of sinks that have more pending bytes than this. */
    long clogged(long bytes) throws IOException, InterruptedException {
        long count = 0;
        for (JsonNode connection : JSON.readTree(get("/admin/connections?limit=10000"))) {
            count += connection.path("pendingBytes").asLong() > bytes ? 1 : 0;
        }
        return count;
    }

    /** The number of closed sinks, by reason. */
    Map<String, Long> closed() throws IOException, InterruptedException {
        Map<String, Long> closed = new TreeMap<>();
        Matcher matcher = CLOSED.matcher(get("/metrics"));
        while (matcher.find()) {
            long count = (long) Double.parseDouble(matcher.group(2));
            if (count > 0) {
                closed.put(matcher.group(1), count);
            }
        }
        return closed;
    }
}
