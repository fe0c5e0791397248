package io.sluice.sse;

import java.util.Objects;

/**
 * Work of a scope that may block on a thread of its own: interrupted when the scope closes, counted until the thread has
 * left it. Thread-safe.
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
    private Thread thread = Thread.currentThread(); // of no meaning before it runs

    ForkedTask(Scope scope, Scope.Task task) {
        this.scope = scope;
        this.task = Objects.requireNonNull(task, "task");
    }

    Registration start() {
        if (scope.isClosed()) {
            return () -> {};
        }
        count(1);
        registration = scope.register(CloseStep.TASKS, null, ignored -> stop());
        try {
            scope.home().runBlocking(this);
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
            boolean ofTheEnd = t instanceof InterruptedException || t instanceof ClosedException;
            if (!ofTheEnd || !scope.isClosed()) {
                ScopeGuard.userCodeFailed(scope.home(), "task", t);
            }
        } finally {
            synchronized (this) {
                state = State.DONE;
                // The thread may be of a pool: an interruption that was meant for this task stays here.
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
        scope.home().ledger().add(Ledger.Kind.TASKS, amount);
    }
}
