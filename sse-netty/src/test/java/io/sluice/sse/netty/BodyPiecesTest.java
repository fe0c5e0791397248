package io.sluice.sse.netty;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.PooledByteBufAllocator;
import io.netty.channel.embedded.EmbeddedChannel;
import io.netty.handler.codec.http.FullHttpRequest;
import io.netty.handler.codec.http.HttpServerCodec;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.Test;

/** The pieces of an unfinished body hold their own bytes, not the buffers in which they arrived. */
class BodyPiecesTest {

    /** Chunks of one byte with extensions of 8,000: 200 buffers arrive for a body of 200 bytes. */
    @Test
    void smallPiecesDoNotHoldTheirReadBuffers() {
        EmbeddedChannel channel = new EmbeddedChannel(
                new HttpServerCodec(), new BodyAggregator(1 << 14, 1 << 14, 1 << 20, new BufferBudget(1 << 20)));
        List<ByteBuf> arrived = new ArrayList<>();
        receive(channel, arrived, "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n");
        for (int i = 0; i < 200; i++) {
            receive(channel, arrived, "1;x=" + "y".repeat(4_000) + "\r\na\r\n");
        }
        assertThat(arrived).filteredOn(buffer -> buffer.refCnt() > 0).isEmpty();
        receive(channel, arrived, "0\r\n\r\n");
        FullHttpRequest request = Objects.requireNonNull(channel.readInbound());
        assertThat(request.content().toString(StandardCharsets.US_ASCII)).isEqualTo("a".repeat(200));
        request.release();
        channel.finishAndReleaseAll();
    }

    private static void receive(EmbeddedChannel channel, List<ByteBuf> arrived, String text) {
        ByteBuf buffer = PooledByteBufAllocator.DEFAULT.directBuffer();
        buffer.writeCharSequence(text, StandardCharsets.US_ASCII);
        arrived.add(buffer);
        channel.writeInbound(buffer);
    }
}
