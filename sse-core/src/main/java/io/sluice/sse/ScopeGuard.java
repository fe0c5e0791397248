package io.sluice.sse;

import java.util.concurrent.RejectedExecutionException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Calls the owners of scopes, and logs whatever they throw, so that closing continues. Thread-safe. */
final class ScopeGuard {

    private static final Logger log = LoggerFactory.getLogger(Scope.class);

    private ScopeGuard() {}

    /** Runs the work on the owner's thread, or on the caller's thread if the owner's thread has ended. */
    static void runOnOwner(Scope.Owner owner, Runnable work) {
        try {
            owner.runOnOwner(work);
        } catch (RejectedExecutionException e) {
            work.run();
        }
    }

    static void closing(Scope.Owner owner, Scope.CloseStep step, CloseReason reason) {
        try {
            owner.closing(step, reason);
        } catch (Throwable t) {
            logFailure(owner, t);
        }
    }

    static void runUserCode(Scope.Owner owner, Runnable work) {
        try {
            owner.runUserCode(() -> run(owner, work));
        } catch (RuntimeException | Error e) {
            run(owner, work); // if the executor rejects it, the order must still hold and the close must still end
        }
    }

    static void reportFailure(Scope.Owner owner, String what, Throwable failure) {
        run(owner, () -> owner.userCodeFailed(what, failure));
    }

    private static void run(Scope.Owner owner, Runnable work) {
        try {
            work.run();
        } catch (Throwable t) {
            logFailure(owner, t);
        }
    }

    private static void logFailure(Scope.Owner owner, Throwable failure) {
        try {
            log.warn("{}: closing continues after a failure", owner, failure);
        } catch (Throwable unprintable) { // the failure, or the owner, may come from user code
            log.warn(
                    "closing continues after a {} that cannot be printed",
                    failure.getClass().getName());
        }
    }
}
