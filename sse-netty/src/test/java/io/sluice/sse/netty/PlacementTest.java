package io.sluice.sse.netty;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;
import static org.assertj.core.api.Assertions.catchThrowable;
import static org.awaitility.Awaitility.await;

import io.netty.bootstrap.ServerBootstrap;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandler;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.ChannelOutboundHandlerAdapter;
import io.netty.channel.ChannelPipeline;
import io.netty.channel.ChannelPromise;
import io.netty.channel.DefaultEventLoop;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.embedded.EmbeddedChannel;
import io.netty.channel.nio.NioIoHandler;
import io.netty.channel.socket.nio.NioServerSocketChannel;
import io.netty.handler.codec.http.DefaultFullHttpRequest;
import io.netty.handler.codec.http.DefaultFullHttpResponse;
import io.netty.handler.codec.http.HttpMethod;
import io.netty.handler.codec.http.HttpRequest;
import io.netty.handler.codec.http.HttpRequestDecoder;
import io.netty.handler.codec.http.HttpResponseStatus;
import io.netty.handler.codec.http.HttpServerCodec;
import io.netty.handler.codec.http.HttpVersion;
import io.netty.util.ReferenceCountUtil;
import io.sluice.sse.Event;
import io.sluice.sse.hub.Hub;
import io.sluice.sse.hub.TransportAccess;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** An SseHandler that cannot serve streams reports what to change, and closes the connection. */
@Timeout(120)
class PlacementTest {

    private static final String GET = "GET /events/news HTTP/1.1\r\nHost: localhost\r\n\r\n";

    private final Hub hub = Hub.create();

    @AfterEach
    void nothingIsLeft() {
        assertThat(hub.ledger().isZero()).as(hub.ledger().toString()).isTrue();
        hub.close();
    }

    private SseHandler handler() {
        return SseHandler.serving(hub, "/events/**", StreamRoute.topics());
    }

    private static ByteBuf bytes(String text) {
        return Unpooled.copiedBuffer(text, StandardCharsets.US_ASCII);
    }

    private static String text(ByteBuf bytes) {
        String text = bytes.toString(StandardCharsets.US_ASCII);
        bytes.release();
        return text;
    }

    /** Asserts a failure when the channel is created or when a request arrives. */
    private static void assertFails(String words, ChannelHandler... handlers) {
        EmbeddedChannel channel = new EmbeddedChannel();
        Throwable failure = catchThrowable(() -> {
            for (ChannelHandler handler : handlers) {
                channel.pipeline().addLast(handler);
            }
            channel.checkException();
            channel.writeInbound(bytes(GET));
        });
        assertThat(failure).isNotNull();
        assertThat(List.of(failure, failure.getCause() == null ? failure : failure.getCause()))
                .anySatisfy(cause -> assertThat(cause)
                        .isInstanceOf(IllegalStateException.class)
                        .hasMessageStartingWith("SseHandler cannot serve in this pipeline: ")
                        .hasMessageContaining(words)
                        .hasMessageContaining("(expected: "));
        channel.runPendingTasks();
        assertThat(channel.isOpen()).isFalse();
        channel.releaseInbound();
        channel.releaseOutbound();
        channel.finishAndReleaseAll();
    }

    @Test
    void aHandlerBeforeTheCodecFails() {
        assertFails("it is before the HTTP codec", handler(), new HttpServerCodec());
    }

    @Test
    void addingAHandlerBeforeAnExistingCodecFails() {
        EmbeddedChannel channel = new EmbeddedChannel(new HttpServerCodec());
        channel.pipeline().addFirst(handler());
        assertThat(catchThrowable(channel::checkException))
                .hasRootCauseInstanceOf(IllegalStateException.class)
                .rootCause()
                .hasMessageContaining("it is before the HTTP codec");
        channel.runPendingTasks();
        assertThat(channel.isOpen()).isFalse();
        channel.finishAndReleaseAll();
    }

    @Test
    void aHandlerWithoutACodecFails() {
        assertFails("there is no HTTP/1.1 codec before it", handler());
    }

    @Test
    void aHandlerWithHalfACodecFails() {
        assertFails("there is no HTTP/1.1 codec before it", new HttpRequestDecoder(), handler());
    }

