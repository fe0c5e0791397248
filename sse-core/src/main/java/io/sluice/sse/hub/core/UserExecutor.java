package io.sluice.sse.hub.core;

import java.util.Collections;
import java.util.List;
import java.util.Set;
import java.util.WeakHashMap;
import java.util.concurrent.Executor;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Runs the user code of a hub on the executor that the user gave. Threads of our own take over in two cases: the
 * executor rejects a task, or some of its threads are held by code whose clients have gone. So one client's code
 * cannot stop the code of all others for ever, and user code never runs on a lane. Thread-safe.
 */
public final class UserExecutor implements Executor {

    private static final Logger log = LoggerFactory.getLogger(UserExecutor.class);

    private final @Nullable Executor given;
    private final LogThrottle rejected;
    private final Executor own = UserThreads.create();

    /**
     * The tasks that wait for a thread of the given executor. Weak, since that executor may discard a task silently.
     */
    private final Set<Waiting> waiting = Collections.synchronizedSet(Collections.newSetFromMap(new WeakHashMap<>()));
    /** How many tasks hold a thread although their clients have gone. */
    private final AtomicInteger stuck = new AtomicInteger();

    /** @param given the user's executor, or null for threads of our own */
    public UserExecutor(@Nullable Executor given, LongSupplier clock) {
        this.given = given;
        this.rejected = new LogThrottle(clock);
    }

    @Override
    public void execute(Runnable task) {
        if (given == null) {
            own.execute(task);
            return;
        }
        Waiting entry = new Waiting(task);
        waiting.add(entry);
        if (stuck.get() > 0) { // asked after the task was added: taskIsStuck either sees it or is seen here
            own.execute(entry);
            return;
        }
        try {
            given.execute(entry);
        } catch (RuntimeException | Error e) {
            if (rejected.tryAcquire()) {
                log.warn(
                        "the user executor rejected a task, which runs on another thread: {}{}",
                        e.toString(),
                        rejected.suppressedSuffix());
            }
            own.execute(entry);
        }
    }

    /** A task holds a thread of the executor although its client has gone. Waiting tasks need not wait for it. */
    public void taskIsStuck() {
        stuck.incrementAndGet();
        List<Waiting> now;
        synchronized (waiting) {
            now = List.copyOf(waiting);
        }
        now.forEach(own::execute);
    }

    /** A task that was reported by {@link #taskIsStuck} has ended. */
    public void stuckTaskEnded() {
        stuck.decrementAndGet();
    }

    /** A task that two executors may have; the first one runs it. */
    private final class Waiting extends AtomicBoolean implements Runnable {
        private static final long serialVersionUID = 1L;

        private final transient Runnable task;

        Waiting(Runnable task) {
            this.task = task;
        }

        @Override
        public void run() {
            if (compareAndSet(false, true)) {
                waiting.remove(this);
                task.run();
            }
        }
    }
}
