package io.sluice.sse.netty;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.read.ListAppender;
import io.sluice.sse.Source;
import io.sluice.sse.hub.Hub;
import io.sluice.sse.hub.lane.LaneOptions;
import io.sluice.sse.topic.Selector;
import io.sluice.sse.topic.StartPosition;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.time.Duration;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.slf4j.LoggerFactory;

/** Design, invariant 9: a bad option fails at once, with a message that names the option, the value and the range. */
class OptionsTest {

    private static Stream<Arguments> bad() {
        Duration negative = Duration.ofMillis(-1);
        Duration long366 = Duration.ofDays(366);
        StreamRoute stream = StreamRoute.topics();
        HttpRoute route = request -> RouteResponse.empty(204).completed();
        return Stream.of(
                bad("host: \"\" (expected: a host name or an address)", b -> b.host("")),
                bad("host: \" \" (expected: a host name or an address)", b -> b.host(" ")),
                bad("port: -1 (expected: from 0 to 65535)", b -> b.port(-1)),
                bad("port: 65536 (expected: from 0 to 65535)", b -> b.port(65_536)),
                bad("threads: 0 (expected: from 1 to 1024)", b -> b.threads(0)),
                bad("threads: 1025 (expected: from 1 to 1024)", b -> b.threads(1025)),
                bad("heartbeat: PT-0.001S (expected: from 0 to 365 days)", b -> b.heartbeat(negative)),
                bad("heartbeat: PT8784H (expected: from 0 to 365 days)", b -> b.heartbeat(long366)),
                bad("retry: PT-0.001S (expected: from 0 to 1 day)", b -> b.retry(negative)),
                bad("retry: PT8784H (expected: from 0 to 1 day)", b -> b.retry(long366)),
                bad("retryJitter: -0.1 (expected: from 0 to 1)", b -> b.retryJitter(-0.1)),
                bad("retryJitter: 1.1 (expected: from 0 to 1)", b -> b.retryJitter(1.1)),
                bad("retryJitter: NaN (expected: from 0 to 1)", b -> b.retryJitter(Double.NaN)),
                bad("writeTimeout: PT-0.001S (expected: from 0 to 365 days)", b -> b.writeTimeout(negative)),
                bad("writeTimeout: PT8784H (expected: from 0 to 365 days)", b -> b.writeTimeout(long366)),
                bad(
                        "maxLifetime: PT-0.001S (expected: 0 for no end, or from 1 second to 365 days)",
                        b -> b.maxLifetime(negative)),
                bad(
                        "maxLifetime: PT8784H (expected: 0 for no end, or from 1 second to 365 days)",
                        b -> b.maxLifetime(long366)),
                bad("blockedLaneAfter: PT-0.001S (expected: from 0 to 365 days)", b -> b.blockedLaneAfter(negative)),
                bad("blockedLaneAfter: PT8784H (expected: from 0 to 365 days)", b -> b.blockedLaneAfter(long366)),
                bad("drain: PT-0.001S (expected: from 0 to 365 days)", b -> b.drain(negative)),
                bad("drain: PT8784H (expected: from 0 to 365 days)", b -> b.drain(long366)),
                bad("maxBodyBytes: -1 (expected: from 0 to 2147483639)", b -> b.maxBodyBytes(-1)),
                bad(
                        "maxBodyBytes: 2147483647 (expected: from 0 to 2147483639)",
                        b -> b.maxBodyBytes(Integer.MAX_VALUE)),
                bad("maxStreams: -1 (expected: from 0 to 2147483646)", b -> b.maxStreams(-1)),
                bad("maxStreamsPerAddress: 0 (expected: from 1 to 2147483646)", b -> b.maxStreamsPerAddress(0)),
                bad(
                        "maxStreamsPerKey: -1 (expected: from 1 to 2147483646)",
                        b -> b.maxStreamsPerKey(-1, SseRequest::path)),
                bad("maxConnections: 0 (expected: from 1 to 2147483646)", b -> b.maxConnections(0)),
                bad("requestTimeout: PT-0.001S (expected: from 0 to 365 days)", b -> b.requestTimeout(negative)),
                bad("idleTimeout: PT8784H (expected: from 0 to 365 days)", b -> b.idleTimeout(long366)),
                bad("maxRequestLineBytes: 63 (expected: from 64 to 1048576)", b -> b.maxRequestLineBytes(63)),
                bad("maxHeaderBytes: 1048577 (expected: from 64 to 1048576)", b -> b.maxHeaderBytes((1 << 20) + 1)),
                bad("maxHeaders: 0 (expected: from 1 to 10000)", b -> b.maxHeaders(0)),
                bad("rate: 0 (expected: from 1 to 1000000000)", b -> b.connectRate(new Rate(0, negative))),
                bad(
                        "rate: per PT-0.001S (expected: more than 0 and at most 1 day)",
                        b -> b.connectRate(new Rate(1, negative))),
                bad(
                        "rate: 2 per PT0.000000001S (expected: at most one in a nanosecond)",
                        b -> b.connectRate(new Rate(2, Duration.ofNanos(1)))),
                bad("allowedHosts: none (expected: at least one host name)", b -> b.allowedHosts()),
                bad("allowedHosts: \"\" (expected: a host name or an address)", b -> b.allowedHosts("a", "")),
                bad("allowedHosts: \"a b\" (expected: a host name or an address)", b -> b.allowedHosts("a b")),
                bad(
                        "allowedHosts: \"http://a\" (expected: a host name or an address)",
                        b -> b.allowedHosts("http://a")),
                bad("path: \"events\" (expected: a path that begins with /)", b -> b.streams("events", stream)),
                bad("path: \"x\" (expected: a path that begins with /)", b -> b.route("GET", "x", route)),
                bad(
                        "streams: /s (expected: a path without a stream route)",
                        b -> b.streams("/s", stream).streams("/s", stream)),
                bad(
                        "route: GET /r (expected: a method and path without a route)",
                        b -> b.route("GET", "/r", route).route("GET", "/r", route)),
                bad(
                        "path: \"/a/{id}\" (expected: a path without parameters; end it with /** and read the rest by"
                                + " subPath())",
                        b -> b.streams("/a/{id}", stream)),
                bad(
                        "path: \"/{a}/**\" (expected: a path without parameters; end it with /** and read the rest by"
                                + " subPath())",
                        b -> b.route("GET", "/{a}/**", route)),
                bad("path: \"/a?b=c\" (expected: a path without ? and #)", b -> b.streams("/a?b=c", stream)),
                bad("path: \"/a#b\" (expected: a path without ? and #)", b -> b.route("GET", "/a#b", route)),
                bad(
                        "route: GET /s (expected: a path without a stream route, which answers GET)",
                        b -> b.streams("/s", stream).route("GET", "/s", route)),
                bad(
                        "streams: /s/** (expected: a path without a route of GET, which the stream would answer)",
                        b -> b.route("GET", "/s/**", route).streams("/s/**", stream)),
                bad(
                        "method: \"get\" (expected: a method in upper case; the route of GET also serves HEAD)",
                        b -> b.route("get", "/r", route)),
                bad(
                        "method: \"HEAD\" (expected: a method in upper case; the route of GET also serves HEAD)",
                        b -> b.route("HEAD", "/r", route)),
                bad(
                        "method: \"\" (expected: a method in upper case; the route of GET also serves HEAD)",
                        b -> b.route("", "/r", route)));
    }

