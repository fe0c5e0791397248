package io.sluice.sse.netty;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelHandler;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.embedded.EmbeddedChannel;
import io.netty.handler.codec.http.HttpContentCompressor;
import io.netty.handler.codec.http.HttpObjectAggregator;
import io.netty.handler.codec.http.HttpRequest;
import io.netty.handler.codec.http.HttpServerCodec;
import io.netty.handler.timeout.IdleStateHandler;
import io.netty.handler.timeout.ReadTimeoutHandler;
import io.sluice.sse.Event;
import io.sluice.sse.Observer;
import io.sluice.sse.Sink;
import io.sluice.sse.hub.Hub;
import io.sluice.sse.netty.stream.NettySink;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The handlers that remain after an upgrade, and the exact bytes that the stream writes. */
class UpgradePipelineTest {

    private static final String HEAD = """
            HTTP/1.1 200 OK\r
            content-type: text/event-stream\r
            cache-control: no-store, no-transform\r
            x-accel-buffering: no\r
            x-content-type-options: nosniff\r
            """;
    private static final String GET = "GET /events/news HTTP/1.1\r\nHost: localhost\r\nAccept-Encoding: gzip\r\n\r\n";

    private final Hub hub = Hub.create();

    @OverEachTransport
    void onlyTheStreamHandlerOfOurOwnPipelineStays(Transport transport) throws Exception {
        CompletableFuture<List<String>> names = new CompletableFuture<>();
        Observer observer = new Observer() {
            @Override
            public void sinkOpened(Sink sink) {
                NettySink opened = (NettySink) sink;
                opened.channel()
                        .eventLoop()
                        .execute(
                                () -> names.complete(opened.channel().pipeline().names()));
            }
        };
        try (Hub observed = Hub.builder().observer(observer).build();
                SseServer server = TestServers.on(transport).hub(observed).start();
                RawClient client = RawClient.open(server.port(), "/events/news")) {
            assertThat(names.get(60, TimeUnit.SECONDS)).hasSize(2).element(0).isEqualTo("sluice-stream");
            assertThat(client.stream().rawHead())
                    .isEqualTo(HEAD + "transfer-encoding: chunked\r\nconnection: close\r\n\r\n");
        }
    }

    @Test
    void handlersBeforeTheCodecOfAForeignPipelineStay() {
        EmbeddedChannel channel = channel(
                new ChannelInboundHandlerAdapter(),
                new HttpServerCodec(),
                new HttpContentCompressor(),
                new HttpObjectAggregator(65_536),
                new IdleStateHandler(1, 1, 1),
                new ReadTimeoutHandler(1),
                new ChannelInboundHandlerAdapter(),
                handler());
        String first = channel.pipeline().names().get(0);
        write(channel, GET);

        assertThat(channel.pipeline().names()).hasSize(3).startsWith(first, "sluice-stream");
        hub.publish("news", Event.of("hello"));
        channel.runPendingTasks();
        RawStream stream = read(channel);
        assertThat(stream.rawHead()).isEqualTo(HEAD + "transfer-encoding: chunked\r\nconnection: close\r\n\r\n");
        assertThat(stream.data()).containsExactly("hello");
        end(channel);
    }

    @Test
    void httpTimersAreRemovedFromAnyPosition() {
        EmbeddedChannel channel =
                channel(new IdleStateHandler(1, 1, 1), new ReadTimeoutHandler(1), new HttpServerCodec(), handler());
        write(channel, GET);
        assertThat(channel.pipeline().names()).hasSize(2).startsWith("sluice-stream");
        end(channel);
    }

    @Test
    void otherRequestsOfAForeignPipelineArePassedOn() {
        RequestCounter next = new RequestCounter();
        EmbeddedChannel channel = channel(new HttpServerCodec(), handler(), next);
        write(channel, "GET /else HTTP/1.1\r\nHost: localhost\r\n\r\n");
        assertThat(next.requests).isEqualTo(1);
        assertThat(channel.pipeline().get(HttpServerCodec.class)).isNotNull();
        channel.finishAndReleaseAll();
    }

