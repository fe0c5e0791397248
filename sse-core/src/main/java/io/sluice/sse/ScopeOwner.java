package io.sluice.sse;

import java.util.concurrent.RejectedExecutionException;
import org.slf4j.LoggerFactory;

/**
 * The environment of a {@link Scope}: the thread that closes it, the executor of its user code, its timer and its
 * ledger. Transports and servers implement this interface; users only see the scope.
 *
 * <p>Implementations are thread-safe. No method may block.
 */
public interface ScopeOwner {

    /**
     * Runs {@code work} on the owner's thread; at once if the caller is on that thread.
     *
     * @throws RejectedExecutionException if that thread has ended; the scope then closes on the caller's thread
     */
    void runOnOwner(Runnable work);

    /** Runs user code away from the owner's thread, one piece at a time, in the order of the calls. */
    void runUserCode(Runnable work);

    /**
     * Runs user code that may block for long, away from the owner's thread and in parallel to {@link #runUserCode}. By
     * default it calls {@link #runUserCode}.
     */
    default void runBlocking(Runnable work) {
        runUserCode(work);
    }

    /**
     * Called when user code has thrown. By default the failure is logged.
     *
     * @param what the kind of code that failed, from a fixed set of names
     */
    default void userCodeFailed(String what, Throwable failure) {
        LoggerFactory.getLogger(ScopeOwner.class).warn("{}: the {} failed", this, what, failure);
    }

    /**
     * Runs {@code task} once on the owner's thread after a delay.
     *
     * @return cancels the task; has no effect if the task has already run
     * @throws RejectedExecutionException if that thread has ended
     */
    Runnable schedule(Runnable task, long delayNanos);

    /** The ledger that counts tasks and listeners. */
    Ledger ledger();

    /**
     * Does the owner's own work of a close step, before the actions that were registered for that step. Called once for
     * each step, in order, on the owner's thread. If it throws, the failure is logged and the close continues.
     */
    default void closing(CloseStep step, CloseReason reason) {}
}
