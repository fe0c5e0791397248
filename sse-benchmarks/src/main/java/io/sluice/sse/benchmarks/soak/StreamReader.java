package io.sluice.sse.benchmarks.soak;

import io.netty.buffer.ByteBuf;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import org.jspecify.annotations.Nullable;

/** A client that asks for a stream; what it does with it is up to those who extend it. Confined to its event loop. */
class StreamReader extends ChannelInboundHandlerAdapter {

    private final String target;
    private final @Nullable String lastEventId;
    private volatile boolean opened;
    private @Nullable Channel channel;

    StreamReader(String target) {
        this(target, null);
    }

    /** One that comes back. */
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
        ctx.close(); // a reset by the server is an end like others here
    }

    final boolean hasOpened() {
        return opened;
    }

    final @Nullable Channel channel() {
        return channel;
    }

    /** The first bytes have come. */
    void opened(Channel channel) {}

    /** Bytes have come; they are released afterwards. */
    void received(Channel channel, ByteBuf bytes) {}

    /** The connection is gone. */
    void ended(Channel channel) {}
}
