package io.sluice.sse.netty.connection;

import io.netty.channel.ChannelHandlerContext;

/**
 * Turns accepting off and on for the handlers of a listening channel. It is on while no handler holds it off. Confined
 * to the event loop of the listening channel.
 */
final class AcceptSwitch {

    private int holds;

    /** Stops accepting until the caller releases its hold. Each handler has at most one hold. */
    void hold(ChannelHandlerContext ctx) {
        assert ctx.executor().inEventLoop();
        holds++;
        ctx.channel().config().setAutoRead(false);
    }

    /** Accepts again unless another handler holds. */
    void release(ChannelHandlerContext ctx) {
        assert ctx.executor().inEventLoop() && holds > 0;
        holds--;
        ctx.channel().config().setAutoRead(holds == 0);
    }
}
