package io.sluice.sse.netty;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.sluice.sse.Identity;
import java.io.IOException;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What a page of another origin can read and do, over real sockets. */
@Timeout(120)
class CorsTest {

    private static final String NAMED = "https://app.example";
    private static final String STRANGER = "https://evil.example";

    private static final String EVENT_SOURCE = RawClient.EVENT_SOURCE;

    private final AtomicInteger actions = new AtomicInteger();

    private SseServerBuilder server() {
        return TestServers.on(Transport.NIO)
                .heartbeat(Duration.ZERO)
                .streams("/events/**", StreamRoute.topics())
                .streams("/varied/**", StreamRoute.topics().with((request, stream) -> stream.header("vary", "cookie")))
                .streams(
                        "/own-stream/**",
                        StreamRoute.topics()
                                .with((request, stream) ->
                                        stream.header("Access-Control-Allow-Origin", "https://own.example")))
                .route(
                        "GET",
                        "/own",
                        request -> RouteResponse.of(200, "text/plain", "x")
                                .with("Access-Control-Allow-Origin", "https://own.example")
                                .completed())
                .route("GET", "/fails", request -> {
                    throw new IllegalStateException("a test wants it so");
                })
                .route("POST", "/act", request -> {
                    actions.incrementAndGet();
                    return RouteResponse.of(200, "text/plain", "done").completed();
                });
    }

    /** The headers of the response, in lower case. */
    private static List<String> responseHead(SseServer server, String request, String... headers) throws IOException {
        try (RawClient client = RawClient.connect(server.port())) {
            StringBuilder text = new StringBuilder(request + " HTTP/1.1\r\nHost: localhost\r\n");
            for (String header : headers) {
                text.append(header).append("\r\n");
            }
            client.send(text + "\r\n").awaitHead();
            return Arrays.stream(client.stream().rawHead().split("\r\n"))
                    .map(line -> line.toLowerCase(Locale.ROOT))
                    .toList();
        }
    }

    private static String value(List<String> head, String name) {
        List<String> values = head.stream()
                .filter(line -> line.startsWith(name + ": "))
                .map(line -> line.substring(name.length() + 2))
                .toList();
        return String.join(" | ", values);
    }

    @ParameterizedTest
    @CsvSource({
        "GET /events/a, 200",
        "HEAD /events/a, 200",
        "GET /events/a//b, 400",
        "GET /nothing, 404",
        "DELETE /events/a, 405",
        "GET /fails, 500",
        "POST /act, 200",
    })
    void everyResponseCanBeReadByANamedOrigin(String request, int status) throws IOException {
        try (SseServer server = server().cors(NAMED).start()) {
            List<String> head = responseHead(
                    server, request, "Origin: " + NAMED, "Sec-Fetch-Site: cross-site", "Content-Length: 0");
            assertThat(head.get(0)).startsWith("http/1.1 " + status);
            assertThat(value(head, "access-control-allow-origin")).isEqualTo(NAMED);
            assertThat(value(head, "access-control-allow-credentials")).isEqualTo("true");
            assertThat(value(head, "vary")).isEqualTo("origin");
            for (String[] others : new String[][] {{"Origin: " + STRANGER}, {"Origin: null"}, {}}) {
                List<String> other = responseHead(server, request, others);
                assertThat(value(other, "access-control-allow-origin")).isEmpty();
                assertThat(value(other, "access-control-allow-credentials")).isEmpty();
                assertThat(value(other, "vary")).isEqualTo("origin"); // a cache must not keep this for NAMED
            }
        }
    }

    /** Such a request does not reach a route. */
    @ParameterizedTest
    @CsvSource({
        "POST /act, Content-Length: 2000, 413",
        "POST /act, Transfer-Encoding: nonsense, 400",
        "POST /act, Content-Length: 1|Expect: nonsense, 417",
        "GET /events/%zz, X: 1, 400",
    })
    void aRequestThatIsRejectedEarlyCanBeReadToo(String request, String headers, int status) throws IOException {
        try (SseServer server = server().maxBodyBytes(1024).cors(NAMED).start()) {
            for (String origin : List.of(NAMED, STRANGER)) {
                List<String> head = responseHead(
                        server,
                        request,
                        Stream.concat(Stream.of("Origin: " + origin), Stream.of(headers.split("\\|")))
                                .toArray(String[]::new));
                assertThat(head.get(0)).startsWith("http/1.1 " + status);
                assertThat(value(head, "vary")).isEqualTo("origin");
                assertThat(value(head, "access-control-allow-origin")).isEqualTo(origin.equals(NAMED) ? NAMED : "");
            }
        }
    }

