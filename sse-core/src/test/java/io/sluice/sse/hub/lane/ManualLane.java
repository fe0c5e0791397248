package io.sluice.sse.hub.lane;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.PriorityQueue;
import java.util.concurrent.RejectedExecutionException;
import java.util.function.Supplier;

/**
 * A lane driven by hand: tasks wait until the test runs them, and time stands still until the test moves it.
 *
 * <p>{@link #execute} may be called from any thread; running is for one thread at a time, which then is the lane.
 */
public final class ManualLane implements Lane {

    private record Timer(long dueNanos, long order, Runnable task) {}

    private final ArrayDeque<Runnable> tasks = new ArrayDeque<>();
    private final PriorityQueue<Timer> timers = new PriorityQueue<>(
            (a, b) -> a.dueNanos != b.dueNanos ? Long.compare(a.dueNanos, b.dueNanos) : Long.compare(a.order, b.order));
    private long now = 1_000_000_000L;
    private long nanosPerLook;
    private long order;
    private int posted;
    private boolean terminated;
    private volatile Thread runner;

    @Override
    public boolean inLane() {
        return runner == Thread.currentThread();
    }

    @Override
    public synchronized void execute(Runnable task) {
        refuseIfTerminated();
        posted++;
        tasks.add(task);
    }

    @Override
    public synchronized Runnable schedule(Runnable task, long delayNanos) {
        refuseIfTerminated();
        Timer timer = new Timer(now + delayNanos, order++, task);
        timers.add(timer);
        return () -> {
            synchronized (this) {
                timers.remove(timer);
            }
        };
    }

    @Override
    public synchronized long nanoTime() {
        now += nanosPerLook;
        return now;
    }

    private void refuseIfTerminated() {
        if (terminated) {
            throw new RejectedExecutionException("the lane has ended");
        }
    }

    /** How much time passes whenever somebody looks at the clock: what makes a pass yield. */
    public synchronized void nanosPerLook(long nanos) {
        nanosPerLook = nanos;
    }

    /** Runs the oldest waiting task. */
    public boolean runOne() {
        Runnable task;
        synchronized (this) {
            task = tasks.poll();
        }
        if (task != null) {
            call(() -> {
                task.run();
                return null;
            });
        }
        return task != null;
    }

    /** Runs until nothing waits. */
    public void runAll() {
        for (int i = 0; runOne(); i++) {
            if (i > 100_000) {
                throw new AssertionError("the lane never comes to rest");
            }
        }
    }

    /** Lets time pass, timer by timer; tasks run too. */
    public void advance(long nanos) {
        long end;
        synchronized (this) {
            end = now + nanos;
        }
        runAll();
        for (Timer timer = due(end); timer != null; timer = due(end)) {
            Runnable task = timer.task;
            call(() -> {
                task.run();
                return null;
            });
            runAll();
        }
        synchronized (this) {
            now = Math.max(now, end);
        }
    }

    /** Runs all timers now, a little before they are due: as a clock that runs ahead of the lane's. */
    void runTimersEarly() {
        List<Timer> all;
        synchronized (this) {
            all = new ArrayList<>(timers);
            timers.clear();
        }
        all.forEach(timer -> run(timer.task));
        runAll();
    }

    /** Everything stands still for so long, as when the process is stopped: no timer runs in between. */
    synchronized void pause(long nanos) {
        now += nanos;
    }

    private synchronized Timer due(long end) {
        if (timers.isEmpty() || timers.peek().dueNanos > end) {
            return null;
        }
        Timer timer = timers.poll();
        now = Math.max(now, timer.dueNanos);
        return timer;
    }

    /** Does something as the lane, now. */
    <T> T call(Supplier<T> work) {
        if (inLane()) {
            return work.get();
        }
        if (runner != null) {
            throw new AssertionError("two threads run the lane");
        }
        runner = Thread.currentThread();
        try {
            return work.get();
        } finally {
            runner = null;
        }
    }

    public void run(Runnable work) {
        call(() -> {
            work.run();
            return null;
        });
    }

    /** The lane ends: what waits is dropped, and everything after it is rejected. */
    synchronized void terminate() {
        terminated = true;
        tasks.clear();
        timers.clear();
    }

    /** Tasks that were ever handed over. */
    public synchronized int posted() {
        return posted;
    }

    public synchronized int waiting() {
        return tasks.size();
    }

    public synchronized int timers() {
        return timers.size();
    }

    void assertInLane() {
        if (!inLane() && !terminated) {
            throw new AssertionError(Thread.currentThread() + " is not the lane");
        }
    }
}
