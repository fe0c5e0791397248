package io.sluice.sse.netty.stream;

import io.netty.buffer.ByteBuf;
import io.netty.channel.Channel;
import io.netty.channel.ChannelException;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelFutureListener;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelOption;
import io.sluice.sse.CloseReason;
import io.sluice.sse.hub.lane.LaneOptions;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.function.LongSupplier;

/** Ends the connection of a stream: in order, with the last bytes, or by a reset. On the event loop of the channel. */
public final class StreamEnd {

    /** About when a client reconnects that only has to identify itself again. */
    private static final long SOON_MILLIS = 50;

    private StreamEnd() {}

    /**
     * The last bytes of a stream.
     *
     * @param bytes without framing; may be empty
     * @param chunked whether the body is in chunks
     * @param cut whether the last chunk is left out, so that the client notices an incomplete response
     */
    record Last(byte[] bytes, boolean chunked, boolean cut) {}

    /**
     * Writes the last bytes of the stream, waits until the client has taken them, and closes the channel.
     *
     * @param progress a mark that changes whenever the client has taken bytes
     */
    static void finish(ChannelHandlerContext stream, Last last, LaneOptions options, LongSupplier progress) {
        assert stream.executor().inEventLoop();
        Channel channel = stream.channel();
        ChannelFuture written;
        try {
            written = stream.writeAndFlush(framed(stream, last));
        } catch (RuntimeException | Error e) { // no memory for the bytes, for example
            channel.close();
            throw e;
        }
        if (written.isDone()) {
            channel.close();
            return;
        }
        written.addListener(ChannelFutureListener.CLOSE);
        LingeringClose.start(channel, maxLingerNanos(options), progress, () -> reset(channel));
    }

    /**
     * Closes the channel with an RST. After a FIN the kernel would keep the unread bytes, sometimes megabytes, and
     * offer them for minutes to a client that does not read.
     */
    public static void reset(Channel channel) {
        assert channel.eventLoop().inEventLoop();
        try {
            channel.config().setOption(ChannelOption.SO_LINGER, 0);
        } catch (ChannelException e) {
            // The kernel has noticed first that the peer is gone: the channel is closed, or about to be.
        }
        // Not through the pipeline: TLS would wait until the client takes the last record, which it does not.
        channel.unsafe().close(channel.newPromise());
    }

    /** The write timeout. Its default if it is off, because no other timeout ends a connection that trickles. */
    public static long maxLingerNanos(LaneOptions options) {
        Duration writeTimeout = options.writeTimeout();
        return (writeTimeout.isZero() ? LaneOptions.DEFAULT.writeTimeout() : writeTimeout).toNanos();
    }

    /** A reconnection time with jitter if the client will reconnect soon; otherwise nothing. */
    static byte[] lastText(CloseReason reason, Duration retry) {
        String text = switch (reason) {
            case SERVER_DRAINING, LIFETIME_ENDED -> "retry: " + Jitter.around(Math.max(1, retry.toMillis())) + "\n\n";
            case IDENTITY_EXPIRED -> "retry: " + Jitter.around(SOON_MILLIS) + "\n\n";
            default -> "";
        };
        return text.getBytes(StandardCharsets.US_ASCII);
    }

    /** The bytes and the end of the body. */
    private static ByteBuf framed(ChannelHandlerContext stream, Last last) {
        boolean inChunk = last.chunked() && last.bytes().length > 0;
        String head = inChunk ? Integer.toHexString(last.bytes().length) + "\r\n" : "";
        String tail = (inChunk ? "\r\n" : "") + (last.chunked() && !last.cut() ? "0\r\n\r\n" : "");
        ByteBuf bytes = stream.alloc().directBuffer(head.length() + last.bytes().length + tail.length());
        bytes.writeCharSequence(head, StandardCharsets.US_ASCII);
        bytes.writeBytes(last.bytes());
        bytes.writeCharSequence(tail, StandardCharsets.US_ASCII);
        return bytes;
    }
}
