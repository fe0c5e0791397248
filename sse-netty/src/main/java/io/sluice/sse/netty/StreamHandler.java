package io.sluice.sse.netty;

import io.netty.buffer.ByteBuf;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.unix.Errors;
import io.netty.util.ReferenceCountUtil;
import io.sluice.sse.CloseReason;
import java.io.IOException;
import java.nio.channels.ClosedChannelException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The inbound side of a live stream: writability, the end, errors, and bytes that a client has no business to send. It
 * keeps reading, since a connection that is not read does not notice its end.
 */
final class StreamHandler extends ChannelInboundHandlerAdapter {

    private static final Logger log = LoggerFactory.getLogger(StreamHandler.class);

    /** Stray bytes (a pipelined request, say) up to here are ignored; past it the connection closes. */
    static final int STRAY_BYTES = 8 * 1024;

    private static final int ETIMEDOUT_LINUX = 110;
    private static final int ETIMEDOUT_BSD = 60; // macOS's too

    private final NettySink sink;
    private int stray;

    StreamHandler(NettySink sink) {
        this.sink = sink;
    }

    @Override
    public void handlerAdded(ChannelHandlerContext ctx) {
        sink.streamsThrough(ctx);
    }

    @Override
    public void handlerRemoved(ChannelHandlerContext ctx) {
        sink.connectionGone();
    }

    @Override
    public void channelRead(ChannelHandlerContext ctx, Object message) {
        if (message instanceof ByteBuf bytes) {
            stray += bytes.readableBytes();
        }
        ReferenceCountUtil.release(message);
        if (stray > STRAY_BYTES) {
            sink.close(CloseReason.PROTOCOL_ERROR);
        }
    }

    @Override
    public void channelWritabilityChanged(ChannelHandlerContext ctx) {
        if (ctx.channel().isWritable()) {
            sink.writable();
        }
    }

    @Override
    public void channelInactive(ChannelHandlerContext ctx) {
        sink.connectionEnded();
    }

    @Override
    public void exceptionCaught(ChannelHandlerContext ctx, Throwable failure) {
        if (failure instanceof ClosedChannelException && failure.getCause() == null) {
            return; // what was still to be written when the channel closed; why it did, channelInactive says
        }
        if (!(failure instanceof IOException)) {
            log.warn("[{}] the stream failed", sink.id(), failure);
        } else if (log.isDebugEnabled() && sink.isOpen()) {
            log.debug("[{}] {}", sink.id(), failure.toString());
        }
        if (isTimeout(failure)) {
            sink.connectionTimedOut();
        } else {
            sink.connectionFailed();
        }
    }

    /** ETIMEDOUT has no exception of its own, and Netty no name for its number. The native transports tell its number, NIO only the system's text. */
    private static boolean isTimeout(Throwable failure) {
        if (failure instanceof Errors.NativeIoException told
                && (told.expectedErr() == -ETIMEDOUT_LINUX || told.expectedErr() == -ETIMEDOUT_BSD)) {
            return true;
        }
        return failure instanceof IOException
                && String.valueOf(failure.getMessage()).contains("timed out");
    }
}
