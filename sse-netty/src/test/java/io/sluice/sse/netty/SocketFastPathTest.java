package io.sluice.sse.netty;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.netty.bootstrap.ServerBootstrap;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandler;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.ChannelOutboundHandlerAdapter;
import io.netty.channel.ChannelPromise;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.epoll.EpollIoHandler;
import io.netty.channel.epoll.EpollServerSocketChannel;
import io.netty.channel.unix.Socket;
import io.netty.handler.codec.http.HttpServerCodec;
import io.sluice.sse.CloseReason;
import io.sluice.sse.Event;
import io.sluice.sse.Ledger;
import io.sluice.sse.Observer;
import io.sluice.sse.Sink;
import io.sluice.sse.hub.Hub;
import io.sluice.sse.netty.frame.BatchFramer;
import io.sluice.sse.netty.frame.NettyFrame;
import io.sluice.sse.netty.stream.NettySink;
import io.sluice.sse.netty.stream.SocketFastPath;
import io.sluice.sse.topic.SinkInfo;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

/** Over epoll frames bypass the pipeline and still arrive as with it: complete, once and in order. */
class SocketFastPathTest {

    /** No part of the text repeats, so duplicated and missing parts are visible. */
    private static String text(int length) {
        StringBuilder text = new StringBuilder(length + 8);
        for (int i = 0; text.length() < length; i++) {
            text.append(i).append(' ');
        }
        return text.substring(0, length);
    }

    @OverEachTransport
    void aPartialWriteIsCompletedInOrder(Transport transport) throws IOException {
        assertCompletesAPartialWrite(transport, "1.1");
    }

    @OverEachTransport
    void aPartialWriteIsCompletedInOrderWithoutChunks(Transport transport) throws IOException {
        assertCompletesAPartialWrite(transport, "1.0");
    }

    private static void assertCompletesAPartialWrite(Transport transport, String version) throws IOException {
        try (SseServer server = TestServers.on(transport).start();
                RawClient client = RawClient.connect(server.port(), 64 * 1024)) {
            client.send("GET /events/a HTTP/" + version + "\r\nHost: localhost\r\n\r\n");
            await().until(() -> server.hub().subscribers("a") == 1);
            String large = text(6_000_000); // more than a socket buffers
            server.hub().publish("a", Event.of("first"));
            server.hub().publish("a", Event.of(large));
            await("pending bytes").until(() -> pendingBytes(server.hub()) > 0);
            server.hub().publish("a", Event.of("after"));
            client.awaitEvents(3);
            assertThat(client.stream().data()).containsExactly("first", large, "after");
            server.hub().publish("a", Event.of("last"));
            client.awaitEvents(4);
            server.hub().publish("a", Event.of(large));
            await("pending bytes").until(() -> pendingBytes(server.hub()) > 0);
            server.close(Duration.ofSeconds(20));
            assertThat(client.awaitEnd(Duration.ofSeconds(20))).isTrue();
            assertThat(client.stream().data()).containsExactly("first", large, "after", "last", large);
            assertThat(client.stream().retries)
                    .as("at the start, and after the rest")
                    .hasSize(2);
        }
    }

    @OverEachTransport
    void noEventOvertakesPendingBytes(Transport transport) throws Exception {
        long seed = System.nanoTime();
        System.out.println("SocketFastPathTest: seed " + seed);
        Random random = new Random(seed);
        // The kernel drops packets that do not fit into a receive buffer of 1 KiB, and sends them again after seconds.
        try (SseServer server = TestServers.on(transport).start();
                RawClient client = RawClient.connect(server.port(), 4_096)) {
            client.get("/events/a");
            await().until(() -> server.hub().subscribers("a") == 1);
            List<String> sent = new ArrayList<>();
            for (int i = 0; i < 400; i++) {
                sent.add(i + " " + text(random.nextInt(random.nextInt(8) == 0 ? 60_000 : 600)));
            }
            CompletableFuture<Void> publisher = CompletableFuture.runAsync(() -> {
                for (String data : sent) {
                    server.hub().publish("a", Event.of(data));
                }
            });
            client.awaitEvents(sent.size());
            publisher.get(60, TimeUnit.SECONDS);
            assertThat(client.stream().data()).isEqualTo(sent);
        }
    }

