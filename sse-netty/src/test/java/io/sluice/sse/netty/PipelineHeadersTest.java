package io.sluice.sse.netty;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelHandler;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelOutboundHandlerAdapter;
import io.netty.channel.ChannelPromise;
import io.netty.channel.SimpleChannelInboundHandler;
import io.netty.channel.embedded.EmbeddedChannel;
import io.netty.handler.codec.http.DefaultFullHttpResponse;
import io.netty.handler.codec.http.FullHttpResponse;
import io.netty.handler.codec.http.HttpContentCompressor;
import io.netty.handler.codec.http.HttpObjectAggregator;
import io.netty.handler.codec.http.HttpRequest;
import io.netty.handler.codec.http.HttpRequestDecoder;
import io.netty.handler.codec.http.HttpResponse;
import io.netty.handler.codec.http.HttpResponseEncoder;
import io.netty.handler.codec.http.HttpResponseStatus;
import io.netty.handler.codec.http.HttpServerCodec;
import io.netty.handler.codec.http.HttpServerKeepAliveHandler;
import io.netty.handler.codec.http.HttpVersion;
import io.netty.handler.codec.http.cors.CorsConfigBuilder;
import io.netty.handler.codec.http.cors.CorsHandler;
import io.netty.handler.stream.ChunkedWriteHandler;
import io.netty.handler.timeout.IdleStateHandler;
import io.netty.util.AttributeKey;
import io.sluice.sse.Event;
import io.sluice.sse.hub.Hub;
import io.sluice.sse.topic.Selector;
import io.sluice.sse.topic.StartPosition;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Supplier;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.slf4j.LoggerFactory;

/** The head of a stream passes the handlers of an application's pipeline, like every response. */
class PipelineHeadersTest {

    private static final AttributeKey<String> USER = AttributeKey.valueOf(PipelineHeadersTest.class, "user");
    private static final String ORIGIN = "Origin: https://app.example\r\n";

    private final Hub hub = Hub.create();

    @AfterEach
    void nothingIsLeft() {
        assertThat(hub.ledger().isZero()).as(hub.ledger().toString()).isTrue();
        hub.close();
    }

    /** Adds typical headers of applications: a request id, cookies, a security header. Counts the responses. */
    private static final class Decorator extends ChannelOutboundHandlerAdapter {
        private int responses;

        @Override
        public void write(ChannelHandlerContext ctx, Object message, ChannelPromise promise) {
            if (message instanceof HttpResponse response) {
                responses++;
                response.headers()
                        .set("x-request-id", "42")
                        .set("strict-transport-security", "max-age=60")
                        .add("set-cookie", "session=1")
                        .add("set-cookie", "theme=dark");
            }
            ctx.write(message, promise);
        }
    }

    private static CorsHandler cors() {
        return new CorsHandler(CorsConfigBuilder.forOrigin("https://app.example")
                .allowCredentials()
                .exposeHeaders("x-request-id")
                .build());
    }

    private SseHandler handler() {
        return SseHandler.serving(hub, "/events/**", StreamRoute.topics());
    }

    private SseHandler handler(StreamRoute route) {
        return SseHandler.serving(hub, "/events/**", route);
    }

    private static void write(EmbeddedChannel channel, String request) {
        channel.writeInbound(Unpooled.copiedBuffer(request, StandardCharsets.US_ASCII));
        channel.runPendingTasks();
    }

    private static String request(String method, String version, String more) {
        return method + " /events/news HTTP/" + version + "\r\nHost: localhost\r\n" + more + "\r\n";
    }

    private static String text(EmbeddedChannel channel) {
        StringBuilder all = new StringBuilder();
        for (ByteBuf part = channel.readOutbound(); part != null; part = channel.readOutbound()) {
            all.append(part.toString(StandardCharsets.UTF_8));
            part.release();
        }
        return all.toString();
    }

    private static Set<String> headerLines(String response) {
        String head = response.substring(0, response.indexOf("\r\n\r\n"));
        return new TreeSet<>(List.of(head.split("\r\n")).subList(1, head.split("\r\n").length));
    }

