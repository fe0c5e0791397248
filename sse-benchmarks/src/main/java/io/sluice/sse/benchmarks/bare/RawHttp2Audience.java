package io.sluice.sse.benchmarks.bare;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.PooledByteBufAllocator;
import io.netty.handler.codec.http2.Http2Connection;
import io.netty.handler.codec.http2.Http2Exception;
import io.netty.handler.codec.http2.Http2RemoteFlowController;
import io.netty.handler.codec.http2.Http2Stream;

/**
 * HTTP/2 with the data frames of all streams of a connection in one buffer, which passes the codec by. The windows are
 * those of Netty's flow controller and are charged there, so the codec still handles everything else. A stream without
 * window misses events.
 */
final class RawHttp2Audience extends Http2Audience {

    private static final int FRAME_HEAD = 9;
    private static final int MAX_FRAME = 1 << 14;

    @Override
    void send(Connection connection, ByteBuf bytes) {
        try {
            sendRaw(connection, bytes);
        } catch (Http2Exception e) {
            throw new IllegalStateException(e);
        }
    }

    private static void sendRaw(Connection connection, ByteBuf bytes) throws Http2Exception {
        Http2Connection http2 = connection.codec.connection();
        Http2RemoteFlowController windows = http2.remote().flowController();
        int length = bytes.readableBytes();
        int left = windows.windowSize(http2.connectionStream());
        int used = 0;
        ByteBuf out =
                PooledByteBufAllocator.DEFAULT.directBuffer(connection.streams.size() * (length + 2 * FRAME_HEAD));
        for (Http2Stream stream : connection.streams.values()) {
            if (used + length <= left && windows.windowSize(stream) >= length) {
                appendFrames(out, stream.id(), bytes);
                windows.incrementWindowSize(stream, -length);
                used += length;
            }
        }
        if (used > 0) {
            windows.incrementWindowSize(http2.connectionStream(), -used);
        }
        connection.belowCodec.writeAndFlush(out, connection.belowCodec.voidPromise());
    }

    private static void appendFrames(ByteBuf out, int stream, ByteBuf bytes) {
        int from = bytes.readerIndex();
        for (int left = bytes.readableBytes(); left > 0; ) {
            int part = Math.min(left, MAX_FRAME);
            out.writeMedium(part).writeByte(0).writeByte(0).writeInt(stream).writeBytes(bytes, from, part);
            from += part;
            left -= part;
        }
    }
}