    /** An HTTP/2 adapter creates HTTP messages in this way, without a codec of HTTP/1.1. */
    @Test
    void requestsThatNoCodecHasDecodedFail() {
        EmbeddedChannel channel = new EmbeddedChannel(handler());
        assertThatIllegalStateException()
                .isThrownBy(() -> channel.writeInbound(
                        new DefaultFullHttpRequest(HttpVersion.HTTP_1_1, HttpMethod.GET, "/events/news")))
                .withMessageContaining("there is no HTTP/1.1 codec before it");
        assertThat(channel.isOpen()).isFalse();
        channel.finishAndReleaseAll();
    }

    @Test
    void aHandlerInAChildChannelOfAnotherConnectionFails() {
        EmbeddedChannel connection = new EmbeddedChannel();
        EmbeddedChannel child = new EmbeddedChannel(
                connection, io.netty.channel.DefaultChannelId.newInstance(), true, true, new HttpServerCodec());
        child.pipeline().addLast(handler());
        assertThat(catchThrowable(child::checkException))
                .rootCause()
                .isInstanceOf(IllegalStateException.class)
                .hasMessageContaining("it serves HTTP/1.1 only");
        child.runPendingTasks();
        assertThat(child.isOpen()).isFalse();
        child.finishAndReleaseAll();
        connection.finishAndReleaseAll();
    }

    @Test
    void theSameHandlerTwiceInOnePipelineFails() {
        SseHandler handler = handler();
        assertFails("has another SseHandler", new HttpServerCodec(), handler, handler);
        assertFails("has another SseHandler", new HttpServerCodec(), handler(), handler());
        assertFails(
                "has another SseHandler",
                new HttpServerCodec(),
                handler,
                handler.trustedProxies(TrustedProxies.of("10.0.0.0/8").byForwarded()));
    }

    @Test
    @SuppressWarnings("deprecation") // Netty deprecates executor groups of handlers, and applications still use them
    void aHandlerOnAnotherThreadThanItsChannelFails() throws Exception {
        DefaultEventLoop other = new DefaultEventLoop();
        CompletableFuture<Throwable> caught = new CompletableFuture<>();
        try (Served served = Served.with(pipeline ->
                pipeline.addLast(new HttpServerCodec(), catching(caught)).addLast(other, handler()))) {
            try (RawClient client = RawClient.connect(served.port())) {
                assertThat(caught.get(60, TimeUnit.SECONDS))
                        .rootCause()
                        .hasMessageContaining("it must run on the event loop of its channel");
                assertThat(client.awaitEnd(RawClient.PATIENCE)).isTrue();
            } finally {
                // Before the loops of the channel, because its tasks pass events on to them. A DefaultEventLoop whose
                // task fails ends, and its termination future has that failure.
                other.shutdownGracefully(0, 1, TimeUnit.SECONDS).syncUninterruptibly();
            }
        }
    }

    private static ChannelHandler catching(CompletableFuture<Throwable> caught) {
        return new ChannelInboundHandlerAdapter() {
            @Override
            public void exceptionCaught(ChannelHandlerContext ctx, Throwable failure) {
                caught.complete(failure);
            }
        };
    }

    @Test
    void severalHandlersOfDifferentPathsAndALateCodecWork() {
        EmbeddedChannel channel =
                new EmbeddedChannel(handler(), SseHandler.serving(hub, "/other/**", StreamRoute.topics()));
        channel.pipeline().addFirst(new HttpServerCodec());
        channel.writeInbound(bytes("GET /other/news HTTP/1.1\r\nHost: localhost\r\n\r\n"));
        assertThat(text(channel.readOutbound())).startsWith("HTTP/1.1 200 ");
        channel.releaseOutbound();
        channel.finishAndReleaseAll();
    }

    /** As after a WebSocket handshake or a CONNECT: the codec has left, and other bytes pass. */
    @Test
    void bytesAfterTheCodecHasLeftArePassedOn() {
        EmbeddedChannel channel = new EmbeddedChannel(new HttpServerCodec(), handler());
        channel.pipeline().remove(HttpServerCodec.class);
        channel.writeInbound(bytes("other bytes"));
        assertThat(text(channel.readInbound())).isEqualTo("other bytes");
        channel.finishAndReleaseAll();
    }

    // ---- after a handler that consumes its requests

    /** Responds to every request itself, as the router of an application does. */
    private static ChannelHandler responding(HttpResponseStatus status) {
        return new ChannelInboundHandlerAdapter() {
            @Override
            public void channelRead(ChannelHandlerContext ctx, Object message) {
                if (message instanceof HttpRequest) {
                    ctx.writeAndFlush(new DefaultFullHttpResponse(HttpVersion.HTTP_1_1, status, Unpooled.EMPTY_BUFFER));
                }
                ReferenceCountUtil.release(message);
            }
        };
    }

