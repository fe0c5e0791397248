package io.sluice.sse.netty.frame;

import org.jspecify.annotations.Nullable;

/**
 * What the compressing clients of a lane share of one frame: its checksum, and its compressed forms, each made when the
 * first client needs it. The lane releases them with the frame. Confined to the lane.
 */
final class GzipFrame {

    /** The CRC-32 of the payload. */
    final int crc;

    /** For {@link Crc32Combination}: appends the payload. */
    final int crcOperator;

    /** The header of a stream and the payload, not compressed; for clients whose first frame this is. */
    @Nullable
    NettyFrame first;

    /** The payload without references to earlier frames. */
    @Nullable
    NettyFrame independent;

    /** How groups of clients move on by this frame. */
    SharedWindows.@Nullable Step steps;

    /** Whether the steps have taken effect. */
    boolean settled;

    GzipFrame(int crc, int crcOperator) {
        this.crc = crc;
        this.crcOperator = crcOperator;
    }
}
