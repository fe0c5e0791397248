package io.sluice.sse.netty;

import static org.assertj.core.api.Assertions.assertThat;

import io.sluice.sse.Identity;
import io.sluice.sse.topic.AccessRules;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.Timeout;

/**
 * A page of an allowed origin can read each rejection of the server, over each protocol. Only the head of a request
 * that ends before its header Origin cannot name the page.
 */
@Timeout(180)
class CorsRejectionsTest {

    private static final String PAGE = "https://app.example";
    private static final String ORIGIN = "Origin: " + PAGE;
    private static final String ANN = "Authorization: Bearer ann";
    private static final int MAX_LINE = 1_000;
    private static final int MAX_HEADERS = 2_000;

    /**
     * A request and the status of its rejection.
     *
     * @param options of the server
     * @param opensFirst whether the client has a stream before, with the permit that this request needs
     * @param headers before the header Origin
     */
    private record Rejection(
            int status,
            String name,
            String method,
            String path,
            UnaryOperator<SseServerBuilder> options,
            boolean opensFirst,
            String... headers) {}

    private static Rejection of(int status, String name, String method, String path, String... headers) {
        return new Rejection(status, name, method, path, server -> server, false, headers);
    }

    private static Rejection with(
            UnaryOperator<SseServerBuilder> options, int status, String name, String path, String... headers) {
        return new Rejection(status, name, "GET", path, options, false, headers);
    }

    private static Rejection limit(UnaryOperator<SseServerBuilder> options, int status, String name) {
        return new Rejection(status, name, "GET", "/events/a", options, true);
    }

    private static List<Rejection> rejections() {
        Authenticator tokens = Authenticator.bearer(token ->
                CompletableFuture.completedFuture(token.equals("ann") ? Identity.of("ann") : Identity.UNKNOWN));
        AccessRules rules = AccessRules.builder().allow("users/{principal}").build();
        return List.of(
                of(400, "an invalid topic", "GET", "/events/a//b"),
                of(400, "an invalid escape", "GET", "/events/%zz"),
                of(400, "a part of a body", "POST", "/text", "Content-Range: bytes 0-1/2"),
                with(server -> server.authenticator(tokens), 401, "no credentials", "/events/a"),
                with(server -> server.authenticator(tokens), 401, "wrong ones", "/events/a", "Authorization: Bearer x"),
                with(server -> server.authenticator(tokens).access(rules), 403, "a foreign topic", "/events/a", ANN),
                of(404, "nothing there", "GET", "/nothing"),
                of(405, "another method", "DELETE", "/events/a"),
                of(406, "no event stream", "GET", "/events/a", "Accept: image/png"),
                of(414, "a long request line", "GET", "/events/a?" + "x".repeat(MAX_LINE)),
                of(415, "another charset", "POST", "/text", "Content-Type: text/plain; charset=utf-16"),
                with(server -> server.allowedHosts("app.example"), 421, "another host", "/events/a"),
                limit(server -> server.maxStreamsPerAddress(1), 429, "the streams of an address"),
                limit(server -> server.connectRate(new Rate(1, Duration.ofHours(2))), 429, "a rate"),
                of(431, "long headers", "GET", "/events/a", "X: " + "x".repeat(MAX_HEADERS)),
                of(431, "many headers", "GET", "/events/a", "X: y\r\n".repeat(100) + "X: y"),
                of(500, "a route that fails", "GET", "/fails"),
                limit(server -> server.maxStreams(1), 503, "the streams of the server"));
    }

    private static SseServerBuilder server(ClientProtocol protocol) {
        return protocol.on(Transport.AUTO)
                .cors(PAGE)
                .maxRequestLineBytes(MAX_LINE)
                .maxHeaderBytes(MAX_HEADERS)
                .maxBodyBytes(10)
                .streams("/events/**", StreamRoute.topics())
                .route("GET", "/fails", request -> {
                    throw new IllegalStateException("a test wants it so");
                })
                .route(
                        "POST",
                        "/text",
                        request -> RouteResponse.of(200, "text/plain", request.bodyText())
                                .completed());
    }