    private static Arguments bad(String message, Consumer<SseServerBuilder> option) {
        return Arguments.of(message, option);
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("bad")
    void theMessageOfABadOptionNamesTheProblem(String message, Consumer<SseServerBuilder> option) {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> option.accept(SseServer.builder()))
                .withMessage(message);
    }

    @Test
    void aNullIsReportedWithItsOption() {
        SseServerBuilder builder = SseServer.builder();
        assertThatThrownBy(() -> builder.hub(null)).hasMessage("hub");
        assertThatThrownBy(() -> builder.transport(null)).hasMessage("transport");
        assertThatThrownBy(() -> builder.connectRate(null)).hasMessage("connectRate");
        assertNamed("host", () -> builder.host(null));
        assertNamed("heartbeat", () -> builder.heartbeat(null));
        assertNamed("retry", () -> builder.retry(null));
        assertNamed("writeTimeout", () -> builder.writeTimeout(null));
        assertNamed("maxLifetime", () -> builder.maxLifetime(null));
        assertNamed("blockedLaneAfter", () -> builder.blockedLaneAfter(null));
        assertNamed("drain", () -> builder.drain(null));
        assertNamed("requestTimeout", () -> builder.requestTimeout(null));
        assertNamed("idleTimeout", () -> builder.idleTimeout(null));
        assertNamed("trustedProxies", () -> builder.trustedProxies(null));
        assertNamed("allowedHosts", () -> builder.allowedHosts("a", null));
        assertNamed("path", () -> builder.streams(null, StreamRoute.topics()));
        assertNamed("method", () -> builder.route(null, "/s", request -> null));
        assertNamed("path", () -> builder.route("GET", null, request -> null));
        assertThatThrownBy(() -> builder.maxStreamsPerKey(1, null)).hasMessage("key");
        assertThatThrownBy(() -> builder.streams("/s", null)).hasMessage("route");
        assertThatThrownBy(() -> builder.route("GET", "/s", null)).hasMessage("route");
    }

