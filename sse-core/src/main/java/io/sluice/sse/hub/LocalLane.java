package io.sluice.sse.hub;

import io.sluice.sse.hub.core.HubCore;
import io.sluice.sse.hub.lane.Lane;
import java.util.ArrayDeque;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The lane of the subscribers in this process: tasks one after another on the user executor. No consumer runs on it, so
 * a consumer that blocks does not hold it up.
 */
final class LocalLane implements Lane {

    /** The category of the hub, which operators know: this class is not public. */
    private static final Logger log = LoggerFactory.getLogger(Hub.class);

    private final HubCore core;
    private final LongSupplier clock;

    // Guarded by the queue.
    private final ArrayDeque<Runnable> queue = new ArrayDeque<>();
    private boolean running;

    private volatile @Nullable Thread thread;

    LocalLane(HubCore core, LongSupplier clock) {
        this.core = core;
        this.clock = clock;
    }

    @Override
    public boolean inLane() {
        return Thread.currentThread() == thread;
    }

    @Override
    public void execute(Runnable task) {
        synchronized (queue) {
            queue.add(task);
            if (running) {
                return;
            }
            running = true;
        }
        core.userExecutor().execute(this::runAll);
    }

    private void runAll() {
        thread = Thread.currentThread();
        for (; ; ) {
            Runnable task;
            synchronized (queue) {
                task = queue.poll();
                if (task == null) {
                    thread = null; // before another thread can become the lane
                    running = false;
                    return;
                }
            }
            try {
                task.run();
            } catch (Throwable t) {
                log.error("a task of the lane for subscribers in this process failed; the next one follows", t);
            }
        }
    }

    @Override
    public Runnable schedule(Runnable task, long delayNanos) {
        return core.timer().schedule(() -> execute(task), delayNanos);
    }

    @Override
    public long nanoTime() {
        return clock.getAsLong();
    }
}