    @Test
    void aHandlerAfterOneThatRespondsToItsRequestsIsReported() {
        SseHandler handler = handler();
        EmbeddedChannel channel =
                new EmbeddedChannel(new HttpServerCodec(), responding(HttpResponseStatus.NOT_FOUND), handler);
        channel.writeInbound(bytes("GET /other HTTP/1.1\r\nHost: localhost\r\n\r\n"));
        assertThatIllegalStateException()
                .isThrownBy(() -> channel.writeInbound(bytes(GET)))
                .withMessageContaining("did not reach it, but was answered with status 404")
                .withMessageContaining("(expected: SseHandler before the handler that takes the requests)");
        channel.writeInbound(bytes(GET)); // reported once
        channel.finishAndReleaseAll();
    }

    @Test
    void aHandlerAfterOneThatDropsItsRequestsIsReported() {
        EmbeddedChannel channel = new EmbeddedChannel(
                new HttpServerCodec(),
                new ChannelInboundHandlerAdapter() {
                    @Override
                    public void channelRead(ChannelHandlerContext ctx, Object message) {
                        ReferenceCountUtil.release(message);
                    }
                },
                handler());
        channel.writeInbound(bytes(GET));
        channel.close();
        channel.runPendingTasks();
        assertThatIllegalStateException()
                .isThrownBy(channel::checkException)
                .withMessageContaining("not passed on until the connection closed");
        channel.finishAndReleaseAll();
    }

    @Test
    void aHandlerThatRejectsRequestsIsNotAnError() {
        EmbeddedChannel channel = new EmbeddedChannel(
                new HttpServerCodec(),
                new ChannelInboundHandlerAdapter() {
                    @Override
                    public void channelRead(ChannelHandlerContext ctx, Object message) {
                        if (message instanceof HttpRequest request
                                && !request.headers().contains("authorization")) {
                            ctx.writeAndFlush(new DefaultFullHttpResponse(
                                    HttpVersion.HTTP_1_1, HttpResponseStatus.UNAUTHORIZED, Unpooled.EMPTY_BUFFER));
                        } else {
                            ctx.fireChannelRead(message);
                        }
                    }
                },
                handler());
        channel.writeInbound(bytes(GET));
        channel.releaseOutbound();
        channel.writeInbound(bytes(GET.replace("\r\n\r\n", "\r\nAuthorization: x\r\n\r\n")));
        assertThat(text(channel.readOutbound())).startsWith("HTTP/1.1 200 ");
        assertThat(channel.pipeline().names()).hasSize(2).startsWith("sluice-stream");
        channel.releaseOutbound();
        channel.finishAndReleaseAll();
    }

    /** Authentication may hide a stream by a 404, also before any request has passed it. */
    @Test
    void aHandlerThatHidesStreamsByA404IsNotAnError() {
        EmbeddedChannel channel = new EmbeddedChannel(
                new HttpServerCodec(),
                new ChannelInboundHandlerAdapter() {
                    @Override
                    public void channelRead(ChannelHandlerContext ctx, Object message) {
                        if (message instanceof HttpRequest request
                                && !request.headers().contains("authorization")) {
                            ctx.writeAndFlush(new DefaultFullHttpResponse(
                                    HttpVersion.HTTP_1_1, HttpResponseStatus.NOT_FOUND, Unpooled.EMPTY_BUFFER));
                        } else {
                            ctx.fireChannelRead(message);
                        }
                    }
                },
                handler());
        channel.writeInbound(bytes(GET));
        channel.writeInbound(bytes("GET /other HTTP/1.1\r\nHost: localhost\r\nAuthorization: x\r\n\r\n"));
        channel.writeInbound(bytes("GET /other HTTP/1.1\r\nHost: localhost\r\n\r\n"));
        channel.writeInbound(bytes(GET));
        channel.checkException();
        channel.releaseInbound();
        channel.releaseOutbound();
        channel.finishAndReleaseAll();
    }

    @ParameterizedTest
    @ValueSource(strings = {"/events/news", "/second/news"})
    void eachOfSeveralHandlersIsReported(String path) {
        EmbeddedChannel channel = new EmbeddedChannel(
                new HttpServerCodec(),
                responding(HttpResponseStatus.OK),
                handler(),
                SseHandler.serving(hub, "/second/**", StreamRoute.topics()));
        assertThatIllegalStateException()
                .isThrownBy(() -> channel.writeInbound(bytes("GET " + path + " HTTP/1.1\r\nHost: localhost\r\n\r\n")))
                .withMessageContaining("did not reach it, but was answered with status 200");
        channel.releaseOutbound();
        channel.finishAndReleaseAll();
    }

