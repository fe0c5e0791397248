package io.sluice.sse.netty.stream;

import io.netty.buffer.ByteBuf;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.unix.Errors;
import io.netty.util.ReferenceCountUtil;
import io.sluice.sse.CloseReason;
import io.sluice.sse.netty.connection.FailureLog;
import java.io.IOException;
import java.nio.channels.ClosedChannelException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The inbound side of an open stream: changes of writability, the end, failures, and unexpected bytes from the client.
 * The stream is always read, because a connection that is not read does not notice its end.
 */
public class StreamHandler extends ChannelInboundHandlerAdapter {

    private static final Logger log = LoggerFactory.getLogger("io.sluice.sse.netty.StreamHandler");

    /** How many unexpected bytes (of a pipelined request, for example) are ignored. More close the connection. */
    public static final int STRAY_BYTES = 8 * 1024;

    private static final int ETIMEDOUT_LINUX = 110;
    private static final int ETIMEDOUT_BSD = 60; // also on macOS

    private final ChannelSink sink;
    private int stray;

    public StreamHandler(ChannelSink sink) {
        this.sink = sink;
    }

    @Override
    public void handlerAdded(ChannelHandlerContext ctx) {
        sink.handlerAdded(ctx);
    }

    @Override
    public void handlerRemoved(ChannelHandlerContext ctx) {
        sink.channelReleased();
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
            sink.channelWritable();
        }
    }

    @Override
    public void channelInactive(ChannelHandlerContext ctx) {
        sink.channelClosed();
    }

    @Override
    public void exceptionCaught(ChannelHandlerContext ctx, Throwable failure) {
        if (failure instanceof ClosedChannelException && failure.getCause() == null) {
            return; // bytes were pending when the channel closed; channelInactive reports the close itself
        }
        if (!(failure instanceof IOException)) {
            FailureLog.of(ctx.channel()).warn(log, "[" + sink.id() + "] the stream failed", failure);
        } else if (log.isDebugEnabled() && sink.isOpen()) {
            log.debug("[{}] {}", sink.id(), failure.toString());
        }
        reportFailure(sink, failure);
    }

    /** The connection of the sink has failed. */
    public static void reportFailure(ChannelSink sink, Throwable failure) {
        if (isTimeout(failure)) {
            sink.channelTimedOut();
        } else {
            sink.channelFailed();
        }
    }

    /**
     * Whether the kernel reported ETIMEDOUT. Neither the JDK nor Netty has an exception or a constant for it. The
     * native transports report its number, NIO only the message of the system.
     */
    private static boolean isTimeout(Throwable failure) {
        if (failure instanceof Errors.NativeIoException reported
                && (reported.expectedErr() == -ETIMEDOUT_LINUX || reported.expectedErr() == -ETIMEDOUT_BSD)) {
            return true;
        }
        return failure instanceof IOException
                && String.valueOf(failure.getMessage()).contains("timed out");
    }
}