    /** Over HTTP/1.1 up to twice the maximum. Above, the server does not read a header Origin that comes later. */
    @ParameterizedTest
    @EnumSource(
            value = ClientProtocol.class,
            names = {"H1", "H2"})
    void aRequestWithHeadersThatAreTooLongCanBeReadToo(ClientProtocol protocol) throws IOException {
        String large = "Authorization: Bearer " + "x".repeat(20_000); // more than 16 KiB
        String origin = "Origin: " + NAMED;
        try (SseServer server = protocol.on(Transport.AUTO).cors(NAMED).start()) {
            for (String[] headers : new String[][] {{large, origin}, {origin, large}}) {
                try (StreamClient client = protocol.get(server, "/events/a", headers)) {
                    client.awaitHead();
                    assertReadable(client, 431);
                }
            }
            if (protocol == ClientProtocol.H1) {
                try (RawClient client = RawClient.connect(server.port())
                        .get("/events/a", origin, "X: y", large + "x".repeat(200_000))) {
                    client.awaitHead();
                    assertReadable(client, 431);
                }
            }
        }
    }

    private static void assertReadable(StreamClient client, int status) {
        assertThat(client.stream().status()).isEqualTo(status);
        assertThat(client.stream().header("access-control-allow-origin")).isEqualTo(NAMED);
        assertThat(client.stream().header("access-control-allow-credentials")).isEqualTo("true");
        assertThat(client.stream().header("vary")).isEqualTo("origin");
    }

    @Test
    void aRequestThatDoesNotArriveInTimeCanBeReadToo() throws IOException {
        String origin = "Origin: " + NAMED + "\r\n";
        String begin = "POST /act HTTP/1.1\r\nHost: localhost\r\n" + origin;
        try (SseServer server = server().cors(NAMED)
                        .requestTimeout(Duration.ofSeconds(2))
                        .start();
                RawClient body = RawClient.connect(server.port()).send(begin + "Content-Length: 9\r\n\r\n12345");
                RawClient chunks = RawClient.connect(server.port())
                        .send(begin + "Transfer-Encoding: chunked\r\n\r\n5\r\n12345\r\n");
                RawClient second = RawClient.connect(server.port()).get("/nothing", origin.strip());
                Http2Client http2 = Http2Client.connect(server.port())) {
            int stream = http2.request("POST", "/act", false, "origin", NAMED);
            second.await(second.stream()::hasEnded, "404");
            assertReadable(second, 404);
            second.nextResponse();
            second.send("GET /events/a HTTP/1.1\r\n");
            for (RawClient client : List.of(body, chunks)) {
                client.awaitHead();
                assertReadable(client, 408);
            }
            second.awaitHead();
            assertThat(second.stream().status()).isEqualTo(408);
            assertThat(second.stream().header("access-control-allow-origin"))
                    .as("the origin of the request before")
                    .isNull();
            assertThat(second.stream().header("vary")).isEqualTo("origin");
            http2.awaitOver(stream);
            assertThat(http2.stream(stream).headers)
                    .containsEntry(":status", "408")
                    .containsEntry("access-control-allow-origin", NAMED);
        }
    }