    @Test
    void eachFrameIsOneExactChunk() {
        EmbeddedChannel channel = channel(new HttpServerCodec(), handler());
        write(channel, GET);
        String first = text(channel);
        String start = "retry: 3000\nid: " + hub.headId() + "\n\n";
        assertThat(first).endsWith("\r\n\r\n" + chunk(start));
        for (int size : new int[] {1, 15, 16, 255, 256, 4095, 4096, 65_535, 65_536, 1_000_000}) {
            hub.publish("news", Event.of("x".repeat(size)));
            channel.runPendingTasks();
            assertThat(text(channel)).isEqualTo(chunk("id: " + hub.headId() + "\ndata: " + "x".repeat(size) + "\n\n"));
        }
        end(channel);
    }

    @ParameterizedTest
    @CsvSource({"1.0, false", "1.0, true"})
    void http10GetsARawStreamThatEndsWithTheConnection(String version, boolean keepAlive) throws IOException {
        try (SseServer server = TestServers.on(Transport.NIO).start();
                RawClient client = RawClient.connect(server.port())) {
            client.send("GET /events/news HTTP/" + version + "\r\n" + (keepAlive ? "Connection: keep-alive\r\n" : "")
                    + "\r\n");
            client.await(() -> client.stream().retries.size() == 1, "first block");
            assertThat(client.stream().rawHead()).isEqualTo(HEAD + "connection: close\r\n\r\n");
            server.hub().publish("news", Event.of("raw"));
            client.awaitEvents(1);
            assertThat(client.stream().data()).containsExactly("raw");
            server.close(Duration.ZERO);
            assertThat(client.awaitEnd(RawClient.PATIENCE)).isTrue();
        }
    }

    @Test
    void aHeadRequestGetsTheHeadersAndOpensNothing() throws IOException {
        try (SseServer server = TestServers.on(Transport.NIO).start();
                RawClient client = RawClient.connect(server.port())) {
            client.send("HEAD /events/news HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n");
            assertThat(client.awaitEnd(RawClient.PATIENCE)).isTrue();
            assertThat(client.stream().status()).isEqualTo(200);
            assertThat(client.stream().header("content-type")).isEqualTo("text/event-stream");
            assertThat(client.stream().header("cache-control")).isEqualTo("no-store, no-transform");
            assertThat(client.stream().header("x-accel-buffering")).isEqualTo("no");
            assertThat(client.stream().retries).isEmpty();
            assertThat(server.hub().stats().opened()).isZero();
        }
    }

    private SseHandler handler() {
        return SseHandler.serving(hub, "/events/**", StreamRoute.topics());
    }

    private static EmbeddedChannel channel(ChannelHandler... handlers) {
        return new EmbeddedChannel(handlers);
    }

    private static void write(EmbeddedChannel channel, String request) {
        channel.writeInbound(Unpooled.copiedBuffer(request, StandardCharsets.US_ASCII));
        channel.runPendingTasks();
    }

    private static String text(EmbeddedChannel channel) {
        StringBuilder all = new StringBuilder();
        for (ByteBuf part = channel.readOutbound(); part != null; part = channel.readOutbound()) {
            all.append(part.toString(StandardCharsets.US_ASCII));
            part.release();
        }
        return all.toString();
    }

    private static RawStream read(EmbeddedChannel channel) {
        RawStream stream = new RawStream();
        for (ByteBuf part = channel.readOutbound(); part != null; part = channel.readOutbound()) {
            byte[] bytes = ByteBufUtil.getBytes(part);
            part.release();
            stream.feed(bytes, 0, bytes.length);
        }
        return stream;
    }

    private static String chunk(String payload) {
        return Integer.toHexString(payload.length()) + "\r\n" + payload + "\r\n";
    }

    private void end(EmbeddedChannel channel) {
        channel.releaseOutbound(); // the bytes that a client would have read
        channel.finishAndReleaseAll();
        assertThat(hub.ledger().isZero()).as(hub.ledger().toString()).isTrue();
        hub.close();
    }

    private static final class RequestCounter extends ChannelInboundHandlerAdapter {
        private int requests;

        @Override
        public void channelRead(ChannelHandlerContext ctx, Object message) throws Exception {
            requests += message instanceof HttpRequest ? 1 : 0;
            super.channelRead(ctx, message);
        }
    }
}
