package io.sluice.sse.netty;

import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import java.time.Duration;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * Ends a connection whose request does not arrive in time, counted from the accept for the first one and from its first
 * byte for any other; and one that is idle between two requests. While an answer is being made, the clock stands still.
 *
 * <p>It stands before the HTTP codec and leaves with it. One per connection, with one scheduled task: the task is not moved
 * with each request, but looks at the deadline when it runs. Confined to the event loop.
 */
final class RequestDeadline extends ChannelInboundHandlerAdapter implements Runnable {

    /** Fired through the pipeline when a request was begun and did not arrive in time; its answer is 408. */
    static final Object EXPIRED = new Object() {
        @Override
        public String toString() {
            return "request deadline expired";
        }
    };

    private static final long NONE = Long.MAX_VALUE;

    private final long requestNanos;
    private final long idleNanos;

    private @Nullable ChannelHandlerContext context;
    private @Nullable Future<?> task;
    /** When the task runs, and when the deadline is, since {@link #epochNanos}. */
    private long taskNanos;

    private long deadlineNanos = NONE;
    private long epochNanos;

    /** Whether bytes have come that no whole request was made of yet. */
    private boolean begun;

    private boolean first = true;
    private int unanswered;
    private boolean refused;
    private long progress;

    RequestDeadline(Duration request, Duration idle) {
        requestNanos = request.toNanos();
        idleNanos = idle.toNanos();
    }

    @Override
    public void handlerAdded(ChannelHandlerContext ctx) {
        context = ctx;
        epochNanos = ctx.executor().ticker().nanoTime();
        expireIn(requestNanos);
    }

    @Override
    public void handlerRemoved(ChannelHandlerContext ctx) {
        deadlineNanos = NONE;
        cancel();
        context = null;
    }

    @Override
    public void channelRead(ChannelHandlerContext ctx, Object message) {
        if (!begun) {
            begun = true;
            if (!first && unanswered == 0) {
                expireIn(requestNanos);
            }
        }
        ctx.fireChannelRead(message);
    }

    /** A whole request is here; its answer may take as long as it likes. */
    void requestArrived() {
        begun = false;
        first = false;
        unanswered++;
        deadlineNanos = NONE;
    }

    /** Whether it was refused with 408: what comes now is not answered any more. */
    boolean hasRefused() {
        return refused;
    }

    /** An answer was written. */
    void answered() {
        if (--unanswered == 0) {
            expireIn(begun ? requestNanos : idleNanos);
        }
    }

    /** @param nanos 0 is never */
    private void expireIn(long nanos) {
        ChannelHandlerContext ctx = context;
        if (ctx == null) {
            return; // gone from the pipeline: the connection is a stream, or closed
        }
        if (nanos == 0) {
            deadlineNanos = NONE;
            return;
        }
        deadlineNanos = now(ctx) + nanos;
        if (task == null || deadlineNanos < taskNanos) {
            cancel();
            schedule(ctx);
        }
    }

    private void schedule(ChannelHandlerContext ctx) {
        taskNanos = deadlineNanos;
        task = ctx.executor().schedule(this, Math.max(0, deadlineNanos - now(ctx)), TimeUnit.NANOSECONDS);
    }

    private void cancel() {
        Future<?> scheduled = task;
        if (scheduled != null) {
            scheduled.cancel(false);
            task = null;
        }
    }

    private long now(ChannelHandlerContext ctx) {
        return ctx.executor().ticker().nanoTime() - epochNanos;
    }

    @Override
    public void run() {
        task = null;
        ChannelHandlerContext ctx = context;
        if (ctx == null || deadlineNanos == NONE) {
            return;
        }
        if (now(ctx) < deadlineNanos) {
            schedule(ctx);
        } else {
            expire(ctx);
        }
    }

    private void expire(ChannelHandlerContext ctx) {
        long pending = Outbound.pendingBytes(ctx.channel());
        long before = progress;
        progress = Outbound.progress(ctx.channel());
        if (pending > 0 && progress != before) {
            // Its answers are still being read. Until they are, we may not even read what it sends.
            expireIn(idleNanos > 0 ? idleNanos : requestNanos);
        } else if (pending == 0 && begun && !refused) {
            refused = true;
            expireIn(requestNanos); // if it does not take its answer either
            ctx.fireUserEventTriggered(EXPIRED);
        } else {
            ctx.close();
        }
    }
}