    @Test
    void aNullOfAStreamIsReportedAtTheCall() {
        Source source = sink -> {};
        SseStream stream = SseStream.of(source);
        assertNamed("source", () -> SseStream.of(null));
        assertNamed("selector", () -> SseStream.of(null, StartPosition.live()));
        assertNamed("start", () -> SseStream.of(Selector.of("a"), null));
        assertNamed("source", () -> stream.with((Source) null));
        assertNamed("heartbeat", () -> stream.heartbeat(null));
        assertNamed("mode", () -> stream.drain(null));
        assertNamed("identity", () -> stream.identity(null));
        assertNamed("name", () -> stream.header(null, "x"));
        assertNamed("value", () -> stream.header("x", null));
        assertNamed("more", () -> StreamRoute.topics().with(null));
        RouteResponse response = RouteResponse.empty(204);
        assertNamed("header", () -> response.with(null, "x"));
        assertNamed("value", () -> response.with("x", null));
        assertNamed("body", () -> RouteResponse.of(200, "text/plain", (byte[]) null));
    }

    @Test
    void aNullOfAHandlerIsReportedAtTheCall() {
        StreamRoute route = StreamRoute.topics();
        LaneOptions options = LaneOptions.DEFAULT;
        try (Hub hub = Hub.create()) {
            assertNamed("hub", () -> SseHandler.serving(null, "/s", route));
            assertNamed("path", () -> SseHandler.serving(hub, null, route));
            assertNamed("route", () -> SseHandler.serving(hub, "/s", null));
            assertNamed("options", () -> SseHandler.serving(hub, "/s", route, null));
            assertNamed("limits", () -> SseHandler.serving(hub, "/s", route, options, null));
            SseHandler handler = SseHandler.serving(hub, "/s", route);
            assertNamed("trustedProxies", () -> handler.trustedProxies(null));
            assertNamed("drain", () -> handler.drain(null));
        }
    }

    private static void assertNamed(String argument, ThrowingCallable call) {
        assertThatThrownBy(call).isInstanceOf(NullPointerException.class).hasMessage(argument);
    }

    @OverEachTransport
    void theMessageNamesAPortInUseAndNothingIsLeft(Transport transport) throws IOException {
        try (ServerSocket taken = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            SseServerBuilder builder = TestServers.on(transport).port(taken.getLocalPort());
            assertThatThrownBy(builder::start)
                    .isInstanceOf(IOException.class)
                    .hasMessageStartingWith(
                            "port: " + taken.getLocalPort() + " (expected: a free port on host 127.0.0.1; ");
        }
        await().untilAsserted(() -> assertThat(TestServers.sluiceThreads()).isEmpty());
    }