    @Test
    void aStreamHasEveryHeaderThatThePipelineAddsToOtherResponses() {
        Set<String> onRejection = new TreeSet<>();
        for (String method : List.of("PUT", "HEAD", "GET")) {
            Decorator decorator = new Decorator();
            EmbeddedChannel channel = new EmbeddedChannel(new HttpServerCodec(), cors(), decorator, handler());
            write(channel, request(method, "1.1", ORIGIN));
            String response = text(channel);
            Set<String> lines = headerLines(response);
            if (method.equals("PUT")) {
                assertThat(response).startsWith("HTTP/1.1 405 ");
                lines.removeIf(line -> line.matches("(content-type|content-length|cache-control|allow|connection).*"));
                onRejection.addAll(lines);
                assertThat(onRejection)
                        .contains(
                                "access-control-allow-origin: https://app.example",
                                "access-control-allow-credentials: true",
                                "access-control-expose-headers: x-request-id",
                                "vary: origin",
                                "x-request-id: 42",
                                "strict-transport-security: max-age=60",
                                "set-cookie: session=1",
                                "set-cookie: theme=dark");
            } else {
                assertThat(response).startsWith("HTTP/1.1 200 ");
                assertThat(lines).as(method).containsAll(onRejection);
                assertThat(lines).contains("content-type: text/event-stream");
            }
            assertThat(decorator.responses).as(method).isEqualTo(1);
            channel.finishAndReleaseAll();
        }
    }

    @Test
    void aForeignPageGetsNoStreamUnlessACorsHandlerDecides() {
        String foreign = "Origin: https://evil.example\r\nSec-Fetch-Site: cross-site\r\n";
        assertThat(statusLine(request("GET", "1.1", foreign), handler())).contains(" 403 ");
        assertThat(statusLine(request("HEAD", "1.1", foreign), handler())).contains(" 403 ");
        assertThat(statusLine(request("GET", "1.1", "Sec-Fetch-Site: same-origin\r\n"), handler()))
                .contains(" 200 ");
        String post = request("POST", "1.1", "Content-Length: 0\r\nOrigin: https://evil.example\r\n");
        assertThat(statusLine(post, handler().methods("POST"))).contains(" 403 ");
        assertThat(statusLine(
                        post.replace("https://evil.example", "http://localhost"),
                        handler().methods("POST")))
                .contains(" 200 ");

        Supplier<CorsHandler> strict = () -> new CorsHandler(CorsConfigBuilder.forOrigin("https://app.example")
                .shortCircuit()
                .build());
        assertThat(statusLine(
                        request("GET", "1.1", ORIGIN + "Sec-Fetch-Site: cross-site\r\n"), strict.get(), handler()))
                .contains(" 200 ");
        assertThat(statusLine(request("GET", "1.1", foreign), strict.get(), handler()))
                .contains(" 403 ");
    }

    private static String statusLine(String request, ChannelHandler... handlers) {
        EmbeddedChannel channel = new EmbeddedChannel(new HttpServerCodec());
        channel.pipeline().addLast(handlers);
        write(channel, request);
        String response = text(channel);
        channel.finishAndReleaseAll();
        return response.substring(0, response.indexOf("\r\n"));
    }

    @Test
    void aStreamRejectedByALimitHasThemToo() {
        for (String browser : List.of("", RawClient.EVENT_SOURCE + "\r\n")) {
            StreamLimits none = StreamLimits.DEFAULT.maxStreams(0);
            EmbeddedChannel channel = new EmbeddedChannel(
                    new HttpServerCodec(),
                    cors(),
                    new Decorator(),
                    SseHandler.serving(
                            hub, "/events/**", StreamRoute.topics(), io.sluice.sse.hub.lane.LaneOptions.DEFAULT, none));
            write(channel, request("GET", "1.1", ORIGIN + browser));
            assertThat(headerLines(text(channel)))
                    .contains("access-control-allow-origin: https://app.example", "x-request-id: 42");
            channel.finishAndReleaseAll();
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"1.1", "1.0"})
    void theFramingIsThatOfAStreamWhateverTheHandlersDo(String version) {
        ChannelOutboundHandlerAdapter meddler = new ChannelOutboundHandlerAdapter() {
            @Override
            public void write(ChannelHandlerContext ctx, Object message, ChannelPromise promise) {
                if (message instanceof HttpResponse response) {
                    response.headers()
                            .set("content-type", "text/html")
                            .set("content-length", "5")
                            .set("content-encoding", "gzip")
                            .set("transfer-encoding", "gzip");
                }
                ctx.write(message, promise);
            }
        };
        EmbeddedChannel channel = new EmbeddedChannel(
                new HttpRequestDecoder(),
                new HttpResponseEncoder(),
                new HttpServerKeepAliveHandler(),
                new HttpContentCompressor(),
                new ChunkedWriteHandler(),
                new HttpObjectAggregator(1000),
                meddler,
                new IdleStateHandler(1, 1, 1),
                handler());
        write(channel, request("GET", version, "Accept-Encoding: gzip\r\n"));
        String first = text(channel);
        String start = "retry: 3000\nid: " + hub.headId() + "\n\n";
        assertThat(first).endsWith("\r\n\r\n" + framed(version, start));
        assertThat(headerLines(first))
                .contains("content-type: text/event-stream", "connection: close")
                .noneMatch(line -> version.equals("1.0") && line.startsWith("transfer-encoding"))
                .noneMatch(line -> line.matches("content-(encoding|length).*|.*gzip.*"));
        assertThat(channel.pipeline().names()).hasSize(2).startsWith("sluice-stream");
        hub.publish("news", Event.of("x"));
        channel.runPendingTasks();
        assertThat(text(channel)).isEqualTo(framed(version, "id: " + hub.headId() + "\ndata: x\n\n"));
        channel.finishAndReleaseAll();
    }