    @TestFactory
    Stream<DynamicTest> eachRejectionCanBeReadOverEachProtocol() {
        return rejections().stream()
                .flatMap(rejection -> Stream.of(ClientProtocol.values())
                        .map(protocol -> DynamicTest.dynamicTest(
                                rejection.status() + " " + rejection.name() + ", " + protocol,
                                () -> canBeRead(rejection, protocol))));
    }

    private static void canBeRead(Rejection rejection, ClientProtocol protocol) throws IOException {
        List<String> headers = new ArrayList<>(List.of(rejection.headers()));
        headers.add(ORIGIN);
        headers.add("Sec-Fetch-Site: cross-site");
        try (SseServer server = rejection.options().apply(server(protocol)).start();
                StreamClient first = rejection.opensFirst() ? protocol.open(server, "/events/a") : null;
                StreamClient page = protocol.request(
                        server, rejection.method(), rejection.path(), headers.toArray(String[]::new))) {
            assertReadable(page, rejection.status());
        }
    }

    private static void assertReadable(StreamClient page, int status) throws IOException {
        page.awaitHead();
        assertThat(page.stream().status()).isEqualTo(status);
        assertThat(page.stream().header("access-control-allow-origin")).isEqualTo(PAGE);
        assertThat(page.stream().header("access-control-allow-credentials")).isEqualTo("true");
        assertThat(page.stream().header("vary")).isEqualTo("origin");
    }

    /** What only HTTP/1.1 knows, or what only a client with a plain socket sends. */
    @Test
    void eachRejectionOfHttp1CanBeRead() throws IOException {
        String post = "POST /text HTTP/1.1\r\nHost: localhost\r\n" + ORIGIN + "\r\n";
        try (SseServer server = server(ClientProtocol.H1).start()) {
            assertReadable(server, 400, "GET /events/a HTTP/1.1\r\n" + ORIGIN + "\r\n\r\n");
            assertReadable(server, 400, post + "Content Length: 1\r\n\r\n");
            assertReadable(server, 400, post + "Transfer-Encoding: nonsense\r\n\r\n");
            assertReadable(server, 400, post + "Transfer-Encoding: chunked\r\n\r\nnonsense\r\n");
            assertReadable(server, 413, post + "Content-Length: 11\r\n\r\n");
            assertReadable(server, 413, post + "Transfer-Encoding: chunked\r\n\r\nb\r\n" + "x".repeat(11) + "\r\n");
            assertReadable(server, 413, post + "Content-Length: 11\r\nExpect: 100-continue\r\n\r\n");
            assertReadable(server, 417, post + "Content-Length: 1\r\nExpect: something\r\n\r\n");
            assertReadable(server, 505, "GET /events/a HTTP/3.0\r\nHost: localhost\r\n" + ORIGIN + "\r\n\r\n");
        }
    }

    private static void assertReadable(SseServer server, int status, String request) throws IOException {
        try (RawClient page = RawClient.connect(server.port()).send(request)) {
            assertReadable(page, status);
        }
    }

    @Test
    void anUnfinishedHeadWithItsOriginCanBeReadToo() throws IOException {
        String begin = "GET /events/a HTTP/1.1\r\nHost: localhost\r\n" + ORIGIN + "\r\nX: y\r\n";
        try (SseServer server =
                server(ClientProtocol.H1).requestTimeout(Duration.ofSeconds(1)).start()) {
            assertReadable(server, 408, begin);
        }
        try (SseServer server = server(ClientProtocol.H1).maxBufferedBytes(500).start()) {
            assertReadable(server, 503, begin); // each header counts 200 bytes more
        }
    }

    /** Up to twice the maximum, the server reads the header Origin. */
    @Test
    void aRequestLineThatIsMuchTooLongHidesTheOrigin() throws IOException {
        String end = " HTTP/1.1\r\nHost: localhost\r\n" + ORIGIN + "\r\n\r\n";
        try (SseServer server = server(ClientProtocol.H1).start()) {
            assertReadable(server, 414, "GET /" + "x".repeat(2 * MAX_LINE - 20) + end);
            try (RawClient page =
                    RawClient.connect(server.port()).send("GET /" + "x".repeat(2 * MAX_LINE + 20) + end)) {
                page.awaitHead();
                assertThat(page.stream().status()).isEqualTo(414);
                assertThat(page.stream().header("access-control-allow-origin")).isNull();
                assertThat(page.stream().header("vary")).isEqualTo("origin");
            }
        }
    }
}
