package io.sluice.sse.netty;

import io.netty.buffer.ByteBuf;
import io.netty.util.ResourceLeakDetector;
import io.sluice.sse.hub.lane.Frame;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * A frame as one buffer: an HTTP/1.1 chunk whose payload is the blocks. What needs no chunk framing takes the slice in the
 * middle. Made, held and let go by {@link BatchFramer} only; used again.
 */
final class NettyFrame extends Frame {

    private @Nullable ByteBuf buffer;
    /** The same, for what each client is given: see {@link #withoutTracking}. */
    private @Nullable ByteBuf shared;

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
        return held(buffer);
    }

    /** What is taken from it and given to a client holds the buffer, and is given back by itself. */
    ByteBuf shared() {
        return held(shared);
    }

    private static ByteBuf held(@Nullable ByteBuf buffer) {
        if (buffer == null) {
            throw new IllegalStateException("the frame has been let go");
        }
        return buffer;
    }

    /**
     * A buffer that the leak detector has picked, one of 128, would have every duplicate of it tracked, with a stack trace
     * for each client: such a pass takes much longer than the others. At its usual level the duplicates do without. A
     * channel that kept one would show in the ledger only, as a frame that stays in flight; the level of the tests tracks each.
     */
    private static ByteBuf withoutTracking(ByteBuf buffer) {
        boolean samples = ResourceLeakDetector.getLevel() == ResourceLeakDetector.Level.SIMPLE;
        ByteBuf tracked = samples ? buffer.unwrap() : null; // null too if it was not picked, for it is no duplicate
        return tracked == null ? buffer : tracked;
    }

    void set(ByteBuf newBuffer, int start, int bytes) {
        buffer = newBuffer;
        shared = withoutTracking(newBuffer);
        payloadStart = start;
        payloadBytes = bytes;
    }

    void clear() {
        buffer = null;
        shared = null;
        blocks = 0;
    }

    void addBlockEnd(int end) {
        if (blocks == ends.length) {
            ends = Arrays.copyOf(ends, blocks * 2);
        }
        ends[blocks++] = end;
    }

    /** Where in the buffer that begins which a client is sent. */
    int start(boolean chunked) {
        return chunked ? buffer().readerIndex() : payloadStart;
    }

    /** How many bytes a client is sent. */
    int bytes(boolean chunked) {
        return chunked ? buffer().readableBytes() : payloadBytes;
    }

    /** Where block {@code index} begins in the buffer; one past the last block gives where the payload ends. */
    int blockStart(int index) {
        return payloadStart + (index == 0 ? 0 : ends[index - 1]);
    }
}
