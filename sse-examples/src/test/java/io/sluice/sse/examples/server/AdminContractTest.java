package io.sluice.sse.examples.server;

import static io.sluice.sse.examples.server.TestServer.assertProblem;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import java.net.Inet4Address;
import java.net.InetAddress;
import java.net.NetworkInterface;
import java.net.Socket;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.Optional;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Tests the contract for {@code /admin}, {@code /health}, {@code /metrics} and {@code /}. */
class AdminContractTest {

    private TestServer server;

    @BeforeEach
    void start() throws Exception {
        server = TestServer.start("--node", "node-1");
    }

    @AfterEach
    void stop() {
        server.close();
    }

    @Test
    void theLedgerIsZeroWithoutClients() throws Exception {
        server.publish("a", "kept");
        try (RawStream stream = server.stream("/events/a")) {
            stream.head();
            stream.firstBlock();
            JsonNode ledger = server.json("/admin/ledger");
            assertThat(ledger.get("connections").longValue()).isEqualTo(1);
            assertThat(ledger.get("sinks").longValue()).isEqualTo(1);
            assertThat(ledger.get("subscriptions").longValue()).isEqualTo(1);
        }
        Awaitility.await().untilAsserted(() -> {
            JsonNode ledger = server.json("/admin/ledger");
            assertThat(ledger.fieldNames())
                    .toIterable()
                    .containsExactly(
                            "connections",
                            "sinks",
                            "subscriptions",
                            "tasks",
                            "listeners",
                            "buffers",
                            "compressors",
                            "userCode",
                            "topics",
                            "events",
                            "bytes");
            for (String own : new String[] {"connections", "sinks", "subscriptions", "tasks", "listeners", "buffers"}) {
                assertThat(ledger.get(own).longValue()).as(own).isZero();
            }
            assertThat(ledger.get("topics").longValue()).isEqualTo(1);
            assertThat(ledger.get("events").longValue()).isEqualTo(1);
            assertThat(ledger.get("bytes").longValue()).isPositive();
        });
    }

    @Test
    void connectionsAreListedInPages() throws Exception {
        Instant before = Instant.now().minusSeconds(1);
        try (RawStream one = server.stream("/events/a?topic=b/*");
                RawStream two = server.stream("/events/a");
                RawStream three = server.stream("/events/a")) {
            for (RawStream stream : new RawStream[] {one, two, three}) {
                stream.head();
                stream.firstBlock();
            }
            server.publish("a", "x");
            for (RawStream stream : new RawStream[] {one, two, three}) {
                stream.until("data: x\n");
            }
            JsonNode all = server.json("/admin/connections");
            assertThat(all).hasSize(3);
            JsonNode first = all.get(0);
            assertThat(first.fieldNames())
                    .toIterable()
                    .containsExactly(
                            "id",
                            "remoteAddress",
                            "protocol",
                            "principal",
                            "topics",
                            "opened",
                            "lastWrite",
                            "pendingBytes",
                            "lag",
                            "delivered",
                            "node");
            assertThat(first.get("remoteAddress").textValue()).startsWith("127.0.0.1:");
            assertThat(first.get("protocol").textValue()).isEqualTo("HTTP/1.1");
            assertThat(first.get("principal").isNull()).isTrue();
            assertThat(Instant.parse(first.get("opened").textValue())).isBetween(before, Instant.now());
            assertThat(Instant.parse(first.get("lastWrite").textValue()))
                    .isAfterOrEqualTo(
                            Instant.parse(first.get("opened").textValue()).minusMillis(1));
            assertThat(first.get("pendingBytes").longValue()).isZero();
            assertThat(first.get("delivered").longValue()).isEqualTo(1);
            assertThat(first.get("node").textValue()).isEqualTo("node-1");
            assertThat(all.findValuesAsText("id")).isSortedAccordingTo(java.util.Comparator.comparing(Long::valueOf));
            assertThat(all.findValue("topics")).hasSizeBetween(1, 2);

            String second = all.get(1).get("id").textValue();
            assertThat(server.json("/admin/connections?limit=2").findValuesAsText("id"))
                    .containsExactly(first.get("id").textValue(), second);
            assertThat(server.json("/admin/connections?after=" + second)).hasSize(1);
        }
    }

    @Test
    void aQuietClientDoesNotLagWhenOtherTopicsGetEvents() throws Exception {
        try (RawStream quiet = server.stream("/events/quiet")) {
            quiet.head();
            quiet.firstBlock();
            for (int i = 0; i < 50; i++) {
                server.publish("busy", "x");
            }
            assertThat(server.json("/admin/connections").get(0).get("lag").longValue())
                    .isZero();
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"limit=0", "limit=x", "limit=10001", "after=x"})
    void aBadPageIsRejected(String query) throws Exception {
        assertProblem(server.get("/admin/connections?" + query), 400, query.substring(0, query.indexOf('=')));
    }

