package io.sluice.sse.benchmarks.bare;

import io.netty.buffer.ByteBuf;
import io.netty.handler.codec.http2.DefaultHttp2DataFrame;
import io.netty.handler.codec.http2.Http2FrameStream;

/** HTTP/2 by Netty's frame codec, a frame object for each stream and batch. */
final class CodecHttp2Audience extends Http2Audience {

    @Override
    void send(Connection connection, ByteBuf bytes) {
        for (Http2FrameStream stream : connection.streams.keySet()) {
            connection.channel.write(
                    new DefaultHttp2DataFrame(bytes.retainedDuplicate()).stream(stream),
                    connection.channel.voidPromise());
        }
        connection.channel.flush();
    }
}
