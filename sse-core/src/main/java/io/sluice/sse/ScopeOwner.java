package io.sluice.sse;

import java.util.concurrent.RejectedExecutionException;
import org.slf4j.LoggerFactory;

/**
 * Where a {@link Scope} lives: the thread that closes it, the thread of its user code, its timer and its ledger. A
 * transport or a server implements this; users meet only the scope.
 *
 * <p>Implementations are thread-safe. No method may block.
 */
public interface ScopeOwner {

    /**
     * Runs {@code work} on the owner's thread; at once if the caller is on it.
     *
     * @throws RejectedExecutionException if that thread has ended; the scope then closes on the caller's thread
     */
    void runOnOwner(Runnable work);

    /** Runs user code off the owner's thread, one piece after the other in the order of the calls. */
    void runUserCode(Runnable work);

    /**
     * Runs user code that may block for long, off the owner's thread and beside what {@link #runUserCode} runs. By default
     * it is one more piece of that.
     */
    default void runBlocking(Runnable work) {
        runUserCode(work);
    }

    /**
     * User code has thrown. By default it is logged.
     *
     * @param what which code, in words of a fixed set
     */
    default void userCodeFailed(String what, Throwable failure) {
        LoggerFactory.getLogger(ScopeOwner.class).warn("{}: the {} failed", this, what, failure);
    }

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
