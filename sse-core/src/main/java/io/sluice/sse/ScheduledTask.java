package io.sluice.sse;

import io.sluice.sse.Scope.Registration;
import java.util.Objects;
import java.util.concurrent.RejectedExecutionException;

/** A scheduled task of a scope: the timer of the scope's owner submits it to the user executor. Thread-safe. */
final class ScheduledTask implements Runnable {

    private final Scope scope;
    private final long delayNanos;
    private final long periodNanos;
    private final Runnable task;
    private Registration registration = () -> {};

    // Guarded by this.
    private Runnable timer = () -> {};
    private boolean cancelled;

    /** @param periodNanos zero for a task that runs once */
    ScheduledTask(Scope scope, long delayNanos, long periodNanos, Runnable task) {
        this.scope = scope;
        this.delayNanos = delayNanos;
        this.periodNanos = periodNanos;
        this.task = Objects.requireNonNull(task, "task");
    }

    Registration start() {
        if (scope.isClosed()) {
            return () -> {};
        }
        registration = scope.register(Scope.CloseStep.TASKS, Ledger.Kind.TASKS, ignored -> stop());
        arm(delayNanos);
        return this::cancel;
    }

    @Override
    public void run() {
        ScopeGuard.runUserCode(scope.owner(), () -> {
            if (scope.isClosed()) {
                return;
            }
            try {
                task.run();
            } catch (Throwable t) {
                ScopeGuard.reportFailure(scope.owner(), "task", t);
            } finally {
                if (periodNanos > 0) {
                    arm(periodNanos);
                } else {
                    cancel();
                }
            }
        });
    }

    private synchronized void arm(long nanos) {
        if (!cancelled) {
            try {
                timer = scope.owner().schedule(this, nanos);
            } catch (RejectedExecutionException e) {
                cancelled = true; // the owner's thread has ended, and everything with it
            }
        }
    }

    private void cancel() {
        stop();
        registration.cancel();
    }

    private synchronized void stop() {
        cancelled = true;
        timer.run();
    }
}
