package io.sluice.sse.netty.frame;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.PooledByteBufAllocator;
import io.netty.util.ResourceLeakDetector;
import io.sluice.sse.Ledger;
import io.sluice.sse.hub.lane.Frame;
import java.nio.charset.StandardCharsets;
import java.util.function.Function;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class BatchFramerTest {

    private static final byte[] BLOCK = "data: x\n\n".getBytes(StandardCharsets.UTF_8);

    private final ResourceLeakDetector.Level level = ResourceLeakDetector.getLevel();
    private final Ledger ledger = new Ledger();
    private final BatchFramer framer = new BatchFramer(ledger);

    @AfterEach
    void restore() {
        ResourceLeakDetector.setLevel(level);
    }

    private static NettyFrame frame() {
        ByteBuf buffer =
                PooledByteBufAllocator.DEFAULT.directBuffer(BLOCK.length).writeBytes(BLOCK);
        NettyFrame frame = new NettyFrame();
        frame.set(buffer, 0, BLOCK.length);
        return frame;
    }

    /** The detector samples one of 128 frames at random. */
    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void aFrameSampledByTheLeakDetectorCostsItsClientsNothing(boolean chunked) {
        ResourceLeakDetector.setLevel(ResourceLeakDetector.Level.SIMPLE);
        Function<Frame, ByteBuf> forClient = chunked ? BatchFramer::forChunked : BatchFramer::forRaw;
        int picked = 0;
        for (int i = 0; i < 10_000; i++) {
            NettyFrame frame = frame();
            ByteBuf own = frame.buffer();
            picked += own.unwrap() == null ? 0 : 1;
            ByteBuf client = forClient.apply(frame);
            assertThat(client.getClass().getName()).doesNotContain("Leak");
            framer.release(frame);
            assertThat(own.refCnt()).as("held by both").isEqualTo(2);
            assertThat(ledger.count(Ledger.Kind.BUFFERS)).isEqualTo(1);
            client.release();
            framer.releaseSent();
            assertThat(own.refCnt()).isZero();
            assertThat(ledger.count(Ledger.Kind.BUFFERS)).isZero();
        }
        assertThat(picked).isPositive();
    }
}
