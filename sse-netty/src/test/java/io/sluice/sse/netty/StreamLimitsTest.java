package io.sluice.sse.netty;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.awaitility.Awaitility.await;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.read.ListAppender;
import com.sun.management.ThreadMXBean;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.embedded.EmbeddedChannel;
import io.netty.handler.codec.http.DefaultHttpRequest;
import io.netty.handler.codec.http.HttpMethod;
import io.netty.handler.codec.http.HttpServerCodec;
import io.netty.handler.codec.http.HttpVersion;
import io.sluice.sse.Event;
import io.sluice.sse.RejectionCounts;
import io.sluice.sse.hub.Hub;
import io.sluice.sse.hub.lane.LaneOptions;
import io.sluice.sse.netty.connection.RejectionLog;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.slf4j.LoggerFactory;

/** A client above a limit is rejected, no other client is disconnected, and each permit is released exactly once. */
@Timeout(300)
class StreamLimitsTest {

    private static final String VIA = "X-Forwarded-For: ";
    private static final TrustedProxies PROXIES = TrustedProxies.of("127.0.0.1").byXForwardedFor();

    @OverEachProtocol
    void streamsOfOneAddressAreLimited(Transport transport, ClientProtocol protocol) throws Exception {
        try (SseServer server = protocol.on(transport)
                        .maxStreamsPerAddress(2)
                        .trustedProxies(PROXIES)
                        .start();
                StreamClient one = protocol.open(server, "/events/a", VIA + "2001:db8:0:1::1");
                StreamClient two = protocol.open(server, "/events/a", VIA + "2001:db8:0:1:ffff::2");
                StreamClient next = protocol.open(server, "/events/a", VIA + "2001:db8:0:2::1");
                StreamClient four = protocol.open(server, "/events/a", VIA + "::ffff:192.0.2.1");
                StreamClient same = protocol.open(server, "/events/a", VIA + "192.0.2.1")) {
            assertRejected(protocol, server, 429, "this address has its maximum of 2 streams", VIA + "2001:db8:0:1::3");
            assertRejected(protocol, server, 429, "this address has its maximum of 2 streams", VIA + "192.0.2.1");
            assertThat(server.hub().rejections().count(RejectionCounts.Kind.STREAMS_PER_ADDRESS))
                    .isEqualTo(4);
            server.hub().publish("a", Event.of("no client was disconnected"));
            for (StreamClient client : List.of(one, two, next, four, same)) {
                client.awaitEvents(1);
            }
            assertThat(server.streams().permits().entries()).isEqualTo(3);
            one.close();
            awaitAcquired(server, 4);
            protocol.open(server, "/events/a", VIA + "2001:db8:0:1::3").close();
            awaitAcquired(server, 4);
        }
    }

    @OverEachProtocol
    void streamsOfOneKeyAreLimited(Transport transport, ClientProtocol protocol) throws Exception {
        try (SseServer server = protocol.on(transport)
                        .maxStreamsPerKey(1, request -> request.header("x-user"))
                        .start();
                StreamClient ann = protocol.open(server, "/events/a", "X-User: ann");
                StreamClient bob = protocol.open(server, "/events/a", "X-User: bob");
                StreamClient keyless = protocol.open(server, "/events/a");
                StreamClient another = protocol.open(server, "/events/a")) {
            assertRejected(protocol, server, 429, "there are 1 streams of this key", "X-User: ann");
            assertThat(server.hub().rejections().count(RejectionCounts.Kind.STREAMS_PER_KEY))
                    .isEqualTo(2);
            ann.close();
            awaitAcquired(server, 3);
            protocol.open(server, "/events/a", "X-User: ann").close();
            assertThat(bob.stream().hasHead()
                            && keyless.stream().hasHead()
                            && another.stream().hasHead())
                    .isTrue();
        }
    }

    /** Asserts that a browser gets a response that lets it reconnect, and other clients the status. Both are closed. */
    private static void assertRejected(
            ClientProtocol protocol, SseServer server, int status, String detail, String header) throws IOException {
        try (StreamClient other = protocol.get(server, "/events/a", header);
                StreamClient browser = protocol.get(server, "/events/a", header, RawClient.EVENT_SOURCE)) {
            assertThat(other.awaitEnd(RawClient.PATIENCE)).isTrue();
            assertThat(other.stream().status()).isEqualTo(status);
            assertThat(other.stream().header("retry-after")).isEqualTo("3");
            assertThat(other.stream().body()).contains(detail);
            assertThat(browser.awaitEnd(RawClient.PATIENCE)).isTrue();
            assertThat(browser.stream().status()).isEqualTo(200);
            assertThat(browser.stream().retries)
                    .singleElement()
                    .satisfies(retry -> assertThat(retry).isBetween(1500L, 4500L));
        }
    }

