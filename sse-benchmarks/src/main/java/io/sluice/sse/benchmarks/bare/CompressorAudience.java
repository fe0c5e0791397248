package io.sluice.sse.benchmarks.bare;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.PooledByteBufAllocator;
import io.netty.channel.Channel;
import io.netty.handler.codec.http.DefaultHttpContent;
import io.netty.handler.codec.http.HttpContentCompressor;
import io.netty.handler.codec.http.HttpObjectAggregator;
import io.netty.handler.codec.http.HttpServerCodec;

/** Clients of HTTP/1.1 with Netty's compressor in their pipelines. It needs the HTTP codec, which stays. */
final class CompressorAudience extends Http1Audience {

    @Override
    public void serve(Channel connection) {
        super.serve(connection);
        connection
                .pipeline()
                .addAfter(
                        connection.pipeline().context(HttpServerCodec.class).name(), null, new HttpContentCompressor());
    }

    @Override
    void joined(Channel client) {
        client.pipeline().remove(HttpObjectAggregator.class);
    }

    @Override
    public void send(ByteBuf events) {
        ByteBuf bytes = PooledByteBufAllocator.DEFAULT.directBuffer(events.readableBytes());
        bytes.writeBytes(events, events.readerIndex(), events.readableBytes());
        for (Channel client : clients()) {
            client.writeAndFlush(new DefaultHttpContent(bytes.retainedDuplicate()), client.voidPromise());
        }
        bytes.release();
    }
}