    /** The event loop does not yet know that the client has left when it writes. */
    @Test
    void aClientFoundDisconnectedIsClosedAndCountsNoDelivery() throws Exception {
        CompletableFuture<Channel> upgraded = new CompletableFuture<>();
        CountDownLatch hasReset = new CountDownLatch(1);
        try (Hub hub = Hub.builder().observer(completing(upgraded)).build();
                SseServer server = TestServers.on(Transport.EPOLL).hub(hub).start()) {
            RawClient client = RawClient.open(server.port(), "/events/a");
            Channel channel = upgraded.get(60, TimeUnit.SECONDS);
            channel.eventLoop().execute(() -> {
                try {
                    hasReset.await(60, TimeUnit.SECONDS);
                } catch (InterruptedException e) {
                    Thread.currentThread().interrupt();
                }
                hub.publish("a", Event.of("x"));
            });
            client.reset();
            hasReset.countDown();
            await().until(() -> hub.stats().closed().get(CloseReason.RESET) == 1);
            assertThat(hub.stats().delivered()).isZero();
            TestServers.awaitNothingOwned(hub);
        }
    }

    @Test
    void aClosedSocketIsNotWrittenTo() throws IOException {
        TestServers.on(Transport.EPOLL);
        BatchFramer framer = new BatchFramer(new Ledger());
        NettyFrame frame = framer.frame(new byte[100], 100);
        Socket socket = Socket.newSocketStream();
        socket.close();
        assertThat(SocketFastPath.send(socket, frame, true)).isZero();
        framer.release(frame);
    }

    /** An application can add a handler before a stream at any time if the pipeline is its own. */
    @Test
    void theHandlersOfAForeignPipelineSeeEveryWrite() throws Exception {
        TestServers.on(Transport.EPOLL);
        AtomicInteger seen = new AtomicInteger();
        CompletableFuture<Channel> accepted = new CompletableFuture<>();
        EventLoopGroup loops = new MultiThreadIoEventLoopGroup(1, EpollIoHandler.newFactory());
        try (Hub hub = Hub.create()) {
            SseHandler handler = SseHandler.serving(hub, "/events/**", StreamRoute.topics());
            Channel listening = new ServerBootstrap()
                    .group(loops)
                    .channel(EpollServerSocketChannel.class)
                    .childHandler(new ChannelInitializer<>() {
                        @Override
                        protected void initChannel(Channel channel) {
                            channel.pipeline().addLast(new HttpServerCodec(), handler);
                            accepted.complete(channel);
                        }
                    })
                    .bind(InetAddress.getLoopbackAddress(), 0)
                    .sync()
                    .channel();
            int port = ((InetSocketAddress) listening.localAddress()).getPort();
            try (RawClient client = RawClient.open(port, "/events/a")) {
                hub.publish("a", Event.of("one"));
                client.awaitEvents(1);
                accepted.get(60, TimeUnit.SECONDS).pipeline().addFirst(counting(seen));
                hub.publish("a", Event.of("two"));
                client.awaitEvents(2);
                assertThat(seen).hasValue(1);
            }
        } finally {
            loops.shutdownGracefully(0, 1, TimeUnit.SECONDS).sync();
        }
    }

    /** Proves that the fast path is used; otherwise the tests above would prove nothing. */
    @Test
    void aServersOwnPipelineIsBypassed() throws Exception {
        AtomicInteger seen = new AtomicInteger();
        CompletableFuture<Channel> upgraded = new CompletableFuture<>();
        try (Hub hub = Hub.builder().observer(completing(upgraded)).build();
                SseServer server = TestServers.on(Transport.EPOLL).hub(hub).start();
                RawClient client = RawClient.open(server.port(), "/events/a")) {
            upgraded.get(60, TimeUnit.SECONDS).pipeline().addFirst(counting(seen));
            hub.publish("a", Event.of("x"));
            client.awaitEvents(1);
            assertThat(seen).hasValue(0);
        }
    }

    private static Observer completing(CompletableFuture<Channel> channel) {
        return new Observer() {
            @Override
            public void sinkOpened(Sink sink) {
                channel.complete(((NettySink) sink).channel());
            }
        };
    }

    private static ChannelHandler counting(AtomicInteger writes) {
        return new ChannelOutboundHandlerAdapter() {
            @Override
            public void write(ChannelHandlerContext ctx, Object message, ChannelPromise promise) {
                writes.incrementAndGet();
                ctx.write(message, promise);
            }
        };
    }

    private static long pendingBytes(Hub hub) {
        return TestServers.sinks(hub).stream().mapToLong(SinkInfo::pendingBytes).sum();
    }
}