    /** Each limit, and the drain, for a client with its own code and for an EventSource. */
    @ParameterizedTest
    @CsvSource({"H1, fetch", "H1, EventSource", "H2, fetch", "H2, EventSource"})
    void aRejectionByALimitCanBeReadToo(ClientProtocol protocol, String sender) throws IOException {
        String[] headers = sender.equals("fetch")
                ? new String[] {"Origin: " + NAMED, "Sec-Fetch-Site: cross-site", "Authorization: Bearer ann"}
                : new String[] {
                    "Origin: " + NAMED, "Sec-Fetch-Site: cross-site", "Authorization: Bearer ann", EVENT_SOURCE
                };
        Authenticator ann = Authenticator.bearer(token -> CompletableFuture.completedFuture(Identity.of(token)));
        Map<Integer, UnaryOperator<SseServerBuilder>> limits = Map.of(
                503, server -> server.maxStreams(1),
                429, server -> server.maxStreamsPerAddress(1));
        for (Map.Entry<Integer, UnaryOperator<SseServerBuilder>> limit : limits.entrySet()) {
            SseServerBuilder builder = protocol.on(Transport.AUTO).cors(NAMED);
            try (SseServer server = limit.getValue().apply(builder).start();
                    StreamClient open = protocol.open(server, "/events/a")) {
                assertRejected(protocol, server, headers, limit.getKey());
                assertThat(open.stream().status()).isEqualTo(200);
            }
        }
        SseServerBuilder perPrincipal = protocol.on(Transport.AUTO)
                .cors(NAMED)
                .authenticator(ann)
                .maxStreamsPerPrincipal(1, StreamLimits.AtLimit.REJECT);
        try (SseServer server = perPrincipal.start();
                StreamClient open = protocol.open(server, "/events/a", "Authorization: Bearer ann")) {
            assertRejected(protocol, server, headers, 429);
            try (StreamClient unknown = protocol.get(server, "/events/a", "Origin: " + NAMED)) {
                unknown.awaitHead();
                assertReadable(unknown, 401);
            }
            assertThat(open.stream().status()).isEqualTo(200);
        }
        SseServerBuilder rate = protocol.on(Transport.AUTO).cors(NAMED).connectRate(new Rate(1, Duration.ofHours(2)));
        try (SseServer server = rate.start();
                StreamClient open = protocol.open(server, "/events/a")) {
            assertRejected(protocol, server, headers, 429);
            assertThat(open.stream().status()).isEqualTo(200);
        }
    }

    /** An EventSource gets a stream that ends, so that it tries again. */
    private static void assertRejected(ClientProtocol protocol, SseServer server, String[] headers, int status)
            throws IOException {
        boolean isEventSource = Arrays.asList(headers).contains(EVENT_SOURCE);
        String fields = String.join("\r\n", headers);
        try (StreamClient rejected = protocol.get(server, "/events/a", fields)) {
            rejected.awaitHead();
            assertReadable(rejected, isEventSource ? 200 : status);
            assertThat(rejected.awaitResponse(RawClient.PATIENCE)).isTrue();
            assertThat(rejected.stream().retries().isEmpty()).isNotEqualTo(isEventSource);
        }
    }

    @Test
    void theStarAllowsNoCredentials() throws IOException {
        try (SseServer server = server().cors("*").start()) {
            for (String origin : List.of(NAMED, STRANGER, "null")) {
                List<String> head = responseHead(server, "GET /events/a", "Origin: " + origin);
                assertThat(value(head, "access-control-allow-origin")).isEqualTo("*");
                assertThat(value(head, "access-control-allow-credentials")).isEmpty();
            }
        }
        try (SseServer server = server().cors("*", NAMED).start()) {
            assertThat(value(responseHead(server, "GET /events/a", "Origin: " + NAMED), "access-control-allow-origin"))
                    .isEqualTo(NAMED);
            assertThat(value(
                            responseHead(server, "GET /events/a", "Origin: " + STRANGER),
                            "access-control-allow-origin"))
                    .isEqualTo("*");
        }
    }

