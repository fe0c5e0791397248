package io.sluice.sse.netty.stream;

import io.netty.channel.EventLoop;
import io.netty.channel.SingleThreadIoEventLoop;
import io.netty.util.concurrent.Future;
import io.sluice.sse.hub.lane.Lane;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/** Adapts an event loop to a lane. */
final class EventLoopLane implements Lane {

    private final EventLoop loop;

    /** The last task that yielded. A lane yields the same task again and again, which then allocates nothing. */
    private @Nullable Runnable yielded;

    /** Executes the last task that yielded. Confined to the lane, like that task. */
    private Runnable executeYielded = () -> {};

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
     * Runs the task after the event loop has polled for I/O. The loop runs all queued tasks, and the tasks that they
     * add, before it polls. So the task is queued only at the end of the iteration. Event loops of other kinds may not
     * support that; they run a timer that is due after the poll.
     */
    @Override
    public void yield(Runnable task) {
        if (loop instanceof SingleThreadIoEventLoop ioLoop) {
            ioLoop.executeAfterEventLoopIteration(executing(task));
        } else {
            loop.schedule(task, 0, TimeUnit.NANOSECONDS);
        }
    }

    private Runnable executing(Runnable task) {
        assert loop.inEventLoop();
        if (task != yielded) {
            yielded = task;
            executeYielded = () -> {
                try {
                    loop.execute(task);
                } catch (RejectedExecutionException e) {
                    // The task queue is bounded and full. The timer queue is not bounded, and this timer is due.
                    loop.schedule(task, 0, TimeUnit.NANOSECONDS);
                }
            };
        }
        return executeYielded;
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
