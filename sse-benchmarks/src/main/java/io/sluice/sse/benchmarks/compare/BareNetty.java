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
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.Map;
import java.util.Set;

/**
 * A peer: the minimal Netty server that does not merge events. It has one loop. HTTP handlers leave a client's pipeline
 * after the response head. An event is framed once; each client gets a duplicate of the buffer, written and flushed at
 * once.
 */
final class BareNetty extends SimpleChannelInboundHandler<FullHttpRequest> {

    private static final int MAX_BODY_BYTES = 4 << 20;
    private static final String TOKENS = "/tokens/";

    private final Set<Channel> clients; // used by the one loop only, as are the token streams
    private final Map<Integer, Channel> tokenStreams;

    private BareNetty(Set<Channel> clients, Map<Integer, Channel> tokenStreams) {
        this.clients = clients;
        this.tokenStreams = tokenStreams;
    }

    /** @param arguments the port */
    public static void main(String[] arguments) throws InterruptedException {
        Set<Channel> clients = new LinkedHashSet<>();
        Map<Integer, Channel> tokenStreams = new HashMap<>();
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
                                        new BareNetty(clients, tokenStreams));
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
            if (request.uri().startsWith(TOKENS)) {
                publishTokens(request.content());
            } else {
                publish(request.content());
            }
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
        if (request.uri().startsWith(TOKENS)) {
            int client = Integer.parseInt(request.uri().substring(request.uri().lastIndexOf('/') + 1));
            tokenStreams.put(client, context.channel());
        } else {
            clients.add(context.channel());
        }
    }

    /** One line for each event: its client and its data. Each event is written and flushed. */
    private void publishTokens(ByteBuf lines) {
        while (lines.isReadable()) {
            int client = 0;
            for (byte digit = lines.readByte(); digit != ' '; digit = lines.readByte()) {
                client = client * 10 + digit - '0';
            }
            ByteBuf chunk = chunk(lines, lines.bytesBefore((byte) '\n'));
            lines.skipBytes(1);
            Channel stream = tokenStreams.get(client);
            if (stream != null) {
                stream.writeAndFlush(chunk, stream.voidPromise());
            } else {
                chunk.release();
            }
        }
    }

    private void publish(ByteBuf data) {
        ByteBuf chunk = chunk(data, data.readableBytes());
        for (Channel client : clients) {
            client.writeAndFlush(chunk.retainedDuplicate(), client.voidPromise());
        }
        chunk.release();
    }

    private static ByteBuf chunk(ByteBuf data, int length) {
        int bytes = "data: ".length() + length + 2;
        ByteBuf chunk = PooledByteBufAllocator.DEFAULT.directBuffer(bytes + 16);
        ByteBufUtil.writeAscii(chunk, Integer.toHexString(bytes) + "\r\ndata: ");
        chunk.writeBytes(data, length);
        ByteBufUtil.writeAscii(chunk, "\n\n\r\n");
        return chunk;
    }

    @Override
    public void channelInactive(ChannelHandlerContext context) {
        clients.remove(context.channel());
        tokenStreams.values().remove(context.channel());
    }

    @Override
    public void exceptionCaught(ChannelHandlerContext context, Throwable cause) {
        context.executor().execute(context::close); // not during the iteration over the clients
    }
}
