package io.sluice.sse.netty.frame;

import io.netty.buffer.ByteBuf;
import io.netty.util.ResourceLeakDetector;
import io.sluice.sse.hub.lane.Frame;
import java.nio.ByteBuffer;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * A frame in one buffer: an HTTP/1.1 chunk whose payload is the blocks. A client without chunked encoding gets the
 * slice with the payload. Only {@link BatchFramer} creates, retains, releases and reuses frames. Confined to its event
 * loop.
 */
public final class NettyFrame extends Frame {

    private @Nullable ByteBuf buffer;
    /** The same buffer, from which the duplicates for the clients are made: see {@link #withoutTracking}. */
    private @Nullable ByteBuf shared;

    /** What compressing clients share; null until the first of them gets the frame. */
    private @Nullable GzipFrame gzip;

    private int payloadStart;
    private int payloadBytes;

    /** The end of each block, relative to the start of the payload. */
    private int[] ends = new int[16];

    private int blocks;

    @Override
    public int payloadBytes() {
        return payloadBytes;
    }

    public ByteBuf buffer() {
        return checked(buffer);
    }

    /** The buffer to make a retained duplicate or slice of for a client. The client's channel releases it. */
    ByteBuf shared() {
        return checked(shared);
    }

    @Nullable
    GzipFrame gzip() {
        return gzip;
    }

    void setGzip(GzipFrame newGzip) {
        gzip = newGzip;
    }

    /** The payload, in one part or several. Valid until the frame is released. */
    ByteBuffer[] payload() {
        return buffer().nioBuffers(payloadStart, payloadBytes);
    }

    /** Copies a part of the payload. */
    void copyPayload(int from, byte[] to, int index, int bytes) {
        buffer().getBytes(payloadStart + from, to, index, bytes);
    }

    private static ByteBuf checked(@Nullable ByteBuf buffer) {
        if (buffer == null) {
            throw new IllegalStateException("the frame has been released");
        }
        return buffer;
    }

    /**
     * Unwraps a buffer that the leak detector samples (one of 128). Otherwise each duplicate would be tracked, with a
     * stack trace per client, and the pass would take much longer. This applies to the detector's default level only.
     * At that level a duplicate that a channel never releases shows only in the ledger, as a frame that stays in
     * flight. The level that the tests use tracks every duplicate.
     */
    private static ByteBuf withoutTracking(ByteBuf buffer) {
        boolean samples = ResourceLeakDetector.getLevel() == ResourceLeakDetector.Level.SIMPLE;
        ByteBuf tracked =
                samples ? buffer.unwrap() : null; // also null if it is not sampled, since it is no wrapper then
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
        gzip = null;
        blocks = 0;
    }

    void addBlockEnd(int end) {
        if (blocks == ends.length) {
            ends = Arrays.copyOf(ends, blocks * 2);
        }
        ends[blocks++] = end;
    }

    /** The index in the buffer of the first byte that a client gets. */
    public int start(boolean chunked) {
        return chunked ? buffer().readerIndex() : payloadStart;
    }

    /** The number of bytes that a client gets. */
    public int bytes(boolean chunked) {
        return chunked ? buffer().readableBytes() : payloadBytes;
    }

    /** The index in the buffer where block {@code index} starts; for the number of blocks, where the payload ends. */
    int blockStart(int index) {
        return payloadStart + (index == 0 ? 0 : ends[index - 1]);
    }
}
