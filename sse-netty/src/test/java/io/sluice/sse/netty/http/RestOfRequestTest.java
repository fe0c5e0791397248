package io.sluice.sse.netty.http;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.embedded.EmbeddedChannel;
import java.io.IOException;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

/** The bounds of what is discarded, with a clock that the test moves. Sockets are in {@code RejectedBodyTest}. */
class RestOfRequestTest {

    private final EmbeddedChannel channel = new EmbeddedChannel();

    private void add() {
        channel.freezeTime();
        channel.pipeline().addFirst(new RestOfRequest());
    }

    @Test
    void nothingReachesTheOtherHandlers() {
        add();
        ByteBuf piece = Unpooled.buffer().writeZero(100);
        channel.writeInbound(piece);
        assertThat(piece.refCnt()).isZero();
        assertThat(channel.inboundMessages()).isEmpty();
        assertThat(channel.isOpen()).isTrue();
        channel.pipeline().fireExceptionCaught(new IOException("reset"));
        assertThat(channel.isOpen()).isFalse();
        channel.checkException();
    }

    @Test
    void theBytesAreBounded() {
        add();
        for (long sent = 0; sent < RestOfRequest.MAX_BYTES; sent += 1 << 20) {
            assertThat(channel.isOpen()).isTrue();
            channel.writeInbound(Unpooled.buffer().writeZero(1 << 20));
        }
        assertThat(channel.isOpen()).isTrue();
        channel.writeInbound(Unpooled.buffer().writeZero(1));
        assertThat(channel.isOpen()).isFalse();
    }

    @Test
    void theTimeIsBounded() {
        add();
        channel.advanceTimeBy(RestOfRequest.MAX_NANOS - 1, TimeUnit.NANOSECONDS);
        channel.runPendingTasks();
        assertThat(channel.isOpen()).isTrue();
        channel.advanceTimeBy(1, TimeUnit.NANOSECONDS);
        channel.runPendingTasks();
        assertThat(channel.isOpen()).isFalse();
    }

    @Test
    void theTimerEndsWithTheConnection() {
        add();
        assertThat(channel.runScheduledPendingTasks()).isPositive();
        channel.close();
        channel.runPendingTasks();
        assertThat(channel.runScheduledPendingTasks()).isEqualTo(-1);
    }

    @Test
    void aChannelThatIsNoSocketIsClosedAtOnce() {
        RestOfRequest.discard(channel);
        assertThat(channel.isOpen()).isFalse();
    }
}
