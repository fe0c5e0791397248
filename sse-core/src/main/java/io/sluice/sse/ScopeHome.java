package io.sluice.sse;

import java.util.concurrent.RejectedExecutionException;

/**
 * Where a {@link Scope} lives: the thread that closes it, the thread of its user code, its timer and its ledger. A
 * transport or a server implements this; users meet only the scope.
 *
 * <p>Implementations are thread-safe. No method may block.
 */
public interface ScopeHome {

    /**
     * Runs {@code work} on the owner's thread; at once if the caller is on it.
     *
     * @throws RejectedExecutionException if that thread has ended; the scope then closes on the caller's thread
     */
    void runAtHome(Runnable work);

    /** Runs user code off the owner's thread, one piece after the other in the order of the calls. */
    void runUserCode(Runnable work);

    /**
     * Runs {@code task} once on the owner's thread after a delay.
     *
     * @return cancels the task; harmless if it has already run
     * @throws RejectedExecutionException if that thread has ended
     */
    Runnable schedule(Runnable task, long delayNanos);

    /** Where tasks and listeners are counted. */
    Ledger ledger();

    /**
     * What the owner itself does in a step of the close, before what was registered for that step. Called once for each
     * step, in order, on the owner's thread. What it throws is logged and the close goes on.
     */
    default void closing(CloseStep step, CloseReason reason) {}
}