    private static String framed(String version, String payload) {
        return version.equals("1.0") ? payload : Integer.toHexString(payload.length()) + "\r\n" + payload + "\r\n";
    }

    /** Passes messages on when the test allows it. */
    private static final class Delayer extends ChannelOutboundHandlerAdapter {
        private Runnable passOn = () -> {};

        @Override
        public void write(ChannelHandlerContext ctx, Object message, ChannelPromise promise) {
            if (message instanceof HttpResponse) {
                passOn = () -> ctx.writeAndFlush(message, promise);
            } else {
                ctx.write(message, promise);
            }
        }
    }

    @Test
    void aHandlerMayDelayTheHeadAndEverythingElseFollowsIt() {
        Delayer delayer = new Delayer();
        Requests requests = new Requests();
        EmbeddedChannel channel = new EmbeddedChannel(new HttpServerCodec(), delayer, handler(), requests);
        write(channel, request("GET", "1.1", "") + request("GET", "1.1", "") + "GET /else HTTP/1.1\r\nHost: a\r\n\r\n");
        hub.publish("news", Event.of("meanwhile"));
        channel.runPendingTasks();
        assertThat(text(channel)).isEmpty();
        delayer.passOn.run();
        channel.runPendingTasks();
        hub.publish("news", Event.of("later"));
        channel.runPendingTasks();
        assertThat(text(channel))
                .startsWith("HTTP/1.1 200 OK\r\n")
                .containsOnlyOnce("HTTP/1.1")
                .containsSubsequence("\r\n\r\n", "retry: 3000", "data: meanwhile", "data: later");
        assertThat(channel.pipeline().names()).hasSize(2).startsWith("sluice-stream");
        assertThat(requests.seen).isZero();
        assertThat(hub.stats().opened()).isEqualTo(1);
        channel.finishAndReleaseAll();
    }

    private static final class Requests extends ChannelInboundHandlerAdapter {
        private int seen;

        @Override
        public void channelRead(ChannelHandlerContext ctx, Object message) throws Exception {
            seen++;
            super.channelRead(ctx, message);
        }
    }

    @Test
    void aHeadThatAHandlerDropsClosesItsConnection() {
        quietly(() -> {
            EmbeddedChannel channel = new EmbeddedChannel(new HttpServerCodec(), new Delayer(), handler());
            channel.freezeTime();
            write(channel, request("GET", "1.1", ""));
            assertThat(channel.isOpen()).isTrue();
            channel.advanceTimeBy(10, TimeUnit.SECONDS);
            channel.runScheduledPendingTasks();
            channel.runPendingTasks();
            assertThat(channel.isOpen()).isFalse();
            assertThat(text(channel)).isEmpty();
            channel.finishAndReleaseAll();
        });
    }

    @Test
    void aClientThatLeavesWhileTheHeadIsDelayedLeavesNothing() {
        Delayer delayer = new Delayer();
        EmbeddedChannel channel = new EmbeddedChannel(new HttpServerCodec(), delayer, handler());
        write(channel, request("GET", "1.1", ""));
        channel.close();
        channel.runPendingTasks();
        delayer.passOn.run();
        channel.runPendingTasks();
        assertThat(text(channel)).isEmpty();
        channel.finishAndReleaseAll();
    }

