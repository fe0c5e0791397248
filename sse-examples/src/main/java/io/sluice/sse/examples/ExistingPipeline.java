package io.sluice.sse.examples;

import io.netty.bootstrap.ServerBootstrap;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFutureListener;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.SimpleChannelInboundHandler;
import io.netty.channel.nio.NioIoHandler;
import io.netty.channel.socket.nio.NioServerSocketChannel;
import io.netty.handler.codec.http.DefaultFullHttpResponse;
import io.netty.handler.codec.http.FullHttpRequest;
import io.netty.handler.codec.http.FullHttpResponse;
import io.netty.handler.codec.http.HttpObjectAggregator;
import io.netty.handler.codec.http.HttpResponseStatus;
import io.netty.handler.codec.http.HttpServerCodec;
import io.netty.handler.codec.http.HttpVersion;
import io.sluice.sse.Event;
import io.sluice.sse.hub.Hub;
import io.sluice.sse.netty.SseHandler;
import io.sluice.sse.netty.StreamRoute;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.TimeUnit;

/**
 * Adds streams to an existing Netty HTTP server, with one handler after its codec. Start the program, and run in
 * another terminal:
 *
 * <pre>curl -N http://127.0.0.1:8080/events/news
 * curl http://127.0.0.1:8080/anything-else</pre>
 */
public final class ExistingPipeline {

    private ExistingPipeline() {}

    /** Serves, and publishes once a second, until the process is killed. */
    public static void main(String[] args) throws InterruptedException {
        Hub hub = Hub.create();
        EventLoopGroup loops = new MultiThreadIoEventLoopGroup(NioIoHandler.newFactory());
        Channel listener = start(hub, loops, 8080);
        System.out.println("curl -N http:/" + listener.localAddress() + "/events/news");
        while (true) {
            hub.publish("news", Event.of("No news at " + System.currentTimeMillis()));
            TimeUnit.SECONDS.sleep(1);
        }
    }

    static Channel start(Hub hub, EventLoopGroup loops, int port) {
        // one handler for all connections
        SseHandler streams = SseHandler.serving(hub, "/events/**", StreamRoute.topics());
        return new ServerBootstrap()
                .group(loops)
                .channel(NioServerSocketChannel.class)
                .childHandler(new ChannelInitializer<>() {
                    @Override
                    protected void initChannel(Channel channel) {
                        channel.pipeline()
                                .addLast(new HttpServerCodec())
                                .addLast(streams)
                                .addLast(new HttpObjectAggregator(64 * 1024))
                                .addLast(new Rest());
                    }
                })
                .bind("127.0.0.1", port)
                .syncUninterruptibly()
                .channel();
    }

    /** The existing application, which does not need any change. */
    private static final class Rest extends SimpleChannelInboundHandler<FullHttpRequest> {
        @Override
        protected void channelRead0(ChannelHandlerContext ctx, FullHttpRequest request) {
            FullHttpResponse response = new DefaultFullHttpResponse(
                    HttpVersion.HTTP_1_1,
                    HttpResponseStatus.OK,
                    Unpooled.copiedBuffer("the rest of the application\n", StandardCharsets.UTF_8));
            response.headers().set("content-type", "text/plain; charset=utf-8");
            response.headers().set("connection", "close");
            ctx.writeAndFlush(response).addListener(ChannelFutureListener.CLOSE);
        }
    }
}
