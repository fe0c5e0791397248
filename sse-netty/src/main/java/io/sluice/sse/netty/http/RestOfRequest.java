package io.sluice.sse.netty.http;

import io.netty.buffer.ByteBuf;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.socket.DuplexChannel;
import io.netty.handler.ssl.SslHandler;
import io.netty.util.ReferenceCountUtil;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * Discards what a client still sends of a request that has its response already, for example of a body that is too
 * large. The server ends its side of the connection and reads on until the client ends the other side. If it closed a
 * socket with bytes that nobody has read, the kernel would reset the connection, and the client might lose the response
 * before it has read it (RFC 9112, section 9.6).
 *
 * <p>A client that sends too much, or for too long, is closed all the same. One per connection that needs it, at the
 * head of the pipeline. Confined to the event loop.
 */
public final class RestOfRequest extends ChannelInboundHandlerAdapter {

    static final long MAX_BYTES = 16L << 20;
    static final long MAX_NANOS = TimeUnit.SECONDS.toNanos(5);

    private long bytes;
    private @Nullable Future<?> timeout;

    RestOfRequest() {}

    /**
     * Ends the connection, and discards the rest of the request first. A channel that is not a socket of its own, such
     * as a stream of HTTP/2, is closed at once.
     *
     * @param channel whose last response has been sent
     */
    public static void discard(Channel channel) {
        assert channel.eventLoop().inEventLoop();
        if (!(channel instanceof DuplexChannel socket) || !channel.isActive()) {
            channel.close();
            return;
        }
        channel.pipeline().addFirst(new RestOfRequest());
        channel.config().setAutoRead(true); // pending responses may have stopped it
        SslHandler tls = channel.pipeline().get(SslHandler.class);
        if (tls == null) {
            socket.shutdownOutput();
        } else {
            tls.closeOutbound().addListener(sent -> socket.shutdownOutput());
        }
    }

    @Override
    public void handlerAdded(ChannelHandlerContext ctx) {
        timeout = ctx.executor().schedule(() -> ctx.close(), MAX_NANOS, TimeUnit.NANOSECONDS);
    }

    @Override
    public void handlerRemoved(ChannelHandlerContext ctx) {
        Future<?> scheduled = timeout;
        if (scheduled != null) {
            scheduled.cancel(false);
            timeout = null;
        }
    }

    @Override
    public void channelRead(ChannelHandlerContext ctx, Object message) {
        bytes += message instanceof ByteBuf piece ? piece.readableBytes() : 0;
        ReferenceCountUtil.release(message);
        if (bytes > MAX_BYTES) {
            ctx.close();
        }
    }

    /** The handlers behind this one have got nothing. */
    @Override
    public void channelReadComplete(ChannelHandlerContext ctx) {}

    @Override
    public void exceptionCaught(ChannelHandlerContext ctx, Throwable failure) {
        ctx.close(); // the client has left, and has its response or does not want it
    }
}
