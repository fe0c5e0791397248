package io.sluice.sse.netty.http;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.buffer.Unpooled;
import io.netty.channel.embedded.EmbeddedChannel;
import io.netty.handler.codec.http.HttpDecoderConfig;
import io.netty.handler.codec.http.HttpObject;
import io.netty.handler.codec.http.HttpRequest;
import io.netty.util.ReferenceCountUtil;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** A connection reserves exactly what it holds of an unfinished head, or of the unfinished line of a chunk. */
class RequestCodecTest {

    private static final int MAX = 2_000;
    private static final int HEADER_BYTES = 200;
    private static final String HEAD = "POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n";

    private final CountingBudget budget = new CountingBudget();
    private final EmbeddedChannel channel =
            new EmbeddedChannel(new RequestCodec(new HttpDecoderConfig().setMaxInitialLineLength(10_000), budget));

    /** A budget of {@link #MAX} bytes. */
    private static final class CountingBudget implements RequestCodec.Budget {

        private long used;

        @Override
        public boolean tryReserve(long bytes, long request) {
            assertThat(request).isEqualTo(used + bytes); // there is one connection
            if (used + bytes > MAX) {
                return false;
            }
            used += bytes;
            return true;
        }

        @Override
        public void release(long bytes) {
            used -= bytes;
        }

        @Override
        public Throwable rejection() {
            return new IllegalStateException("full");
        }
    }

    @AfterEach
    void close() {
        channel.finishAndReleaseAll();
        assertThat(budget.used).isZero();
    }

    private void send(String text) {
        channel.writeInbound(Unpooled.copiedBuffer(text, StandardCharsets.US_ASCII));
    }

    private boolean isRejected() {
        boolean rejected = false;
        for (HttpObject next = channel.readInbound(); next != null; next = channel.readInbound()) {
            rejected |= next instanceof HttpRequest && next.decoderResult().cause() instanceof IllegalStateException;
            ReferenceCountUtil.release(next);
        }
        return rejected;
    }

    @Test
    void aLineWithoutAnEndCounts() {
        send("GET /" + "x".repeat(95));
        assertThat(budget.used).isEqualTo(100);
        send("y".repeat(50));
        assertThat(budget.used).isEqualTo(150);
        send(" HTTP/1.1\r\na: " + "z".repeat(37));
        assertThat(budget.used).isEqualTo(150 + 11 + HEADER_BYTES + 40);
        send("\r\n\r\n");
        assertThat(budget.used).isZero();
        assertThat(isRejected()).isFalse();

        send(HEAD + "1;" + "x".repeat(98));
        assertThat(budget.used).isEqualTo(100);
        send("\r\n-\r\n0\r\n\r\n");
        assertThat(budget.used).isZero();
        assertThat(isRejected()).isFalse();
    }

    @Test
    void aLineWithoutAnEndIsRejectedPastTheBudget() {
        send("GET /" + "x".repeat(MAX - 5));
        assertThat(isRejected()).isFalse();
        send("x");
        assertThat(isRejected()).isTrue();
        assertThat(budget.used).isZero();
    }

    @Test
    void skippedBytesCostNothing() {
        for (int i = 0; i < MAX; i++) {
            send("\r\n\n");
        }
        assertThat(budget.used).isZero();
        send("\r\nGET / HTTP/1.1\r\n");
        assertThat(isRejected()).isFalse();
        assertThat(budget.used).isPositive();
    }

    @Test
    void whatFollowsAMalformedRequestCostsNothing() {
        send("GET / HTTP/1.1\r\nno header\r\n\r\n");
        for (int i = 0; i < MAX; i++) {
            send("a: b\r\n");
        }
        assertThat(budget.used).isZero();
        assertThat(isRejected()).isFalse();
    }
}