    @Test
    void theMessageNamesAHostOfAnotherMachine() {
        assertThatThrownBy(() -> SseServer.builder().host("192.0.2.1").port(0).start())
                .isInstanceOf(IOException.class)
                .hasMessageContaining("(expected: a free port on host 192.0.2.1; ");
    }

    @Test
    void theMessageNamesAnUnknownHostAndNotThePort() {
        assertThatThrownBy(
                        () -> SseServer.builder().host("nosuch.invalid").port(0).start())
                .isInstanceOf(IOException.class)
                .hasMessage(
                        "host: nosuch.invalid (expected: an address of this machine, or a name that resolves to one)");
    }

    @Test
    @EnabledOnOs(OS.LINUX)
    void aMissingTransportIsNamedAndLogged() {
        Logger logger = (Logger) LoggerFactory.getLogger("io.sluice.sse.netty.TransportBackend");
        ListAppender<ILoggingEvent> lines = new ListAppender<>();
        lines.start();
        logger.addAppender(lines);
        logger.setAdditive(false);
        try {
            assertThatIllegalArgumentException()
                    .isThrownBy(() -> SseServer.builder()
                            .transport(Transport.KQUEUE)
                            .port(0)
                            .start())
                    .withMessageStartingWith("transport: kqueue (not available here: ")
                    .withMessageEndingWith("; expected: auto, or a transport that is available)");
        } finally {
            logger.detachAppender(lines);
            logger.setAdditive(true);
        }
        assertThat(lines.list).singleElement().satisfies(line -> {
            assertThat(line.getLevel()).isEqualTo(Level.WARN);
            assertThat(line.getFormattedMessage()).startsWith("transport kqueue is not available here: ");
        });
        // An idle thread of user code, of an earlier test, ends after a second.
        await().untilAsserted(() -> assertThat(TestServers.sluiceThreads()).isEmpty());
    }

    @Test
    void changingTheBuilderDoesNotChangeTheServer() throws IOException {
        try (Hub hub = Hub.create()) {
            SseServerBuilder builder = TestServers.on(Transport.NIO)
                    .hub(hub)
                    .route(
                            "GET",
                            "/r",
                            request ->
                                    RouteResponse.of(200, "text/plain", "one").completed());
            try (SseServer server = builder.start()) {
                builder.route(
                        "GET", "/later", request -> RouteResponse.empty(204).completed());
                builder.route("PUT", "/r", request -> RouteResponse.empty(204).completed());
                try (RawClient client = RawClient.connect(server.port())) {
                    client.send("PUT /r HTTP/1.1\r\nHost: localhost\r\nContent-Length: 0\r\n\r\n")
                            .awaitHead();
                    assertThat(client.stream().status()).isEqualTo(405);
                }
                try (RawClient client = RawClient.connect(server.port())) {
                    client.get("/later").awaitHead();
                    assertThat(client.stream().status()).isEqualTo(404);
                }
            }
            try (SseServer second = builder.start();
                    RawClient client = RawClient.connect(second.port())) {
                client.get("/later").awaitHead();
                assertThat(client.stream().status()).isEqualTo(204);
            }
        }
    }

    @Test
    void zeroStreamsRejectsAllStreams() throws IOException {
        try (SseServer server = TestServers.on(Transport.NIO).maxStreams(0).start();
                RawClient client = RawClient.connect(server.port());
                RawClient browser = RawClient.connect(server.port())) {
            client.get("/events/a").awaitHead();
            assertThat(client.stream().status()).isEqualTo(503);
            browser.get("/events/a", RawClient.EVENT_SOURCE);
            assertThat(browser.awaitEnd(RawClient.PATIENCE)).isTrue();
            assertThat(browser.stream().status()).isEqualTo(200);
            assertThat(browser.stream().retries)
                    .singleElement()
                    .satisfies(retry -> assertThat(retry).isBetween(1500L, 4500L));
        }
    }
}
