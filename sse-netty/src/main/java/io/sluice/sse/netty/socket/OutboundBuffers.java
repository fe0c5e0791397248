package io.sluice.sse.netty.socket;

import io.netty.channel.Channel;
import io.netty.channel.ChannelOutboundBuffer;
import io.netty.handler.codec.http2.Http2StreamChannel;

/** Reads the outbound buffer of a channel. On the channel's event loop only. */
public final class OutboundBuffers {

    private OutboundBuffers() {}

    /** The bytes that are not yet sent, flushed or not; 0 if the channel is closed. */
    public static long pendingBytes(Channel channel) {
        ChannelOutboundBuffer out = channel.unsafe().outboundBuffer();
        return out == null ? queuedBytes(channel) : out.totalPendingWriteBytes();
    }

    /** Whether the channel is open for writing and has no pending bytes, flushed or not. */
    public static boolean isEmpty(Channel channel) {
        ChannelOutboundBuffer out = channel.unsafe().outboundBuffer();
        return out != null && out.totalPendingWriteBytes() == 0;
    }

    /** A mark that changes when bytes leave: it combines the first message and how much of it is sent. */
    public static long progressMark(Channel channel) {
        ChannelOutboundBuffer out = channel.unsafe().outboundBuffer();
        if (out == null) {
            return queuedBytes(channel);
        }
        return (long) System.identityHashCode(out.current()) << 32 ^ out.currentProgress();
    }

    /** The bytes of an HTTP/2 stream that wait in the codec. Its channel has no buffer, but counts them. */
    private static long queuedBytes(Channel channel) {
        if (!(channel instanceof Http2StreamChannel) || !channel.isOpen()) {
            return 0;
        }
        return channel.isWritable()
                ? channel.config().getWriteBufferHighWaterMark() + 1 - channel.bytesBeforeUnwritable()
                : Math.max(1, channel.config().getWriteBufferLowWaterMark() - 1 + channel.bytesBeforeWritable());
    }
}