    @OverEachTransport
    void aClientAboveTheRateLearnsWhenToRetry(Transport transport) throws Exception {
        Rate rate = new Rate(2, Duration.ofHours(2));
        try (SseServer server = TestServers.on(transport)
                .connectRate(rate)
                .trustedProxies(PROXIES)
                .route("POST", "/p", ((HttpRoute) r -> RouteResponse.empty(204).completed()).limitedTo(rate))
                .start()) {
            RawClient.open(server.port(), "/events/a", VIA + "192.0.2.1").close();
            RawClient.open(server.port(), "/events/a", VIA + "192.0.2.1").close();
            try (RawClient third = RawClient.connect(server.port());
                    RawClient browser = RawClient.connect(server.port())) {
                third.get("/events/a", VIA + "192.0.2.1").awaitHead();
                assertThat(third.stream().status()).isEqualTo(429);
                assertThat(Integer.parseInt(third.stream().header("retry-after")))
                        .isBetween(3_400, 3_600);
                browser.get("/events/a", VIA + "192.0.2.1", RawClient.EVENT_SOURCE);
                assertThat(browser.awaitEnd(RawClient.PATIENCE)).isTrue();
                assertThat(browser.stream().status()).isEqualTo(200);
                assertThat(browser.stream().retries)
                        .singleElement()
                        .satisfies(retry -> assertThat(retry).isBetween(1_700_000L, 5_400_000L));
            }
            RawClient.open(server.port(), "/events/a", VIA + "192.0.2.2").close();
            try (RawClient publisher = RawClient.connect(server.port())) {
                for (int status : new int[] {204, 204, 429, 429}) {
                    publisher.send("POST /p HTTP/1.1\r\nHost: localhost\r\nContent-Length: 0\r\n\r\n");
                    publisher.awaitHead();
                    assertThat(publisher.awaitResponse(RawClient.PATIENCE)).isTrue();
                    assertThat(publisher.stream().status()).isEqualTo(status);
                    publisher.nextResponse();
                }
            }
            assertThat(server.hub().rejections().count(RejectionCounts.Kind.CONNECT_RATE))
                    .isEqualTo(2);
            assertThat(server.hub().rejections().count(RejectionCounts.Kind.REQUEST_RATE))
                    .isEqualTo(2);
        }
    }

    @Test
    void aReachedLimitIsLoggedOncePerInterval() throws Exception {
        Logger logger = (Logger) LoggerFactory.getLogger("io.sluice.sse.netty.RejectionLog");
        ListAppender<ILoggingEvent> lines = new ListAppender<>();
        lines.start();
        logger.addAppender(lines);
        try (SseServer server = TestServers.on(Transport.NIO).maxStreams(0).start()) {
            for (int i = 0; i < 20; i++) {
                try (RawClient client = RawClient.connect(server.port())) {
                    client.get("/events/a").awaitHead();
                }
            }
        } finally {
            logger.detachAppender(lines);
        }
        assertThat(lines.list)
                .filteredOn(line -> line.getLevel() == Level.WARN)
                .singleElement()
                .satisfies(
                        line -> assertThat(line.getFormattedMessage())
                                .startsWith(
                                        "the limit streams is reached: 1 rejected since the last warning, most recently /127.0.0.1:"));
    }