    @Test
    void aClientIsReleasedEvenIfAHandlerHidesTheEndOfTheConnection() {
        ChannelHandler swallower = new ChannelInboundHandlerAdapter() {
            @Override
            public void channelInactive(ChannelHandlerContext ctx) {}
        };
        EmbeddedChannel channel = new EmbeddedChannel(new HttpServerCodec(), swallower, new Delayer(), handler());
        write(channel, request("GET", "1.1", ""));
        channel.close();
        channel.runPendingTasks();
        assertThat(hub.ledger().isZero()).as(hub.ledger().toString()).isTrue();
        channel.finishAndReleaseAll();
    }

    @Test
    void aHandlerThatThrowsClosesTheConnection() {
        quietly(() -> {
            ChannelHandler broken = new ChannelOutboundHandlerAdapter() {
                @Override
                public void write(ChannelHandlerContext ctx, Object message, ChannelPromise promise) {
                    throw new IllegalStateException("a test wants it so");
                }
            };
            EmbeddedChannel channel = new EmbeddedChannel(new HttpServerCodec(), broken, handler());
            write(channel, request("GET", "1.1", ""));
            assertThat(channel.isOpen()).isFalse();
            assertThat(text(channel)).isEmpty();
            channel.finishAndReleaseAll();
        });
    }

