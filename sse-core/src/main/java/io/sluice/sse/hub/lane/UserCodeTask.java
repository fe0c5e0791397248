package io.sluice.sse.hub.lane;

import io.sluice.sse.Ledger;
import io.sluice.sse.hub.core.HubCore;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One run of user code on behalf of a client. The ledger counts it while it runs. When nobody waits for it any more, it
 * is interrupted, and gets three seconds, from then or from its own start if that is later. Then it is interrupted
 * (again), a warning shows where it is, and other clients' code does not wait for its thread. Thread-safe.
 */
public final class UserCodeTask {

    private static final Logger log = LoggerFactory.getLogger(UserCodeTask.class);

    private static final long PATIENCE_NANOS = TimeUnit.SECONDS.toNanos(3);

    private final HubCore core;
    private final Object client;

    // Guarded by this.
    /** The thread of the code while it runs. */
    private @Nullable Thread thread;

    private boolean isAbandoned;
    private boolean isInterruptedAtOnce;
    private boolean interrupted;
    /** Whether the executor was told that this task keeps its thread. */
    private boolean isReportedStuck;

    private @Nullable Runnable cancelCheck;

    /** @param client identifies the client in the log */
    UserCodeTask(HubCore core, Object client) {
        this.core = core;
        this.client = client;
    }

    /**
     * Calls code that may block, on the user executor. The code is not called if the task was abandoned before it
     * began. Call this once per task.
     *
     * @return completes on the thread of the code, after its end, so that what follows is not interrupted
     */
    public <T> CompletableFuture<T> call(Callable<? extends T> code) {
        CompletableFuture<T> result = new CompletableFuture<>();
        core.userExecutor().execute(() -> {
            if (isAbandoned()) {
                result.cancel(false);
                return;
            }
            CompletableFuture<T> ended = new CompletableFuture<>();
            run(() -> {
                try {
                    ended.complete(code.call());
                } catch (Throwable e) {
                    ended.completeExceptionally(e);
                }
            });
            ended.whenComplete((value, failure) -> {
                if (failure == null) {
                    result.complete(value);
                } else {
                    result.completeExceptionally(failure);
                }
            });
        });
        return result;
    }

    private synchronized boolean isAbandoned() {
        return isAbandoned;
    }

    /** Runs code on the thread of the caller. Call this once per task. */
    void run(Runnable code) {
        begin();
        core.ledger().add(Ledger.Kind.USER_CODE, 1);
        try {
            code.run();
        } finally {
            core.ledger().add(Ledger.Kind.USER_CODE, -1);
            end();
        }
    }

    private synchronized void begin() {
        thread = Thread.currentThread();
        if (isAbandoned) {
            onAbandoned(thread);
        }
    }

    private void onAbandoned(Thread running) {
        if (isInterruptedAtOnce) {
            interrupt(running);
        }
        cancelCheck = core.timer().schedule(this::check, PATIENCE_NANOS);
    }

    private synchronized void end() {
        thread = null;
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

    /** Nobody waits for the code any more: it is interrupted at once if it runs. */
    public void abandon() {
        abandon(true);
    }

    /** As {@link #abandon()}. @param atOnce false if the code may go on for its three seconds */
    synchronized void abandon(boolean atOnce) {
        if (isAbandoned) {
            return;
        }
        isAbandoned = true;
        isInterruptedAtOnce = atOnce;
        if (thread != null && thread != Thread.currentThread()) {
            onAbandoned(thread);
        }
    }

    private void interrupt(Thread running) {
        interrupted = true;
        running.interrupt();
    }

    private void check() {
        ThreadStack stack;
        synchronized (this) {
            if (thread == null) {
                return;
            }
            isReportedStuck = true;
            interrupt(thread);
            stack = new ThreadStack(thread);
        }
        log.warn(
                "[{}] user code is still running {} s after its client has left or its result was given up; it is"
                        + " interrupted now",
                client,
                TimeUnit.NANOSECONDS.toSeconds(PATIENCE_NANOS),
                stack);
        core.userExecutor().taskIsStuck();
    }
}
