package io.sluice.sse.netty;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.bootstrap.ServerBootstrap;
import io.netty.channel.Channel;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.nio.NioIoHandler;
import io.netty.channel.socket.nio.NioServerSocketChannel;
import io.netty.handler.codec.http.HttpServerCodec;
import io.sluice.sse.hub.Hub;
import java.io.IOException;
import java.io.OutputStream;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** A client that writes its whole request before it reads gets the response, even if the server rejects the body. */
@Timeout(120)
class RejectedBodyTest {

    private static final int TRIES = 50;
    private static final byte[] BODY = new byte[1 << 20];

    private static final String HEAD = "POST /p HTTP/1.1\r\nHost: localhost\r\n";

    private static SseServerBuilder server(Transport transport) {
        return TestServers.on(transport)
                .maxBodyBytes(1000)
                .route("POST", "/p", request -> RouteResponse.empty(204).completed());
    }

    private static String exchange(Socket connected, String head) throws IOException {
        try (Socket socket = connected) {
            socket.setSoTimeout((int) RawClient.PATIENCE.toMillis());
            socket.getOutputStream().write(head.getBytes(StandardCharsets.US_ASCII));
            socket.getOutputStream().write(BODY);
            return new String(socket.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        }
    }

    private static void assertWhole(String response, int status) {
        assertThat(response).startsWith("HTTP/1.1 " + status + " ").endsWith("}");
    }

    @OverEachTransport
    void theResponseToALargeBodyArrivesWhole(Transport transport) throws IOException {
        try (SseServer server = server(transport).start()) {
            for (int i = 0; i < TRIES; i++) {
                String response = exchange(
                        RawClient.plainSocket(server.port(), 0), HEAD + "Content-Length: " + BODY.length + "\r\n\r\n");
                assertWhole(response, 413);
            }
            TestServers.awaitNothingOwned(server.hub());
            TestServers.awaitNothingScheduled(server);
        }
    }

    /** The rejection waits for the response to an earlier request, and the client sends its body meanwhile. */
    @OverEachTransport
    void theResponseArrivesWholeAfterThatToAnEarlierRequest(Transport transport) throws IOException {
        CompletableFuture<RouteResponse> slow = new CompletableFuture<>();
        SseServerBuilder builder = server(transport).route("GET", "/slow", request -> slow);
        try (SseServer server = builder.start();
                Socket socket = RawClient.plainSocket(server.port(), 0)) {
            socket.setSoTimeout((int) RawClient.PATIENCE.toMillis());
            socket.setSendBufferSize(64 << 10);
            OutputStream out = socket.getOutputStream();
            String head =
                    "GET /slow HTTP/1.1\r\nHost: localhost\r\n\r\n" + HEAD + "Content-Length: " + 24 * BODY.length;
            out.write((head + "\r\n\r\n").getBytes(StandardCharsets.US_ASCII));
            for (int i = 0; i < 16; i++) { // more than the buffers of the sockets, so the server has seen the head
                out.write(BODY);
            }
            slow.complete(RouteResponse.of(200, "text/plain", "slow"));
            for (int i = 0; i < 8; i++) { // with what the buffers hold, less than the server discards
                out.write(BODY);
            }
            String responses = new String(socket.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
            assertThat(responses).contains("\r\n\r\nslowHTTP/1.1 413 ");
            assertWhole(responses, 200);
            socket.close();
            TestServers.awaitNothingOwned(server.hub());
        }
    }

    @Test
    void overTlsToo() throws IOException {
        try (SseServer server = TestTls.serve(server(Transport.AUTO)).start()) {
            for (int i = 0; i < TRIES; i++) {
                Socket socket = TestTls.connect(server.port(), 0, "http/1.1");
                assertWhole(exchange(socket, HEAD + "Content-Length: " + BODY.length + "\r\n\r\n"), 413);
            }
            TestServers.awaitNothingOwned(server.hub());
        }
    }

    /** The body does not count here, but the server must read it all the same. */
    @Test
    void theResponseToAMalformedHeadArrivesWhole() throws IOException {
        try (SseServer server = server(Transport.AUTO).start()) {
            for (int i = 0; i < TRIES; i++) {
                assertWhole(exchange(RawClient.plainSocket(server.port(), 0), HEAD + "no header\r\n\r\n"), 400);
            }
            TestServers.awaitNothingOwned(server.hub());
        }
    }

    @Test
    void inThePipelineOfAnApplicationToo() throws Exception {
        MultiThreadIoEventLoopGroup loops = new MultiThreadIoEventLoopGroup(1, NioIoHandler.newFactory());
        try (Hub hub = Hub.create()) {
            SseHandler handler =
                    SseHandler.serving(hub, "/p", StreamRoute.topics()).methods("POST", "GET");
            Channel listener = new ServerBootstrap()
                    .group(loops)
                    .channel(NioServerSocketChannel.class)
                    .childHandler(new ChannelInitializer<>() {
                        @Override
                        protected void initChannel(Channel channel) {
                            channel.pipeline().addLast(new HttpServerCodec(), handler);
                        }
                    })
                    .bind("127.0.0.1", 0)
                    .sync()
                    .channel();
            int port = ((InetSocketAddress) listener.localAddress()).getPort();
            for (int i = 0; i < TRIES; i++) {
                for (String method : new String[] {"POST", "GET"}) { // too large, and not allowed at all
                    String head = method + " /p HTTP/1.1\r\nHost: localhost\r\nContent-Length: " + 2 * BODY.length;
                    assertWhole(exchange(RawClient.plainSocket(port, 0), head + "\r\n\r\n"), 413);
                }
            }
            listener.close().sync();
        } finally {
            loops.shutdownGracefully();
        }
    }
}
