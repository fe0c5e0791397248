package io.sluice.sse.netty.stream;

import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelFutureListener;
import io.netty.util.concurrent.EventExecutor;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * Watches a connection whose stream has ended, until the client has taken the last bytes. The lane does not watch it
 * any more, and a writable channel does not mean that its client reads. The connection stays open as long as bytes
 * move, up to a maximum time. If no byte moves between two checks, the client is given up.
 *
 * <p>One per connection whose last bytes did not leave at once. It has one scheduled task, which ends with the
 * connection. Confined to the event loop.
 */
public final class LingeringClose implements Runnable, ChannelFutureListener {

    /**
     * The time from one check to the next. The kernel takes bytes in steps of tens of kilobytes, so a client that reads
     * slowly but steadily appears to stand still for a while.
     */
    public static final long CHECK_NANOS = TimeUnit.SECONDS.toNanos(3);

    private final EventExecutor executor;
    private final LongSupplier progress;
    private final Runnable giveUp;
    private final long deadlineNanos;

    private long lastProgress;
    private @Nullable Future<?> task;

    private LingeringClose(EventExecutor executor, long maxNanos, LongSupplier progress, Runnable giveUp) {
        this.executor = executor;
        this.progress = progress;
        this.giveUp = giveUp;
        this.deadlineNanos = executor.ticker().nanoTime() + maxNanos;
    }

    /**
     * Starts to watch the channel.
     *
     * @param maxNanos the time after which the client is given up even if bytes move
     * @param progress a mark that changes whenever the client has taken bytes
     * @param giveUp closes the channel and discards its pending bytes
     */
    public static void start(Channel channel, long maxNanos, LongSupplier progress, Runnable giveUp) {
        assert channel.eventLoop().inEventLoop();
        LingeringClose linger = new LingeringClose(channel.eventLoop(), maxNanos, progress, giveUp);
        channel.closeFuture().addListener(linger);
        linger.scheduleCheck();
    }

    private void scheduleCheck() {
        lastProgress = progress.getAsLong();
        long left = deadlineNanos - executor.ticker().nanoTime();
        task = executor.schedule(this, Math.max(0, Math.min(CHECK_NANOS, left)), TimeUnit.NANOSECONDS);
    }

    @Override
    public void run() {
        task = null;
        if (executor.ticker().nanoTime() - deadlineNanos < 0 && progress.getAsLong() != lastProgress) {
            scheduleCheck();
        } else {
            giveUp.run();
        }
    }

    /** The channel has closed. */
    @Override
    public void operationComplete(ChannelFuture closed) {
        Future<?> scheduled = task;
        if (scheduled != null) {
            scheduled.cancel(false);
            task = null;
        }
    }
}
