package io.sluice.sse.benchmarks.bare;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.PooledByteBufAllocator;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http2.DefaultHttp2Headers;
import io.netty.handler.codec.http2.DefaultHttp2HeadersFrame;
import io.netty.handler.codec.http2.Http2FrameCodec;
import io.netty.handler.codec.http2.Http2FrameCodecBuilder;
import io.netty.handler.codec.http2.Http2FrameStream;
import io.netty.handler.codec.http2.Http2HeadersFrame;
import io.netty.handler.codec.http2.Http2ResetFrame;
import io.netty.handler.codec.http2.Http2Settings;
import io.netty.handler.codec.http2.Http2Stream;
import io.netty.util.ReferenceCountUtil;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.Map;
import java.util.Set;

/** Clients of HTTP/2, with one flush for each connection and batch. */
abstract class Http2Audience implements Audience {

    private static final int MAX_STREAMS = 1_000;

    /** A connection and its streams, each of them a client. */
    static final class Connection {
        final Channel channel;
        final Http2FrameCodec codec;
        /** What it writes does not pass the codec. */
        final ChannelHandlerContext belowCodec;

        final Map<Http2FrameStream, Http2Stream> streams = new LinkedHashMap<>();

        Connection(Channel channel, Http2FrameCodec codec, ChannelHandlerContext belowCodec) {
            this.channel = channel;
            this.codec = codec;
            this.belowCodec = belowCodec;
        }
    }

    private final Set<Connection> connections = new LinkedHashSet<>();

    @Override
    public void serve(Channel channel) {
        Http2FrameCodec codec = Http2FrameCodecBuilder.forServer()
                .initialSettings(Http2Settings.defaultSettings().maxConcurrentStreams(MAX_STREAMS))
                .build();
        ChannelInboundHandlerAdapter below = new ChannelInboundHandlerAdapter();
        channel.pipeline().addLast(below, codec);
        Connection connection =
                new Connection(channel, codec, channel.pipeline().context(below));
        channel.pipeline().addLast(new Joining(connection));
    }

    @Override
    public void send(ByteBuf events) {
        ByteBuf bytes = PooledByteBufAllocator.DEFAULT.directBuffer(events.readableBytes());
        bytes.writeBytes(events, events.readerIndex(), events.readableBytes());
        for (Connection connection : connections) {
            send(connection, bytes);
        }
        bytes.release();
    }

    /** Writes the bytes to each stream of a connection and flushes once. */
    abstract void send(Connection connection, ByteBuf bytes);

    private final class Joining extends ChannelInboundHandlerAdapter {

        private final Connection connection;

        Joining(Connection connection) {
            this.connection = connection;
        }

        @Override
        public void channelRead(ChannelHandlerContext context, Object message) {
            if (message instanceof Http2HeadersFrame request) {
                context.writeAndFlush(new DefaultHttp2HeadersFrame(new DefaultHttp2Headers()
                                .status("200")
                                .set(HttpHeaderNames.CONTENT_TYPE, "text/event-stream")
                                .set(HttpHeaderNames.CACHE_CONTROL, "no-cache"))
                        .stream(request.stream()));
                connection.streams.put(
                        request.stream(),
                        connection.codec.connection().stream(request.stream().id()));
                connections.add(connection);
            } else if (message instanceof Http2ResetFrame reset) {
                connection.streams.remove(reset.stream());
            }
            ReferenceCountUtil.release(message);
        }

        @Override
        public void channelInactive(ChannelHandlerContext context) {
            connections.remove(connection);
        }

        @Override
        public void exceptionCaught(ChannelHandlerContext context, Throwable cause) {
            context.executor().execute(context::close); // not during the iteration over the connections
        }
    }
}
