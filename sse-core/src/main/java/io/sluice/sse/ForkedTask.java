package io.sluice.sse;

import io.sluice.sse.Scope.Registration;
import java.util.Objects;

/**
 * Blocking work of a scope on its own thread: interrupted when the scope closes, and counted until its thread returns.
 * Thread-safe.
 */
final class ForkedTask implements Runnable {

    private enum State {
        NEW,
        RUNNING,
        DONE
    }

    private final Scope scope;
    private final Scope.Task task;
    private Registration registration = () -> {};

    // Guarded by this.
    private State state = State.NEW;
    private Thread thread = Thread.currentThread(); // has no meaning before the task runs

    ForkedTask(Scope scope, Scope.Task task) {
        this.scope = scope;
        this.task = Objects.requireNonNull(task, "task");
    }

    Registration start() {
        if (scope.isClosed()) {
            return () -> {};
        }
        count(1);
        registration = scope.register(Scope.CloseStep.TASKS, null, ignored -> stop());
        try {
            scope.owner().runBlocking(this);
        } catch (RuntimeException | Error e) {
            cancel();
            throw e;
        }
        return this::cancel;
    }

    @Override
    public void run() {
        synchronized (this) {
            if (state != State.NEW) {
                return;
            }
            state = State.RUNNING;
            thread = Thread.currentThread();
        }
        try {
            task.run();
        } catch (Throwable t) {
            boolean isCausedByClose = t instanceof InterruptedException || t instanceof ClosedException;
            if (!isCausedByClose || !scope.isClosed()) {
                ScopeGuard.reportFailure(scope.owner(), "task", t);
            }
        } finally {
            synchronized (this) {
                state = State.DONE;
                // The thread may belong to a pool: an interrupt that was meant for this task must not leave it.
                Thread.interrupted();
            }
            registration.cancel();
            count(-1);
        }
    }

    private void cancel() {
        stop();
        registration.cancel();
    }

    private void stop() {
        synchronized (this) {
            if (state == State.RUNNING) {
                thread.interrupt();
            }
            if (state != State.NEW) {
                return;
            }
            state = State.DONE; // the executor may have dropped it
        }
        count(-1);
    }

    private void count(int amount) {
        scope.owner().ledger().add(Ledger.Kind.TASKS, amount);
    }
}
