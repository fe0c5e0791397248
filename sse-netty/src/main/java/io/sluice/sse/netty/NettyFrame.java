package io.sluice.sse.netty;

import io.netty.buffer.ByteBuf;
import io.sluice.sse.hub.Frame;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * A frame as one buffer: an HTTP/1.1 chunk whose payload is the blocks. What needs no chunk framing takes the slice in the
 * middle. Made, held and let go by {@link BatchFramer} only; used again.
 */
final class NettyFrame extends Frame {

    private @Nullable ByteBuf buffer;
    private int payloadStart;
    private int payloadBytes;

    /** Where each block ends, from the start of the payload. */
    private int[] ends = new int[16];

    private int blocks;

    @Override
    public int payloadBytes() {
        return payloadBytes;
    }

    ByteBuf buffer() {
        ByteBuf held = buffer;
        if (held == null) {
            throw new IllegalStateException("the frame has been let go");
        }
        return held;
    }

    void set(ByteBuf newBuffer, int start, int bytes) {
        buffer = newBuffer;
        payloadStart = start;
        payloadBytes = bytes;
    }

    void clear() {
        buffer = null;
        blocks = 0;
    }

    void addBlockEnd(int end) {
        if (blocks == ends.length) {
            ends = Arrays.copyOf(ends, blocks * 2);
        }
        ends[blocks++] = end;
    }

    int payloadStart() {
        return payloadStart;
    }

    /** Where block {@code index} begins in the buffer; one past the last block gives where the payload ends. */
    int blockStart(int index) {
        return payloadStart + (index == 0 ? 0 : ends[index - 1]);
    }
}
