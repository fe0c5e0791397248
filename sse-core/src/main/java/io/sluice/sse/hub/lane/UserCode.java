package io.sluice.sse.hub.lane;

import io.sluice.sse.CloseReason;
import io.sluice.sse.Ledger;
import io.sluice.sse.hub.core.HubCore;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The user code of one sink: it runs on the user executor, one task after another, and forked tasks run in parallel.
 * The ledger counts a task while it runs. When the sink closes, the task that runs is interrupted. A task gets three
 * seconds, from the close or from its own start if that is later. Then it is interrupted (again), a warning shows where
 * it is, and other clients' code does not wait for its thread any more. Thread-safe.
 *
 * <p>A source that ends its own stream is not interrupted at once: it may have work to do after {@code complete()}. A
 * subscriber in this process may still have to take the last event of its topic.
 */
final class UserCode extends SerialExecutor {

    private static final Logger log = LoggerFactory.getLogger(LaneSink.class);

    private static final long PATIENCE_NANOS = TimeUnit.SECONDS.toNanos(3);

    private final LaneSink sink;
    private final HubCore core;

    // Guarded by this.
    /** The tasks that run now: at most one of the serial ones, and the forked ones. */
    private final List<Running> running = new ArrayList<>(1);

    private boolean closing;

    /** @param closing whether the sink closes already */
    UserCode(LaneSink sink, HubCore core, boolean closing) {
        super(core.userExecutor());
        this.closing = closing;
        this.sink = sink;
        this.core = core;
    }

    @Override
    void run(Runnable task) {
        run(task, true);
    }

    /** Runs a task in parallel to the others. The caller interrupts it when the sink closes. */
    void fork(Runnable task) {
        core.userExecutor().execute(() -> run(task, false));
    }

    private void run(Runnable task, boolean isSerial) {
        Running entry = new Running(Thread.currentThread(), isSerial);
        synchronized (this) {
            running.add(entry);
            if (closing) {
                entry.checkLater();
            }
        }
        core.ledger().add(Ledger.Kind.USER_CODE, 1);
        try {
            task.run();
        } finally {
            core.ledger().add(Ledger.Kind.USER_CODE, -1);
            synchronized (this) {
                running.remove(entry);
                entry.ended();
            }
        }
    }

    /** The sink begins to close. On the lane, before anything that runs because of the close is queued. */
    synchronized void onClosing(CloseReason reason) {
        closing = true;
        boolean endedItself = reason == CloseReason.SOURCE_COMPLETED
                || reason == CloseReason.SOURCE_FAILED
                || reason == CloseReason.TOPIC_ENDED;
        for (Running entry : running) {
            if (entry.thread == Thread.currentThread()) {
                continue;
            }
            if (entry.isSerial && !endedItself) {
                entry.interrupt();
            }
            entry.checkLater();
        }
    }

    /** One run of a task. All methods but {@link #check} are called with the lock of the user code. */
    private final class Running {

        final Thread thread;
        final boolean isSerial;
        private boolean interrupted;
        /** Whether the executor was told that this task keeps its thread. */
        private boolean isReportedStuck;

        private @Nullable Runnable cancelCheck;

        Running(Thread thread, boolean isSerial) {
            this.thread = thread;
            this.isSerial = isSerial;
        }

        void interrupt() {
            interrupted = true;
            thread.interrupt();
        }

        void checkLater() {
            cancelCheck = core.timer().schedule(this::check, PATIENCE_NANOS);
        }

        private void check() {
            synchronized (UserCode.this) {
                if (!running.contains(this)) {
                    return;
                }
                isReportedStuck = true;
                interrupt();
            }
            log.warn(
                    "[{}] user code of a client that left has run for {} s since; it is interrupted now",
                    sink.id(),
                    TimeUnit.NANOSECONDS.toSeconds(PATIENCE_NANOS),
                    new ThreadStack(thread));
            core.userExecutor().taskIsStuck();
        }

        void ended() {
            if (cancelCheck != null) {
                cancelCheck.run();
            }
            if (interrupted) {
                // The thread may belong to a pool: an interrupt that was meant for this task must not leave it.
                Thread.interrupted();
            }
            if (isReportedStuck) {
                core.userExecutor().stuckTaskEnded();
            }
        }
    }
}
