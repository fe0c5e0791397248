package io.sluice.sse.test;

import io.sluice.sse.hub.lane.Lane;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.PriorityQueue;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * A lane and a clock that a test controls: tasks wait until the test runs them, and the time does not change until the
 * test moves it.
 *
 * <p>Any thread may call {@link #execute} and {@link #schedule}. The methods that run tasks are for one thread at a
 * time. That thread is the lane while they run.
 */
public final class ManualLane implements Lane {

    private static final int MAX_TASKS = 100_000;

    private record Timer(long dueNanos, long order, Runnable task) implements Comparable<Timer> {
        @Override
        public int compareTo(Timer other) {
            return dueNanos != other.dueNanos
                    ? Long.compare(dueNanos, other.dueNanos)
                    : Long.compare(order, other.order);
        }
    }

    // Guarded by this.
    private final ArrayDeque<Runnable> tasks = new ArrayDeque<>();
    private final PriorityQueue<Timer> timers = new PriorityQueue<>();
    private long nowNanos = TimeUnit.SECONDS.toNanos(1);
    private long nanosPerLook;
    private long order;
    private int posted;
    private boolean terminated;

    private volatile @Nullable Thread runner;

    /** Creates a lane without tasks. */
    public ManualLane() {}

    // ---- what the hub calls

    @Override
    public boolean inLane() {
        return runner == Thread.currentThread();
    }

    @Override
    public synchronized void execute(Runnable task) {
        requireNotTerminated();
        posted++;
        tasks.add(task);
        notifyAll();
    }

    @Override
    public synchronized Runnable schedule(Runnable task, long delayNanos) {
        requireNotTerminated();
        Timer timer = new Timer(nowNanos + delayNanos, order++, task);
        timers.add(timer);
        return () -> cancel(timer);
    }

    private synchronized void cancel(Timer timer) {
        timers.remove(timer);
    }

    @Override
    public synchronized long nanoTime() {
        nowNanos += nanosPerLook;
        return nowNanos;
    }

    private void requireNotTerminated() {
        if (terminated) {
            throw new RejectedExecutionException("the lane has ended");
        }
    }

    // ---- tasks

    /** Runs {@code work} as the lane, now. */
    public void run(Runnable work) {
        call(() -> {
            work.run();
            return true;
        });
    }

    /** Runs {@code work} as the lane, now, and returns its result. */
    public <T> T call(Supplier<T> work) {
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

    /** Runs the oldest waiting task. @return false if no task was waiting */
    public boolean runOne() {
        Runnable task;
        synchronized (this) {
            task = tasks.poll();
        }
        if (task == null) {
            return false;
        }
        run(task);
        return true;
    }

    /**
     * Runs the waiting tasks and the tasks that they add, until no task is left.
     *
     * @throws AssertionError if the tasks do not end
     */
    public void runAll() {
        for (int i = 0; runOne(); i++) {
            if (i == MAX_TASKS) {
                throw new AssertionError("the lane has run " + MAX_TASKS + " tasks and still has one");
            }
        }
    }

    /** Waits until a task is there, at most this long. It is for code under test that has threads of its own. */
    synchronized void awaitTask(Duration atMost) throws InterruptedException {
        long deadline = System.nanoTime() + atMost.toNanos();
        long left = atMost.toNanos();
        while (tasks.isEmpty() && left > 0) {
            TimeUnit.NANOSECONDS.timedWait(this, left);
            left = deadline - System.nanoTime();
        }
    }

    // ---- time

    /** Moves the clock, and runs all tasks and each timer at its due time. */
    public void advance(Duration time) {
        advance(time, this::runAll);
    }

    /**
     * Moves the clock and runs each timer at its due time.
     *
     * @param settle runs before the first timer and after each; it should call {@link #runAll}
     */
    public void advance(Duration time, Runnable settle) {
        long end;
        synchronized (this) {
            end = nowNanos + time.toNanos();
        }
        settle.run();
        for (Timer timer = takeDue(end); timer != null; timer = takeDue(end)) {
            run(timer.task);
            settle.run();
        }
        synchronized (this) {
            nowNanos = Math.max(nowNanos, end);
        }
    }

    private synchronized @Nullable Timer takeDue(long endNanos) {
        Timer timer = timers.peek();
        if (timer == null || timer.dueNanos > endNanos) {
            return null;
        }
        timers.remove();
        nowNanos = Math.max(nowNanos, timer.dueNanos);
        return timer;
    }

    /** Moves the clock without running any timer, as when the whole process is suspended. */
    public synchronized void pause(Duration time) {
        nowNanos += time.toNanos();
    }

    /** Runs all timers now, before they are due, as when the clock of the timers is ahead of the lane's clock. */
    public void runTimersEarly() {
        List<Timer> all;
        synchronized (this) {
            all = new ArrayList<>(timers);
            timers.clear();
        }
        all.forEach(timer -> run(timer.task));
        runAll();
    }

    /** Sets how far the clock moves each time it is read. With a large value, each pass of the hub yields early. */
    public synchronized void nanosPerLook(long nanos) {
        nanosPerLook = nanos;
    }

    // ---- its state

    /** Ends the lane as the end of its thread would: waiting tasks and timers are dropped, new ones are rejected. */
    public synchronized void terminate() {
        terminated = true;
        tasks.clear();
        timers.clear();
    }

    /** How many tasks were passed to {@link #execute} so far. */
    public synchronized int posted() {
        return posted;
    }

    /** How many tasks wait. */
    public synchronized int waiting() {
        return tasks.size();
    }

    /** How many timers are scheduled. */
    public synchronized int timers() {
        return timers.size();
    }

    /**
     * Checks that the caller is on the lane. After {@link #terminate} every caller passes, because sinks then close on
     * the thread of the caller.
     */
    public void assertInLane() {
        if (!inLane() && !isTerminated()) {
            throw new AssertionError(Thread.currentThread() + " is not the lane");
        }
    }

    private synchronized boolean isTerminated() {
        return terminated;
    }
}
