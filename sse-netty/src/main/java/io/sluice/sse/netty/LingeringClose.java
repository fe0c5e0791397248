package io.sluice.sse.netty;

import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelFutureListener;
import io.netty.util.concurrent.EventExecutor;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * Watches a connection whose stream has ended until the client has taken the last bytes. Nobody else does: it has left its
 * lane, and that a channel is writable does not say that its client reads. As long as bytes move it goes on, but not for
 * ever; who takes nothing between two looks is given up.
 *
 * <p>One per connection whose last bytes did not leave at once, with one scheduled task, which ends with the connection.
 * Confined to the event loop.
 */
final class LingeringClose implements Runnable, ChannelFutureListener {

    /**
     * From one look to the next. The kernel takes bytes in steps of tens of kilobytes, so a client that reads slowly but
     * well is seen to stand still for a while.
     */
    static final long LOOK_NANOS = TimeUnit.SECONDS.toNanos(3);

    private final Channel channel;
    private final EventExecutor executor;
    private final Runnable giveUp;
    private final long deadlineNanos;

    private long progress;
    private @Nullable Future<?> task;

    private LingeringClose(Channel channel, long mostNanos, Runnable giveUp) {
        this.channel = channel;
        this.executor = channel.eventLoop();
        this.giveUp = giveUp;
        this.deadlineNanos = executor.ticker().nanoTime() + mostNanos;
    }

    /**
     * @param mostNanos after this time it is given up even if bytes move
     * @param giveUp closes the channel, with what it still holds
     */
    static void over(Channel channel, long mostNanos, Runnable giveUp) {
        LingeringClose linger = new LingeringClose(channel, mostNanos, giveUp);
        channel.closeFuture().addListener(linger);
        linger.look();
    }

    private void look() {
        progress = OutboundBuffers.progressMark(channel);
        long left = deadlineNanos - executor.ticker().nanoTime();
        task = executor.schedule(this, Math.max(0, Math.min(LOOK_NANOS, left)), TimeUnit.NANOSECONDS);
    }

    @Override
    public void run() {
        task = null;
        if (executor.ticker().nanoTime() - deadlineNanos < 0 && OutboundBuffers.progressMark(channel) != progress) {
            look();
        } else {
            giveUp.run();
        }
    }

    /** The connection has closed. */
    @Override
    public void operationComplete(ChannelFuture closed) {
        Future<?> scheduled = task;
        if (scheduled != null) {
            scheduled.cancel(false);
            task = null;
        }
    }
}