    // ---- its lanes

    private record Served(Channel listener, EventLoopGroup loops) implements AutoCloseable {

        static Served with(SseHandler handler) {
            return with(pipeline -> pipeline.addLast(new HttpServerCodec(), handler));
        }

        static Served with(Consumer<ChannelPipeline> pipeline) {
            EventLoopGroup loops = new MultiThreadIoEventLoopGroup(2, NioIoHandler.newFactory());
            Channel listener = new ServerBootstrap()
                    .group(loops)
                    .channel(NioServerSocketChannel.class)
                    .childHandler(new ChannelInitializer<>() {
                        @Override
                        protected void initChannel(Channel channel) {
                            pipeline.accept(channel.pipeline());
                        }
                    })
                    .bind("127.0.0.1", 0)
                    .syncUninterruptibly()
                    .channel();
            return new Served(listener, loops);
        }

        int port() {
            return ((InetSocketAddress) listener.localAddress()).getPort();
        }

        @Override
        public void close() {
            listener.close().syncUninterruptibly();
            loops.shutdownGracefully(0, 1, TimeUnit.SECONDS).syncUninterruptibly();
        }
    }

    private int lanes() {
        return TransportAccess.of(hub).all().size();
    }

    @Test
    void aDrainedHandlerLeavesItsHub() throws Exception {
        SseHandler handler = handler();
        try (Served served = Served.with(handler);
                RawClient one = RawClient.open(served.port(), "/events/news");
                RawClient two = RawClient.open(served.port(), "/events/news")) {
            hub.publish("news", Event.of("x"));
            one.awaitEvents(1);
            two.awaitEvents(1);
            assertThat(lanes()).isEqualTo(2);
            handler.drain(Duration.ofMillis(100)).toCompletableFuture().get(60, TimeUnit.SECONDS);
            assertThat(one.awaitEnd(RawClient.PATIENCE)).isTrue();
            assertThat(two.awaitEnd(RawClient.PATIENCE)).isTrue();
            await().untilAsserted(() -> assertThat(lanes()).isZero());
            try (RawClient late = RawClient.connect(served.port()).get("/events/news")) {
                assertThat(late.awaitResponse(RawClient.PATIENCE)).isTrue();
                assertThat(late.stream().status()).isEqualTo(503);
            }
            assertThat(lanes()).isZero();
            assertThat(hub.stats().delivered()).isEqualTo(2);
        }
    }

    @Test
    void aDrainEndsAStreamInOrderEvenIfItsHeadIsStillDelayed() throws Exception {
        SseHandler handler = handler();
        CompletableFuture<Runnable> passOn = new CompletableFuture<>();
        ChannelHandler delayer = new ChannelOutboundHandlerAdapter() {
            @Override
            public void write(ChannelHandlerContext ctx, Object message, ChannelPromise promise) {
                passOn.complete(() -> ctx.executor().execute(() -> ctx.writeAndFlush(message, promise)));
            }
        };
        try (Served served = Served.with(pipeline -> pipeline.addLast(new HttpServerCodec(), delayer, handler));
                RawClient client = RawClient.connect(served.port()).get("/events/news")) {
            Runnable head = passOn.get(60, TimeUnit.SECONDS);
            handler.drain(Duration.ZERO).toCompletableFuture().get(60, TimeUnit.SECONDS);
            await().untilAsserted(() -> assertThat(lanes()).isZero());
            assertThat(hub.subscribers("news")).isZero();
            head.run();
            assertThat(client.awaitEnd(RawClient.PATIENCE)).isTrue();
            assertThat(client.stream().status()).isEqualTo(200);
            assertThat(client.stream().hasEnded()).isTrue();
        }
        TestServers.awaitNothingOwned(hub);
    }

    @Test
    void aHandlerDrainedAfterItsLoopsHaveEndedLeavesItsHub() throws Exception {
        SseHandler handler = handler();
        try (Served served = Served.with(handler)) {
            try (RawClient client = RawClient.open(served.port(), "/events/news")) {
                assertThat(client.stream().status()).isEqualTo(200);
                assertThat(lanes()).isEqualTo(1);
            }
            await().untilAsserted(() -> assertThat(hub.ledger().isZero()).isTrue());
        }
        handler.drain(Duration.ofSeconds(1)).toCompletableFuture().get(60, TimeUnit.SECONDS);
        assertThat(lanes()).isZero();
    }
}
