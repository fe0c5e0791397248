package io.sluice.sse.netty;

import io.netty.channel.EventLoop;
import io.netty.util.concurrent.Future;
import io.sluice.sse.hub.Lane;
import java.util.concurrent.TimeUnit;

/** An event loop as a lane. */
final class EventLoopLane implements Lane {

    private final EventLoop loop;

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

    /** An event loop runs all tasks that wait, and those that they add, before it polls; a timer that is due it takes after. */
    @Override
    public void yield(Runnable task) {
        loop.schedule(task, 0, TimeUnit.NANOSECONDS);
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
