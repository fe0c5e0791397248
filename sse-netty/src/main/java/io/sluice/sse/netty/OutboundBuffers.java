package io.sluice.sse.netty;

import io.netty.channel.Channel;
import io.netty.channel.ChannelOutboundBuffer;

/** Reads the outbound buffer of a channel. On the channel's event loop only. */
final class OutboundBuffers {

    private OutboundBuffers() {}

    /** The bytes that are not yet sent, flushed or not; 0 if the channel is closed. */
    static long pendingBytes(Channel channel) {
        ChannelOutboundBuffer out = channel.unsafe().outboundBuffer();
        return out == null ? 0 : out.totalPendingWriteBytes();
    }

    /** Whether the channel is open for writing and has no pending bytes, flushed or not. */
    static boolean isEmpty(Channel channel) {
        ChannelOutboundBuffer out = channel.unsafe().outboundBuffer();
        return out != null && out.totalPendingWriteBytes() == 0;
    }

    /** A mark that changes when bytes leave: it combines the first message and how much of it is sent. */
    static long progressMark(Channel channel) {
        ChannelOutboundBuffer out = channel.unsafe().outboundBuffer();
        if (out == null) {
            return 0;
        }
        return (long) System.identityHashCode(out.current()) << 32 ^ out.currentProgress();
    }
}