    @Test
    void aPreflightResponseListsTheMethodsOfThePath() throws IOException {
        try (SseServer server = server().cors(NAMED).start()) {
            String[] wanted = {
                "Origin: " + NAMED,
                "Access-Control-Request-Method: GET",
                "Access-Control-Request-Headers: last-event-id,authorization, not a token",
            };
            List<String> head = responseHead(server, "OPTIONS /events/a", wanted);
            assertThat(head.get(0)).startsWith("http/1.1 204");
            assertThat(value(head, "access-control-allow-origin")).isEqualTo(NAMED);
            assertThat(value(head, "access-control-allow-credentials")).isEqualTo("true");
            assertThat(value(head, "access-control-allow-methods")).isEqualTo("get, head");
            assertThat(value(head, "access-control-allow-headers")).isEqualTo("last-event-id, authorization");
            assertThat(value(head, "access-control-max-age")).isEqualTo("3600");
            assertThat(value(
                            responseHead(server, "OPTIONS /act", wanted[0], wanted[1]), "access-control-allow-methods"))
                    .isEqualTo("post");

            List<String> stranger = responseHead(server, "OPTIONS /events/a", "Origin: " + STRANGER, wanted[1]);
            assertThat(stranger.get(0)).startsWith("http/1.1 403");
            assertThat(value(stranger, "access-control-allow-origin")).isEmpty();
            assertThat(responseHead(server, "OPTIONS /nothing", wanted[0], wanted[1])
                            .get(0))
                    .startsWith("http/1.1 404");
            // This is not a preflight, so the path responds itself.
            assertThat(responseHead(server, "OPTIONS /events/a", wanted[0]).get(0))
                    .startsWith("http/1.1 405");
        }
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                // allowed origins | origin of the page | cookie | is the request handled
                "https://app.example | https://app.example  | a=1 | true",
                "https://app.example | https://evil.example |     | false",
                "https://app.example | null                 |     | false",
                "*                   | https://evil.example |     | true",
                "*                   | https://evil.example | a=1 | false",
                "*                   | null                 |     | false",
            })
    void onlyPagesOfAllowedOriginsHaveAnEffect(String allowed, String origin, String cookie, boolean acts)
            throws IOException {
        try (SseServer server = server().cors(allowed).start()) {
            String[] headers = Stream.of(
                            "Origin: " + origin,
                            "Sec-Fetch-Site: cross-site",
                            "Content-Length: 0",
                            cookie == null ? "X-None: 1" : "Cookie: " + cookie)
                    .toArray(String[]::new);
            List<String> head = responseHead(server, "POST /act", headers);
            assertThat(head.get(0)).startsWith("http/1.1 " + (acts ? 200 : 403));
            assertThat(actions).hasValue(acts ? 1 : 0);
        }
    }

    /** Such a page would occupy a permit. */
    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                // allowed origins      | origin of the page   | site        | path          | status
                "-                      | https://app.example  | cross-site  | /events/a     | 403",
                "-                      | -                    | cross-site  | /events/a     | 403",
                "-                      | https://app.example  | same-site   | /events/a     | 200",
                "-                      | https://app.example  | -           | /events/a     | 200",
                "-                      | -                    | same-origin | /events/a     | 200",
                "-                      | -                    | none        | /events/a     | 200",
                "-                      | https://own.example  | cross-site  | /own-stream/a | 403",
                "https://app.example    | https://app.example  | cross-site  | /events/a     | 200",
                "https://app.example    | https://evil.example | cross-site  | /events/a     | 403",
                "https://app.example    | null                 | cross-site  | /events/a     | 403",
                "*                      | https://evil.example | cross-site  | /events/a     | 200",
                "*                      | -                    | cross-site  | /events/a     | 403",
            })
    void aPageOfAnotherSiteGetsNoStreamThatItMayNotRead(
            String allowed, String origin, String site, String path, int status) throws IOException {
        String[] headers = {
            origin.equals("-") ? "X-None: 1" : "Origin: " + origin,
            site.equals("-") ? "X-Nothing: 1" : "Sec-Fetch-Site: " + site,
            RawClient.EVENT_SOURCE
        };
        try (SseServer server = server(allowed).start()) {
            for (String method : List.of("GET ", "HEAD ")) {
                assertThat(responseHead(server, method + path, headers).get(0)).startsWith("http/1.1 " + status);
            }
            await().untilAsserted(() ->
                    assertThat(server.streams().permits().acquired()).isZero());
        }
        try (SseServer full = server(allowed).maxStreams(0).start()) {
            assertThat(responseHead(full, "GET " + path, headers).get(0)).startsWith("http/1.1 " + status);
        }
    }

    @Test
    void aForeignPageReachesNeitherTheAuthenticatorNorTheRoute() throws IOException {
        AtomicInteger reached = new AtomicInteger();
        Authenticator authenticator = request -> {
            reached.incrementAndGet();
            return CompletableFuture.completedFuture(Identity.UNKNOWN);
        };
        StreamRoute route = request -> {
            reached.incrementAndGet();
            return SseStream.of(sink -> {});
        };
        try (SseServer server = server().streams("/any", route, "GET", "POST")
                .authenticator(authenticator.orAnonymous())
                .connectRate(new Rate(1, Duration.ofDays(1)))
                .start()) {
            for (String request : List.of("GET /any", "HEAD /any", "POST /any", "POST /act")) {
                List<String> head = responseHead(
                        server, request, "Sec-Fetch-Site: cross-site", "Origin: " + STRANGER, "Content-Length: 0");
                assertThat(head.get(0)).as(request).startsWith("http/1.1 403");
            }
            assertThat(reached).hasValue(0);
            assertThat(responseHead(server, "GET /any").get(0))
                    .as("the rate is unused")
                    .startsWith("http/1.1 200");
        }
    }

    private SseServerBuilder server(String allowed) {
        return allowed.equals("-") ? server() : server().cors(allowed);
    }

    @Test
    void aRouteMayDecideForItself() throws IOException {
        try (SseServer server = server().cors(NAMED).start()) {
            assertThat(value(responseHead(server, "GET /varied/a", "Origin: " + NAMED), "vary"))
                    .isEqualTo("cookie | origin");
            for (String request : List.of("GET /own", "GET /own-stream/a", "HEAD /own-stream/a")) {
                assertThat(value(responseHead(server, request, "Origin: " + NAMED), "access-control-allow-origin"))
                        .as(request)
                        .isEqualTo("https://own.example");
            }
        }
    }

    @Test
    void withoutTheOptionThereIsNoHeader() throws IOException {
        try (SseServer server = server().start()) {
            List<String> head = responseHead(server, "GET /events/a", "Origin: " + NAMED);
            assertThat(value(head, "access-control-allow-origin") + value(head, "vary"))
                    .isEmpty();
            assertThat(responseHead(
                                    server,
                                    "OPTIONS /events/a",
                                    "Origin: " + NAMED,
                                    "Access-Control-Request-Method: GET")
                            .get(0))
                    .startsWith("http/1.1 405");
        }
    }

    @ParameterizedTest
    @CsvSource({
        "https://app.example, https://app.example, true",
        "HTTPS://App.Example, https://app.example, true",
        "https://app.example:443, https://app.example, true",
        "http://app.example:80, http://app.example, true",
        "http://localhost:3000, http://localhost:3000, true",
        "http://[::1]:3000, http://[::1]:3000, true",
        "https://*.app.example, https://a.app.example, true",
        "https://*.app.example, https://b.a.app.example, true",
        "https://*.app.example, https://app.example, false",
        "https://*.app.example, https://.app.example, false",
        "https://*.app.example, https://evilapp.example, false",
        "https://*.app.example, http://a.app.example, false",
        "https://*.app.example, https://a.app.example:8443, false",
        "https://*.app.example:8443, https://a.app.example:8443, true",
        "https://*.app.example, https://a.app.example.evil.example, false",
        "https://app.example, https://app.example.evil.example, false",
        "https://app.example, https://app.example:8443, false",
        "https://app.example, http://app.example, false",
        "https://app.example, https://app.example/, false",
    })
    void originsAreComparedAsBrowsersSendThem(String allowed, String origin, boolean matches) throws IOException {
        try (SseServer server = server().cors(allowed).start()) {
            assertThat(value(
                            responseHead(server, "HEAD /events/a", "Origin: " + origin), "access-control-allow-origin"))
                    .isEqualTo(matches ? origin : "");
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "null",
                "app.example",
                "https://",
                "https://app.example/",
                "ftp://app.example",
                "https://*",
                "**"
            })
    void anotherFormIsRejected(String origin) {
        assertThatThrownBy(() -> SseServer.builder().cors(origin))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageStartingWith("cors: \"" + origin + "\" (expected: *, an origin such as https://app.example");
        assertThatThrownBy(() -> SseServer.builder().cors()).hasMessageContaining("at least one");
    }
}