    private static void quietly(Runnable test) {
        Logger log = (Logger) LoggerFactory.getLogger("io.sluice.sse.netty.PipelineUpgrade");
        log.setLevel(Level.OFF);
        try {
            test.run();
        } finally {
            log.setLevel(null);
        }
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void aHandlerMayRespondInsteadAndTheConnectionStaysWithHttp(boolean later) {
        AtomicReference<Runnable> sendNotFound = new AtomicReference<>(() -> {});
        ChannelHandler gate = new ChannelOutboundHandlerAdapter() {
            @Override
            public void write(ChannelHandlerContext ctx, Object message, ChannelPromise promise) {
                if (!(message instanceof HttpResponse)) {
                    ctx.write(message, promise);
                    return;
                }
                DefaultFullHttpResponse no = new DefaultFullHttpResponse(
                        HttpVersion.HTTP_1_1, HttpResponseStatus.FORBIDDEN, Unpooled.EMPTY_BUFFER);
                no.headers().set("content-length", "0");
                if (later) {
                    sendNotFound.set(() -> ctx.writeAndFlush(no, promise));
                } else {
                    ctx.writeAndFlush(no, promise);
                }
            }
        };
        EmbeddedChannel channel = new EmbeddedChannel(new HttpServerCodec(), gate, handler());
        for (int i = 0; i < 2; i++) {
            write(channel, request("GET", "1.1", ""));
            sendNotFound.get().run();
            channel.runPendingTasks();
            assertThat(text(channel)).isEqualTo("HTTP/1.1 403 Forbidden\r\ncontent-length: 0\r\n\r\n");
            assertThat(channel.pipeline().get(HttpServerCodec.class)).isNotNull();
            assertThat(channel.pipeline().names()).doesNotContain("sluice-stream", "sluice-head", "sluice-held");
            assertThat(hub.ledger().isZero()).as(hub.ledger().toString()).isTrue();
        }
        channel.finishAndReleaseAll();
    }

    /** Another handler orders the responses of pipelined requests: an earlier one is written before the head. */
    @Test
    void theResponseOfAnEarlierRequestIsNotTakenForTheHead() {
        AtomicReference<Runnable> passOnHead = new AtomicReference<>();
        AtomicReference<ChannelHandlerContext> slow = new AtomicReference<>();
        ChannelHandler ordering = new ChannelOutboundHandlerAdapter() {
            @Override
            public void write(ChannelHandlerContext ctx, Object message, ChannelPromise promise) {
                if (message instanceof HttpResponse && !(message instanceof FullHttpResponse)) {
                    passOnHead.set(() -> ctx.writeAndFlush(message, promise));
                } else {
                    ctx.write(message, promise);
                }
            }
        };
        ChannelHandler application = new SimpleChannelInboundHandler<HttpRequest>() {
            @Override
            protected void channelRead0(ChannelHandlerContext ctx, HttpRequest request) {
                slow.set(ctx);
            }
        };
        EmbeddedChannel channel = new EmbeddedChannel(new HttpServerCodec(), ordering, handler(), application);
        write(channel, "GET /slow HTTP/1.1\r\nHost: localhost\r\n\r\n" + request("GET", "1.1", ""));
        DefaultFullHttpResponse first = new DefaultFullHttpResponse(
                HttpVersion.HTTP_1_1, HttpResponseStatus.OK, Unpooled.copiedBuffer("first", StandardCharsets.US_ASCII));
        first.headers().set("content-length", "5");
        slow.get().writeAndFlush(first);
        channel.runPendingTasks();
        assertThat(text(channel)).isEqualTo("HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\nfirst");
        passOnHead.get().run();
        channel.runPendingTasks();
        hub.publish("news", Event.of("hello"));
        channel.runPendingTasks();
        assertThat(text(channel))
                .startsWith("HTTP/1.1 200 OK\r\n")
                .doesNotContain("sluice-head")
                .contains("content-type: text/event-stream", "data: hello");
        channel.releaseInbound();
        channel.finishAndReleaseAll();
    }

    // ---- headers of a route

    private static StreamRoute withHeaders() {
        return StreamRoute.topics()
                .with((request, stream) -> stream.header("x-tenant", "acme")
                        .header("Set-Cookie", "a=1")
                        .header("Set-Cookie", "b=2"));
    }

    @OverEachTransport
    void aRouteAddsHeadersOfItsOwn(Transport transport) throws IOException {
        try (SseServer server = TestServers.on(transport)
                .hub(hub)
                .streams("/events/**", withHeaders())
                .start()) {
            for (String method : List.of("GET", "HEAD")) {
                try (RawClient client = RawClient.connect(server.port())) {
                    client.send(request(method, "1.1", "")).awaitHead();
                    assertThat(headerLines(client.stream().rawHead()))
                            .contains("x-tenant: acme", "Set-Cookie: a=1", "Set-Cookie: b=2")
                            .contains("content-type: text/event-stream");
                }
            }
            try (RawClient client = RawClient.open(server.port(), "/events/news")) {
                hub.publish("news", Event.of("hello"));
                client.awaitEvents(1);
            }
            server.close(Duration.ZERO).toCompletableFuture().join();
        }
        TestServers.awaitNothingOwned(hub);
    }

    @Test
    void aRouteAddsHeadersInAnApplicationsPipelineToo() {
        EmbeddedChannel channel = new EmbeddedChannel(new HttpServerCodec(), handler(withHeaders()));
        write(channel, request("GET", "1.1", ""));
        assertThat(headerLines(text(channel))).contains("x-tenant: acme", "Set-Cookie: a=1", "Set-Cookie: b=2");
        channel.finishAndReleaseAll();
    }

    @Test
    void headersCannotBeForgedAndStreamHeadersCannotBeReplaced() {
        SseStream stream = SseStream.of(Selector.of("a"), StartPosition.live());
        Map<String, String> bad = new LinkedHashMap<>();
        bad.put("x", "a\r\nset-cookie: b");
        bad.put("x-lf", "a\nb");
        bad.put("x-nul", "a\0");
        bad.put("x\r\ny", "a");
        bad.put("x y", "a");
        bad.put("", "a");
        for (String name : List.of(
                "Content-Type",
                "content-length",
                "Transfer-Encoding",
                "CONNECTION",
                "content-encoding",
                "keep-alive",
                "upgrade",
                "trailer",
                "cache-control",
                "x-accel-buffering",
                "x-content-type-options")) {
            bad.put(name, "1");
        }
        bad.forEach((name, value) -> assertThatIllegalArgumentException()
                .as(name)
                .isThrownBy(() -> stream.header(name, value))
                .withMessageStartingWith("header: "));
    }

    // ---- request attributes

    @Test
    void aRouteSeesTheAttributesThatEarlierHandlersHaveSet() {
        AtomicReference<SseRequest> seen = new AtomicReference<>();
        ChannelHandler authentication = new ChannelInboundHandlerAdapter() {
            @Override
            public void channelRead(ChannelHandlerContext ctx, Object message) {
                ctx.channel().attr(USER).set("ann");
                ctx.fireChannelRead(message);
            }
        };
        EmbeddedChannel channel = new EmbeddedChannel(
                new HttpServerCodec(),
                authentication,
                handler(StreamRoute.topics().with((request, stream) -> {
                    seen.set(request);
                    return stream;
                })));
        write(channel, request("GET", "1.1", ""));
        assertThat(seen.get().attribute(USER)).isEqualTo("ann");
        AttributeKey<String> other = AttributeKey.valueOf(PipelineHeadersTest.class, "other");
        assertThat(seen.get().attribute(other)).isNull();
        assertThat(channel.hasAttr(other)).isFalse();
        assertThat(seen.get().sslSession()).isNull();
        channel.releaseOutbound();
        channel.finishAndReleaseAll();
    }
}