    /** Whatever a client does between its first byte and its last, its permits are released. */
    @OverEachTransport
    void everyPermitIsReleasedOnce(Transport transport) throws Exception {
        long seed = Long.getLong("sluice.seed", System.nanoTime());
        System.out.println("everyPermitIsReleasedOnce " + transport + ": -Dsluice.seed=" + seed);
        Random random = new Random(seed);
        StreamRoute route = request -> {
            if ("fails".equals(request.query("route"))) {
                throw new IllegalStateException("a route that fails");
            }
            return StreamRoute.topics().open(request);
        };
        ((Logger) LoggerFactory.getLogger(RouteHandler.class)).setLevel(Level.OFF);
        try (Hub hub = Hub.builder().maxTopics(4).build()) {
            SseServer server = TestServers.on(transport)
                    .hub(hub)
                    .streams("/events/**", route)
                    .maxStreams(12)
                    .maxStreamsPerAddress(5)
                    .maxStreamsPerKey(4, StreamLimitsTest::userOf)
                    .trustedProxies(PROXIES)
                    // io_uring can miss a reset; these timeouts then close unfinished requests and streams
                    .requestTimeout(Duration.ofSeconds(5))
                    .heartbeat(Duration.ofMillis(200))
                    .start();
            List<RawClient> staying = new ArrayList<>();
            for (int round = 0; round < 600; round++) {
                leaveSomehow(random, RawClient.connect(server.port()), staying);
                int taken = server.streams().permits().acquired();
                assertThat(taken).as("seed %d", seed).isBetween(0, 13); // one may be above the limit for a moment
                while (staying.size() > random.nextInt(10)) {
                    RawClient leaving = staying.remove(random.nextInt(staying.size()));
                    if (random.nextBoolean()) {
                        leaving.reset();
                    }
                    leaving.close();
                }
            }
            if (random.nextBoolean()) {
                for (RawClient client : staying) {
                    client.close();
                }
                TestServers.awaitNothingOwned(hub);
                awaitAcquired(server, 0);
            }
            server.close(); // closes the remaining streams, in a drain or when the lane ends
            for (RawClient client : staying) {
                client.close();
            }
            assertThat(server.streams().permits().acquired())
                    .as("seed %d", seed)
                    .isZero();
            assertThat(server.streams().permits().entries()).as("seed %d", seed).isZero();
            TestServers.awaitNothingOwned(hub);
        } finally {
            ((Logger) LoggerFactory.getLogger(RouteHandler.class)).setLevel(null);
        }
    }

    private static Object userOf(SseRequest request) {
        String user = request.header("x-user");
        if ("fails".equals(user)) {
            throw new IllegalStateException("a key that fails");
        }
        return user;
    }

    private static void leaveSomehow(Random random, RawClient client, List<RawClient> staying) throws IOException {
        String user = random.nextInt(10) == 0 ? "fails" : "user" + random.nextInt(3);
        String path = switch (random.nextInt(6)) {
            case 0 -> "/events/a?route=fails";
            case 1 -> "/events/" + random.nextInt(100); // more topics than allowed
            case 2 -> "/events/a//b";
            default -> "/events/a";
        };
        String request = "GET " + path + " HTTP/1.1\r\nHost: localhost\r\nX-User: " + user + "\r\n" + VIA + "192.0.2."
                + random.nextInt(3) + "\r\n\r\n";
        switch (random.nextInt(6)) {
            case 0 -> client.reset();
            case 1 ->
                client.send(request.substring(0, random.nextInt(request.length())))
                        .reset();
            case 2 -> client.send(request).reset();
            case 3 -> client.send(request).finish().close();
            case 4 -> {
                client.send(request).awaitHead();
                client.reset();
            }
            default -> staying.add(client.send(request).awaitHead());
        }
    }

    @Test
    void aHandlerInAForeignPipelineHasTheLimitsOfStreams() {
        try (Hub hub = Hub.create()) {
            StreamLimits limits = StreamLimits.DEFAULT.maxStreamsPerKey(1, request -> request.header("x-user"));
            SseHandler handler = SseHandler.serving(
                            hub, "/events/**", StreamRoute.topics(), LaneOptions.DEFAULT, limits)
                    .trustedProxies(TrustedProxies.of("10.0.0.1").byForwarded());
            EmbeddedChannel one = open(handler);
            EmbeddedChannel two = open(handler);
            assertThat(responseOf(one)).startsWith("HTTP/1.1 200 OK");
            assertThat(responseOf(two)).startsWith("HTTP/1.1 429 ").contains("retry-after: 3", "connection: close");
            assertThat(hub.rejections().count(RejectionCounts.Kind.STREAMS_PER_KEY))
                    .isEqualTo(1);
            one.finishAndReleaseAll();
            EmbeddedChannel three = open(handler);
            assertThat(responseOf(three)).startsWith("HTTP/1.1 200 OK");
            two.finishAndReleaseAll();
            three.finishAndReleaseAll();
            assertThatIllegalArgumentException()
                    .isThrownBy(() ->
                            handler.trustedProxies(TrustedProxies.of("10.0.0.1").byProxyProtocol()))
                    .withMessageStartingWith("trustedProxies: not by a header alone (expected: ");
        }
    }

