package io.sluice.sse.netty;

import io.netty.channel.EventLoop;
import io.netty.channel.SingleThreadIoEventLoop;
import io.netty.util.concurrent.Future;
import io.sluice.sse.hub.lane.Lane;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/** An event loop as a lane. */
final class EventLoopLane implements Lane {

    private final EventLoop loop;

    /** A lane's turn yields again and again, and then makes no object. Confined to the lane. */
    private @Nullable Runnable yielded;

    private Runnable executesYielded = () -> {};

    EventLoopLane(EventLoop loop) {
        this.loop = loop;
    }

    @Override
    public boolean inLane() {
        return loop.inEventLoop();
    }

    @Override
    public void execute(Runnable task) {
        loop.execute(task);
    }

    /**
     * An event loop runs all tasks that wait, and those that they add, before it polls: so the task is added when they are
     * done. Loops of other kinds may have no such moment; a timer that is due they take after a poll.
     */
    @Override
    public void yield(Runnable task) {
        if (loop instanceof SingleThreadIoEventLoop ofSockets) {
            ofSockets.executeAfterEventLoopIteration(executing(task));
        } else {
            loop.schedule(task, 0, TimeUnit.NANOSECONDS);
        }
    }

    private Runnable executing(Runnable task) {
        if (task != yielded) {
            yielded = task;
            executesYielded = () -> {
                try {
                    loop.execute(task);
                } catch (RejectedExecutionException e) {
                    // A loop with bounded queues is full. The one of timers is not bounded, and this one is due.
                    loop.schedule(task, 0, TimeUnit.NANOSECONDS);
                }
            };
        }
        return executesYielded;
    }

    @Override
    public Runnable schedule(Runnable task, long delayNanos) {
        Future<?> timer = loop.schedule(task, delayNanos, TimeUnit.NANOSECONDS);
        return () -> timer.cancel(false);
    }

    @Override
    public long nanoTime() {
        return loop.ticker().nanoTime();
    }
}
