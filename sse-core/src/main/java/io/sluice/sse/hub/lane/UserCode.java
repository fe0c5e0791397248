package io.sluice.sse.hub.lane;

import io.sluice.sse.CloseReason;
import io.sluice.sse.Ledger;
import io.sluice.sse.hub.core.HubCore;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The user code of one sink: it runs on the user executor, one task after another. The ledger counts a task while it
 * runs. When the sink closes, the task that runs is interrupted. If it still runs three seconds later, a warning shows
 * where it is, and other clients' code does not wait for its thread any more. Thread-safe.
 *
 * <p>A source that ends its own stream is not interrupted at once: it may have work to do after {@code complete()}.
 */
final class UserCode extends SerialExecutor {

    private static final Logger log = LoggerFactory.getLogger(LaneSink.class);

    private static final long PATIENCE_NANOS = TimeUnit.SECONDS.toNanos(3);

    private final LaneSink sink;
    private final HubCore core;

    // Guarded by this.
    private @Nullable Thread thread;
    private boolean interrupted;
    /** Whether the executor was told that the running task keeps its thread. */
    private boolean isReportedStuck;

    UserCode(LaneSink sink, HubCore core) {
        super(core.userExecutor());
        this.sink = sink;
        this.core = core;
    }

    @Override
    void run(Runnable task) {
        synchronized (this) {
            thread = Thread.currentThread();
        }
        core.ledger().add(Ledger.Kind.USER_CODE, 1);
        try {
            task.run();
        } finally {
            core.ledger().add(Ledger.Kind.USER_CODE, -1);
            synchronized (this) {
                thread = null;
                if (interrupted) {
                    interrupted = false;
                    // The thread may belong to a pool: an interrupt that was meant for this task must not leave it.
                    Thread.interrupted();
                }
                if (isReportedStuck) {
                    isReportedStuck = false;
                    core.userExecutor().stuckTaskEnded();
                }
            }
        }
    }

    /** The sink begins to close. On the lane, before anything that runs because of the close is queued. */
    synchronized void onClosing(CloseReason reason) {
        Thread running = thread;
        if (running == null || running == Thread.currentThread()) {
            return;
        }
        boolean endedItself = reason == CloseReason.SOURCE_COMPLETED || reason == CloseReason.SOURCE_FAILED;
        if (!endedItself) {
            interrupt(running);
        }
        core.timer().schedule(() -> checkEnded(running), PATIENCE_NANOS);
    }

    private void interrupt(Thread running) {
        interrupted = true;
        running.interrupt();
    }

    private void checkEnded(Thread running) {
        synchronized (this) {
            if (thread != running || isReportedStuck) {
                return;
            }
            isReportedStuck = true;
            interrupt(running);
        }
        log.warn(
                "[{}] user code still runs {} s after its client left; it is interrupted now",
                sink.id(),
                TimeUnit.NANOSECONDS.toSeconds(PATIENCE_NANOS),
                new ThreadStack(running));
        core.userExecutor().taskIsStuck();
    }
}
