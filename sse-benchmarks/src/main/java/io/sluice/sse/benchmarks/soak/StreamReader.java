package io.sluice.sse.benchmarks.soak;

import io.netty.buffer.ByteBuf;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import org.jspecify.annotations.Nullable;

/** A client that opens a stream; subclasses decide what it does with the stream. Confined to its event loop. */
class StreamReader extends ChannelInboundHandlerAdapter {

    private final String target;
    private final @Nullable String lastEventId;
    private volatile boolean opened;
    private @Nullable Channel channel;

    StreamReader(String target) {
        this(target, null);
    }

    /** A client that reconnects. */
    StreamReader(String target, @Nullable String lastEventId) {
        this.target = target;
        this.lastEventId = lastEventId;
    }

    @Override
    public void channelActive(ChannelHandlerContext ctx) {
        channel = ctx.channel();
        ctx.writeAndFlush(Clients.request(target, lastEventId), ctx.voidPromise());
    }

    @Override
    public final void channelRead(ChannelHandlerContext ctx, Object message) {
        ByteBuf bytes = (ByteBuf) message;
        try {
            if (!opened) {
                opened = true;
                opened(ctx.channel());
            }
            received(ctx.channel(), bytes);
        } finally {
            bytes.release();
        }
    }

    @Override
    public final void channelInactive(ChannelHandlerContext ctx) {
        ended(ctx.channel());
    }

    @Override
    public void exceptionCaught(ChannelHandlerContext ctx, Throwable failure) {
        ctx.close(); // a reset by the server is an ordinary end here
    }

    final boolean hasOpened() {
        return opened;
    }

    final @Nullable Channel channel() {
        return channel;
    }

    /** The first bytes have arrived. */
    void opened(Channel channel) {}

    /** Bytes have arrived; they are released after this call. */
    void received(Channel channel, ByteBuf bytes) {}

    /** The connection is closed. */
    void ended(Channel channel) {}
}
