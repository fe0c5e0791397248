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
