package io.sluice.sse.netty;

import io.netty.channel.Channel;
import io.netty.channel.ChannelOutboundBuffer;

/** What a channel has yet to send. On its event loop. */
final class OutboundBuffers {

    private OutboundBuffers() {}

    static long pendingBytes(Channel channel) {
        ChannelOutboundBuffer out = channel.unsafe().outboundBuffer();
        return out == null ? 0 : out.totalPendingWriteBytes();
    }

    /** Whether the channel is open for writing and nothing waits in it, flushed or not. */
    static boolean isEmpty(Channel channel) {
        ChannelOutboundBuffer out = channel.unsafe().outboundBuffer();
        return out != null && out.totalPendingWriteBytes() == 0;
    }

    /** The message at the front, and how far it has gone: one of the two changes when bytes leave. */
    static long progressMark(Channel channel) {
        ChannelOutboundBuffer out = channel.unsafe().outboundBuffer();
        if (out == null) {
            return 0;
        }
        return (long) System.identityHashCode(out.current()) << 32 ^ out.currentProgress();
    }
}
