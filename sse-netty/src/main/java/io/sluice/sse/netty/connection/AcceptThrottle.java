package io.sluice.sse.netty.connection;

import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import java.util.concurrent.TimeUnit;

/**
 * Leaves new connections in the kernel's queue while many accepted ones have not sent their first request yet.
 * Otherwise a crowd that connects at once would be served before everything else that is ready on its event loops.
 *
 * <p>It is not a limit. After a few milliseconds it accepts more connections even if the earlier ones are still
 * pending, and then does not throttle for a while. So clients that connect and send nothing keep no other client out.
 *
 * <p>A handler of the listening channel. Confined to its event loop.
 */
public final class AcceptThrottle extends ChannelInboundHandlerAdapter {

    private static final long CHECK_MILLIS = 1;
    /** The checks before accepting resumes. They take longer than a pass, which delays the pending connections. */
    public static final int MAX_CHECKS = 12;
    /** How long accepting is not throttled after connections stayed pending through all checks. */
    private static final long UNTHROTTLED_NANOS = TimeUnit.MILLISECONDS.toNanos(100);

    private final PendingConnections pending;
    private final int maxPending;
    private final AcceptSwitch accepting;

    private boolean holding;
    private int checks;
    private boolean unthrottled;
    private long unthrottledSinceNanos;

    AcceptThrottle(PendingConnections pending, int maxPending, AcceptSwitch accepting) {
        this.pending = pending;
        this.maxPending = maxPending;
        this.accepting = accepting;
    }

    @Override
    public void channelReadComplete(ChannelHandlerContext ctx) {
        if (!holding && pending.count() >= maxPending && isThrottling(ctx)) {
            holding = true;
            checks = 0;
            accepting.hold(ctx);
            scheduleCheck(ctx);
        }
        ctx.fireChannelReadComplete();
    }

    private void scheduleCheck(ChannelHandlerContext ctx) {
        ctx.executor().schedule(() -> check(ctx), CHECK_MILLIS, TimeUnit.MILLISECONDS);
    }

    private void check(ChannelHandlerContext ctx) {
        boolean many = pending.count() >= maxPending;
        if (many && ++checks < MAX_CHECKS) {
            scheduleCheck(ctx);
            return;
        }
        if (many) {
            unthrottled = true;
            unthrottledSinceNanos = ctx.executor().ticker().nanoTime();
        }
        holding = false;
        accepting.release(ctx);
    }

    private boolean isThrottling(ChannelHandlerContext ctx) {
        unthrottled = unthrottled && ctx.executor().ticker().nanoTime() - unthrottledSinceNanos < UNTHROTTLED_NANOS;
        return !unthrottled;
    }
}