    @Test
    void aClosedConnectionReconnects() throws Exception {
        try (RawStream stream = server.stream("/events/a")) {
            stream.head();
            stream.firstBlock();
            String id = server.json("/admin/connections").get(0).get("id").textValue();
            assertThat(server.send("DELETE", "/admin/connections/" + id, new byte[0])
                            .statusCode())
                    .isEqualTo(204);
            assertThat(stream.toEnd()).doesNotContain("event: end");
            assertThat(stream.hasLastChunk()).isTrue();
            assertProblem(server.send("DELETE", "/admin/connections/" + id, new byte[0]), 404, "no such connection");
        }
    }

    @Test
    void aCompletedConnectionStaysClosed() throws Exception {
        try (RawStream stream = server.stream("/events/a")) {
            stream.head();
            stream.firstBlock();
            String id = server.json("/admin/connections").get(0).get("id").textValue();
            server.send("DELETE", "/admin/connections/" + id + "?forever=true", new byte[0]);
            String end = stream.toEnd();
            assertThat(end).contains("event: end\n").contains("id: end~");
            assertThat(stream.hasLastChunk()).isTrue();

            String last = end.substring(end.indexOf("id: end~") + 4)
                    .lines()
                    .findFirst()
                    .orElseThrow();
            assertThat(server.get("/events/a", "Last-Event-ID", last).statusCode())
                    .isEqualTo(204);
        }
    }

    @Test
    void anotherSiteCannotCloseAnything() throws Exception {
        assertProblem(
                server.send("DELETE", "/admin/connections/1", new byte[0], "Sec-Fetch-Site", "cross-site"),
                403,
                "other sites");
    }

    @Test
    void topicsAreListedInPages() throws Exception {
        String oldest = server.publish("b", "1");
        String newest = server.publish("b", "2");
        server.publish("a", "3");
        server.publish("c", "4");

        assertThat(server.json("/admin/topics").findValuesAsText("topic")).containsExactly("a", "b", "c");
        JsonNode page = server.json("/admin/topics?after=a&limit=1");
        assertThat(page).hasSize(1);
        JsonNode b = page.get(0);
        assertThat(b.get("topic").textValue()).isEqualTo("b");
        assertThat(b.get("subscribers").longValue()).isZero();
        assertThat(b.get("events").longValue()).isEqualTo(2);
        assertThat(b.get("bytes").longValue()).isPositive();
        assertThat(b.get("oldest").textValue()).isEqualTo(oldest);
        assertThat(b.get("newest").textValue()).isEqualTo(newest);
    }

    @Test
    void aTopicWithoutEventsHasNoIds() throws Exception {
        try (RawStream stream = server.stream("/events/a")) {
            stream.head();
            stream.firstBlock();
            JsonNode topic = server.json("/admin/topics").get(0);
            assertThat(topic.fieldNames())
                    .toIterable()
                    .containsExactly("topic", "subscribers", "events", "bytes", "oldest", "newest");
            assertThat(topic.get("oldest").isNull()).isTrue();
            assertThat(topic.get("newest").isNull()).isTrue();
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"/admin/connections", "/admin/ledger", "/admin/topics"})
    void aConfiguredTokenIsRequired(String target) throws Exception {
        server.close();
        server = TestServer.start("--admin-token", "s3cret");
        HttpResponse<String> rejected = server.get(target);
        assertProblem(rejected, 401, "admin token");
        assertThat(rejected.headers().firstValue("www-authenticate")).hasValue("Bearer realm=\"sluice\"");
        for (String wrong : new String[] {"Bearer s3cre", "Bearer s3crets", "Basic s3cret", "s3cret", "Bearer "}) {
            assertThat(server.get(target, "Authorization", wrong).statusCode()).isEqualTo(401);
        }
        assertThat(server.get(target, "Authorization", "bearer s3cret").statusCode())
                .isEqualTo(200);
        assertThat(server.get("/health/live").statusCode()).isEqualTo(200);
    }

    /** It runs in a browser on the server's machine, so its requests come from there. */
    @ParameterizedTest
    @ValueSource(strings = {"*", "https://app.example"})
    void withoutATokenAPageOfAnotherOriginMayNotUseAdmin(String cors) throws Exception {
        server.close();
        server = TestServer.start("--cors-origin", cors);
        for (String[] headers :
                new String[][] {{"Origin", "https://app.example"}, {"Sec-Fetch-Site", "cross-site"}, {"Origin", "null"}
                }) {
            assertThat(server.get("/admin/ledger", headers).statusCode())
                    .as(String.join(": ", headers))
                    .isEqualTo(403);
        }
        assertThat(server.get("/admin/ledger", "Sec-Fetch-Site", "same-origin").statusCode())
                .isEqualTo(200);
    }

    /** A proxy on this machine may forward any client, even if it reports nothing but one of these headers. */
    @ParameterizedTest
    @ValueSource(
            strings = {"Forwarded", "Via", "X-Forwarded-For", "X-Forwarded-Host", "X-Forwarded-Proto", "X-Real-IP"})
    void withoutATokenARequestOfAProxyMayNotUseAdmin(String header) throws Exception {
        assertThat(server.get("/admin/ledger", header, "127.0.0.1").statusCode())
                .isEqualTo(403);
    }

