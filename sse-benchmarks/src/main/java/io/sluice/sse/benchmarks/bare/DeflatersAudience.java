package io.sluice.sse.benchmarks.bare;

import io.netty.buffer.ByteBuf;
import io.netty.channel.Channel;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpHeaderValues;
import io.netty.handler.codec.http.HttpHeaders;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.zip.Deflater;

/** Clients of HTTP/1.1 with a deflater each, the usual way to compress streams. Each batch is compressed for each. */
final class DeflatersAudience extends Http1Audience {

    private static final byte[] GZIP_HEAD = {31, (byte) 139, 8, 0, 0, 0, 0, 0, 0, (byte) 255};

    private final Map<Channel, Deflater> deflaters = new LinkedHashMap<>();
    private byte[] compressed = new byte[1 << 16];

    @Override
    void addTo(HttpHeaders headers) {
        headers.set(HttpHeaderNames.CONTENT_ENCODING, HttpHeaderValues.GZIP);
    }

    @Override
    void joined(Channel client) {
        super.joined(client);
        client.writeAndFlush(chunk(GZIP_HEAD, 0, GZIP_HEAD.length), client.voidPromise());
        deflaters.put(client, new Deflater(Deflater.DEFAULT_COMPRESSION, true));
    }

    @Override
    void left(Channel client) {
        Deflater deflater = deflaters.remove(client);
        if (deflater != null) {
            deflater.end();
        }
    }

    @Override
    public void send(ByteBuf events) {
        if (compressed.length < events.readableBytes() * 2) {
            compressed = new byte[events.readableBytes() * 2];
        }
        deflaters.forEach((client, deflater) -> {
            deflater.setInput(events.array(), events.readerIndex(), events.readableBytes());
            int length = deflater.deflate(compressed, 0, compressed.length, Deflater.SYNC_FLUSH);
            client.writeAndFlush(chunk(compressed, 0, length), client.voidPromise());
        });
    }
}
