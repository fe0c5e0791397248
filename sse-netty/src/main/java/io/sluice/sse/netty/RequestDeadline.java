package io.sluice.sse.netty;

import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import org.jspecify.annotations.Nullable;

/**
 * Ends a connection whose request does not arrive in time, counted from the accept for the first one and from its first
 * byte for any other; and one that is idle between two requests. While an answer is being made, the clock stands still.
 *
 * <p>It stands before the HTTP codec and leaves with it. One per connection, without a timer of its own ({@link Deadlines}). Confined to
 * the event loop.
 */
final class RequestDeadline extends ChannelInboundHandlerAdapter {

    /** Fired through the pipeline when a request was begun and did not arrive in time; its answer is 408. */
    static final Object EXPIRED = new Object() {
        @Override
        public String toString() {
            return "request deadline expired";
        }
    };

    private final Deadlines.OnLoop deadlines;
    private final PendingConnections newcomers;
    private final Waiter waiter = new Waiter();

    private @Nullable ChannelHandlerContext context;

    /** Whether bytes have come that no whole request was made of yet. */
    private boolean begun;

    private boolean first = true;
    private int unanswered;
    private boolean refused;
    private long progress;

    RequestDeadline(Deadlines.OnLoop deadlines, PendingConnections newcomers) {
        this.deadlines = deadlines;
        this.newcomers = newcomers;
    }

    /** Apart from the handler, whose class is Netty's. */
    private final class Waiter extends Deadlines.Waiter {
        @Override
        void isLate() {
            ChannelHandlerContext ctx = context;
            if (ctx != null) {
                expire(ctx);
            }
        }
    }

    @Override
    public void handlerAdded(ChannelHandlerContext ctx) {
        context = ctx;
        newcomers.accepted();
        deadlines.request().begin(waiter);
    }

    @Override
    public void handlerRemoved(ChannelHandlerContext ctx) {
        context = null;
        settle();
        waiter.stopWaiting();
    }

    @Override
    public void channelRead(ChannelHandlerContext ctx, Object message) {
        if (!begun) {
            begun = true;
            if (!first && unanswered == 0) {
                deadlines.request().begin(waiter);
            }
        }
        ctx.fireChannelRead(message);
    }

    /** A whole request is here; its answer may take as long as it likes. */
    void requestArrived() {
        begun = false;
        settle();
        unanswered++;
        waiter.stopWaiting();
    }

    private void settle() {
        if (first) {
            first = false;
            newcomers.identified();
        }
    }

    /** Whether it was refused with 408: what comes now is not answered any more. */
    boolean hasRefused() {
        return refused;
    }

    /** An answer was written. */
    void answered() {
        if (--unanswered == 0 && context != null) { // else the connection is a stream, or closed
            (begun ? deadlines.request() : deadlines.idle()).begin(waiter);
        }
    }

    private void expire(ChannelHandlerContext ctx) {
        long pending = OutboundBuffers.pendingBytes(ctx.channel());
        long before = progress;
        progress = OutboundBuffers.progressMark(ctx.channel());
        if (pending > 0 && progress != before) {
            // Its answers are still being read. Until they are, we may not even read what it sends.
            (deadlines.idle().isUnlimited() ? deadlines.request() : deadlines.idle()).begin(waiter);
        } else if (pending == 0 && begun && !refused) {
            refused = true;
            deadlines.request().begin(waiter); // if it does not take its answer either
            ctx.fireUserEventTriggered(EXPIRED);
        } else {
            ctx.close();
        }
    }
}
