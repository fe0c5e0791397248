package io.sluice.sse.benchmarks.compare;

import io.netty.bootstrap.ServerBootstrap;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.PooledByteBufAllocator;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.ChannelOption;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.SimpleChannelInboundHandler;
import io.netty.channel.epoll.EpollIoHandler;
import io.netty.channel.epoll.EpollServerSocketChannel;
import io.netty.handler.codec.http.DefaultFullHttpResponse;
import io.netty.handler.codec.http.DefaultHttpResponse;
import io.netty.handler.codec.http.FullHttpRequest;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpHeaderValues;
import io.netty.handler.codec.http.HttpMethod;
import io.netty.handler.codec.http.HttpObjectAggregator;
import io.netty.handler.codec.http.HttpResponseStatus;
import io.netty.handler.codec.http.HttpServerCodec;
import io.netty.handler.codec.http.HttpVersion;
import java.util.LinkedHashSet;
import java.util.Set;

/**
 * A peer: the minimal Netty server that does not merge events. It has one loop. HTTP handlers leave a client's pipeline
 * after the response head. An event is framed once; each client gets a duplicate of the buffer, written and flushed at
 * once.
 */
final class BareNetty extends SimpleChannelInboundHandler<FullHttpRequest> {

    private static final int MAX_BODY_BYTES = 4 << 20;

    private final Set<Channel> clients; // used by the one loop only

    private BareNetty(Set<Channel> clients) {
        this.clients = clients;
    }

    /** @param arguments the port */
    public static void main(String[] arguments) throws InterruptedException {
        Set<Channel> clients = new LinkedHashSet<>();
        EventLoopGroup loop = new MultiThreadIoEventLoopGroup(1, EpollIoHandler.newFactory());
        new ServerBootstrap()
                .group(loop)
                .channel(EpollServerSocketChannel.class)
                .option(ChannelOption.SO_BACKLOG, 4096)
                .childOption(ChannelOption.TCP_NODELAY, true)
                .childHandler(new ChannelInitializer<>() {
                    @Override
                    protected void initChannel(Channel channel) {
                        channel.pipeline()
                                .addLast(
                                        new HttpServerCodec(),
                                        new HttpObjectAggregator(MAX_BODY_BYTES),
                                        new BareNetty(clients));
                    }
                })
                .bind("127.0.0.1", Integer.parseInt(arguments[0]))
                .sync()
                .channel()
                .closeFuture()
                .sync();
    }

    @Override
    protected void channelRead0(ChannelHandlerContext context, FullHttpRequest request) {
        if (request.method().equals(HttpMethod.POST)) {
            publish(request.content());
            DefaultFullHttpResponse ok = new DefaultFullHttpResponse(
                    HttpVersion.HTTP_1_1, HttpResponseStatus.OK, context.alloc().buffer(0));
            ok.headers().set(HttpHeaderNames.CONTENT_LENGTH, 0);
            context.writeAndFlush(ok, context.voidPromise());
            return;
        }
        DefaultHttpResponse head = new DefaultHttpResponse(HttpVersion.HTTP_1_1, HttpResponseStatus.OK);
        head.headers()
                .set(HttpHeaderNames.CONTENT_TYPE, HttpHeaderValues.TEXT_EVENT_STREAM)
                .set(HttpHeaderNames.CACHE_CONTROL, HttpHeaderValues.NO_CACHE)
                .set(HttpHeaderNames.TRANSFER_ENCODING, HttpHeaderValues.CHUNKED);
        context.writeAndFlush(head);
        context.pipeline().remove(HttpServerCodec.class);
        context.pipeline().remove(HttpObjectAggregator.class);
        clients.add(context.channel());
    }

    private void publish(ByteBuf data) {
        int bytes = "data: ".length() + data.readableBytes() + 2;
        ByteBuf chunk = PooledByteBufAllocator.DEFAULT.directBuffer(bytes + 16);
        ByteBufUtil.writeAscii(chunk, Integer.toHexString(bytes) + "\r\ndata: ");
        chunk.writeBytes(data);
        ByteBufUtil.writeAscii(chunk, "\n\n\r\n");
        for (Channel client : clients) {
            client.writeAndFlush(chunk.retainedDuplicate(), client.voidPromise());
        }
        chunk.release();
    }

    @Override
    public void channelInactive(ChannelHandlerContext context) {
        clients.remove(context.channel());
    }

    @Override
    public void exceptionCaught(ChannelHandlerContext context, Throwable cause) {
        context.executor().execute(context::close); // not during the iteration over the clients
    }
}