    private static EmbeddedChannel open(SseHandler handler) {
        EmbeddedChannel channel = new EmbeddedChannel(new HttpServerCodec(), handler);
        channel.writeInbound(Unpooled.copiedBuffer(
                "GET /events/a HTTP/1.1\r\nHost: localhost\r\nX-User: ann\r\n\r\n", StandardCharsets.US_ASCII));
        channel.runPendingTasks();
        return channel;
    }

    private static String responseOf(EmbeddedChannel channel) {
        StringBuilder all = new StringBuilder();
        for (ByteBuf part = channel.readOutbound(); part != null; part = channel.readOutbound()) {
            all.append(part.toString(StandardCharsets.US_ASCII));
            part.release();
        }
        return all.toString();
    }

    /** A flood of rejected clients must not produce garbage: a rejection is created once, and no permit is created. */
    @ParameterizedTest
    @ValueSource(strings = {"total", "address", "key", "rate"})
    void aRejectionLeavesLittleOnTheHeap(String limit) {
        StreamLimits limits = switch (limit) {
            case "total" -> StreamLimits.DEFAULT.maxStreams(1);
            case "address" -> StreamLimits.DEFAULT.maxStreamsPerAddress(1);
            case "key" -> StreamLimits.DEFAULT.maxStreamsPerKey(1, SseRequest::method);
            default -> StreamLimits.DEFAULT.connectRate(new Rate(1, Duration.ofDays(1)));
        };
        RejectionLog log = new RejectionLog(new RejectionCounts());
        StreamPermits permits = new StreamPermits(limits, Duration.ofSeconds(3), null);
        DefaultHttpRequest http = new DefaultHttpRequest(HttpVersion.HTTP_1_1, HttpMethod.GET, "/events/a");
        http.headers().set("host", "localhost").set("x-forwarded-for", "192.0.2.1");
        EmbeddedChannel channel = new EmbeddedChannel() {
            @Override
            protected SocketAddress remoteAddress0() {
                return new InetSocketAddress("127.0.0.1", 1);
            }
        };
        SseRequest request = SseRequest.of(http, channel, new byte[0], PROXIES);
        permits.checkRate(request.remoteAddress());
        Runnable release = permits.acquire(request);
        Runnable reject = () -> {
            try {
                permits.checkRate(request.remoteAddress());
                permits.acquire(request);
                throw new AssertionError("not rejected");
            } catch (HttpStatusException rejection) {
                log.rejected(Objects.requireNonNull(rejection.kind()), request.remoteAddress());
                if (rejection.response().status() < 429) {
                    throw rejection;
                }
            }
        };
        for (int i = 0; i < 20_000; i++) {
            reject.run();
        }
        ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
        long before = threads.getCurrentThreadAllocatedBytes();
        for (int i = 0; i < 10_000; i++) {
            reject.run();
        }
        long each = (threads.getCurrentThreadAllocatedBytes() - before) / 10_000;
        System.out.println("bytes on the heap for a refusal by " + limit + ": " + each);
        assertThat(each).isLessThan(limit.equals("rate") ? 8_000 : 1_000);
        release.run();
        assertThat(permits.entries()).isZero();
        channel.finishAndReleaseAll();
    }

    @Test
    void ratesAreParsed() {
        assertThat(Rate.parse("20/s")).isEqualTo(new Rate(20, Duration.ofSeconds(1)));
        assertThat(Rate.parse("100/m")).isEqualTo(new Rate(100, Duration.ofMinutes(1)));
        assertThat(Rate.parse("5000/h")).isEqualTo(new Rate(5000, Duration.ofHours(1)));
        assertThat(Rate.parse("10/s:50")).isEqualTo(new Rate(10, Duration.ofSeconds(1), 50));
        assertThat(Rate.parse("10/s:50").twice()).isEqualTo(new Rate(20, Duration.ofSeconds(1), 100));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "20",
                "20/",
                "/s",
                "20/d",
                "20 /s",
                "-1/s",
                "0/s",
                "2.5/s",
                "20/S",
                "99999999999/s",
                "1/s:",
                "1/s:0",
                "1/s:x",
                "1/s:2:3"
            })
    void anInvalidRateIsRejected(String text) {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> Rate.parse(text))
                .withMessageStartingWith("rate: ")
                .withMessageContaining("(expected: ");
    }

    private static void awaitAcquired(SseServer server, int permits) {
        await().untilAsserted(
                        () -> assertThat(server.streams().permits().acquired()).isEqualTo(permits));
    }
}
