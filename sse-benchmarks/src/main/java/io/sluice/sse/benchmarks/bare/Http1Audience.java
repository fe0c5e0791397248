package io.sluice.sse.benchmarks.bare;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.PooledByteBufAllocator;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.SimpleChannelInboundHandler;
import io.netty.handler.codec.http.DefaultHttpResponse;
import io.netty.handler.codec.http.FullHttpRequest;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpHeaderValues;
import io.netty.handler.codec.http.HttpHeaders;
import io.netty.handler.codec.http.HttpObjectAggregator;
import io.netty.handler.codec.http.HttpResponseStatus;
import io.netty.handler.codec.http.HttpServerCodec;
import io.netty.handler.codec.http.HttpVersion;
import java.util.LinkedHashSet;
import java.util.Set;

/** Clients of HTTP/1.1: each gets the same chunk. The HTTP handlers leave a pipeline after the head of the response. */
class Http1Audience implements Audience {

    private static final int MAX_BODY_BYTES = 1 << 16;
    private static final int CHUNK_ROOM = 16;

    private final Set<Channel> clients = new LinkedHashSet<>();

    @Override
    public void serve(Channel connection) {
        connection.pipeline().addLast(new HttpServerCodec(), new HttpObjectAggregator(MAX_BODY_BYTES), new Joining());
    }

    @Override
    public void send(ByteBuf events) {
        ByteBuf chunk = chunk(events.array(), events.readerIndex(), events.readableBytes());
        for (Channel client : clients) {
            client.writeAndFlush(chunk.retainedDuplicate(), client.voidPromise());
        }
        chunk.release();
    }

    final Set<Channel> clients() {
        return clients;
    }

    static ByteBuf chunk(byte[] bytes, int from, int length) {
        ByteBuf chunk = PooledByteBufAllocator.DEFAULT.directBuffer(length + CHUNK_ROOM);
        ByteBufUtil.writeAscii(chunk, Integer.toHexString(length));
        ByteBufUtil.writeAscii(chunk, "\r\n");
        chunk.writeBytes(bytes, from, length);
        ByteBufUtil.writeAscii(chunk, "\r\n");
        return chunk;
    }

    /** Adds headers to a response. */
    void addTo(HttpHeaders headers) {}

    /** A client whose response head was written. */
    void joined(Channel client) {
        client.pipeline().remove(HttpServerCodec.class);
        client.pipeline().remove(HttpObjectAggregator.class);
    }

    void left(Channel client) {}

    private final class Joining extends SimpleChannelInboundHandler<FullHttpRequest> {

        @Override
        protected void channelRead0(ChannelHandlerContext context, FullHttpRequest request) {
            DefaultHttpResponse head = new DefaultHttpResponse(HttpVersion.HTTP_1_1, HttpResponseStatus.OK);
            head.headers()
                    .set(HttpHeaderNames.CONTENT_TYPE, HttpHeaderValues.TEXT_EVENT_STREAM)
                    .set(HttpHeaderNames.CACHE_CONTROL, HttpHeaderValues.NO_CACHE)
                    .set(HttpHeaderNames.TRANSFER_ENCODING, HttpHeaderValues.CHUNKED);
            addTo(head.headers());
            context.writeAndFlush(head, context.voidPromise());
            joined(context.channel());
            clients.add(context.channel());
        }

        @Override
        public void channelInactive(ChannelHandlerContext context) {
            if (clients.remove(context.channel())) {
                left(context.channel());
            }
        }

        @Override
        public void exceptionCaught(ChannelHandlerContext context, Throwable cause) {
            context.executor().execute(context::close); // not during the iteration over the clients
        }
    }
}