    @Test
    void withoutATokenOnlyThisMachineMayUseAdmin() throws Exception {
        Optional<InetAddress> outer = NetworkInterface.networkInterfaces()
                .flatMap(NetworkInterface::inetAddresses)
                .filter(address -> address instanceof Inet4Address && !address.isLoopbackAddress())
                .findFirst();
        if (System.getenv("SLUICE_FORBID_SKIPS") == null) {
            Assumptions.assumeTrue(outer.isPresent(), "SKIPPED: this machine has no address but loopback's");
        }
        server.close();
        server = TestServer.start("--host", "0.0.0.0");
        try (Socket socket = new Socket(outer.orElseThrow(), server.port())) {
            socket.setSoTimeout(60_000);
            socket.getOutputStream()
                    .write("GET /admin/ledger HTTP/1.1\r\nHost: anything.example\r\nConnection: close\r\n\r\n"
                            .getBytes(StandardCharsets.US_ASCII));
            assertThat(new String(socket.getInputStream().readAllBytes(), StandardCharsets.UTF_8))
                    .startsWith("HTTP/1.1 403 ")
                    .contains("application/problem+json");
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "PROXY TCP4 127.0.0.1 127.0.0.1 4711 80",
                "PROXY TCP6 ::1 ::1 4711 80",
                "PROXY TCP4 192.0.2.1 192.0.2.9 4711 80",
                "PROXY UNKNOWN"
            })
    void aClientBehindAProxyIsNeverTreatedAsLocal(String header) throws Exception {
        server.close();
        server = TestServer.start("--trusted-proxy", "127.0.0.1", "--proxy-protocol");
        try (Socket socket = new Socket("127.0.0.1", server.port())) {
            socket.setSoTimeout(60_000);
            String request = "GET /admin/ledger HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n";
            socket.getOutputStream().write((header + "\r\n" + request).getBytes(StandardCharsets.US_ASCII));
            assertThat(new String(socket.getInputStream().readAllBytes(), StandardCharsets.UTF_8))
                    .startsWith("HTTP/1.1 403 ");
        }
    }

    @Test
    void healthReportsLiveAndReady() throws Exception {
        assertThat(server.get("/health/live").statusCode()).isEqualTo(200);
        assertThat(server.get("/health/ready").body()).isEqualTo("{\"status\":\"ready\"}");
        assertThat(server.send("HEAD", "/health/ready", new byte[0]).statusCode())
                .isEqualTo(200);
    }

    @Test
    void metricsAreInPrometheusText() throws Exception {
        server.publish("a", "x");
        HttpResponse<String> response = server.get("/metrics");
        assertThat(response.headers().firstValue("content-type")).hasValue("text/plain; version=0.0.4; charset=utf-8");
        assertThat(response.body().lines())
                .contains(
                        "sluice_events_published_total 1.0",
                        "sluice_sinks 0.0",
                        "sluice_sinks_closed_total{reason=\"client-left\"} 0.0",
                        "sluice_history_events 1.0");
    }

    @Test
    void thePageLoadsNothingFromOtherSites() throws Exception {
        String[][] files = {
            {"/", "text/html; charset=utf-8"},
            {"/page.css", "text/css; charset=utf-8"},
            {"/page.js", "text/javascript; charset=utf-8"},
            {"/demo.js", "text/javascript; charset=utf-8"},
            {"/sluice-client.js", "text/javascript; charset=utf-8"}
        };
        for (String[] file : files) {
            HttpResponse<String> response = server.get(file[0]);
            assertThat(response.statusCode()).isEqualTo(200);
            assertThat(response.body()).isNotEmpty();
            assertThat(response.headers().firstValue("content-type")).hasValue(file[1]);
            assertThat(response.headers().firstValue("x-content-type-options")).hasValue("nosniff");
            assertThat(response.headers().firstValue("cache-control")).hasValue("no-cache");
            assertThat(response.headers().firstValue("referrer-policy")).hasValue("no-referrer");
            assertThat(response.headers().firstValue("content-security-policy"))
                    .hasValue("default-src 'self'; base-uri 'none'; frame-ancestors 'none'; form-action 'none'");
            String tag = response.headers().firstValue("etag").orElseThrow();
            HttpResponse<String> again =
                    server.get(file[0], "If-None-Match", "\"other\", W/" + tag, "If-None-Match", "\"another\"");
            assertThat(again.statusCode()).isEqualTo(304);
            assertThat(again.headers().firstValue("content-length")).isEmpty();
            assertThat(again.headers().firstValue("etag")).hasValue(tag);
        }
        assertThat(server.get("/favicon.ico").statusCode()).isEqualTo(204);
        assertThat(server.post("/", "x").statusCode()).isEqualTo(405);
    }
}
