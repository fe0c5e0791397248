package io.sluice.sse;

import java.util.concurrent.RejectedExecutionException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** What scopes ask of their homes: whatever fails there is logged, and closing goes on. Thread-safe. */
final class ScopeGuard {

    private static final Logger log = LoggerFactory.getLogger(Scope.class);

    private ScopeGuard() {}

    /** On the owner's thread, or here if that has ended. */
    static void onOwner(ScopeOwner home, Runnable work) {
        try {
            home.runOnOwner(work);
        } catch (RejectedExecutionException e) {
            work.run();
        }
    }

    static void closing(ScopeOwner home, CloseStep step, CloseReason why) {
        try {
            home.closing(step, why);
        } catch (Throwable t) {
            goesOn(home, t);
        }
    }

    static void userCode(ScopeOwner home, Runnable work) {
        try {
            home.runUserCode(() -> run(home, work));
        } catch (RuntimeException | Error e) {
            run(home, work); // an executor that refuses must not break the order, nor leave the end out
        }
    }

    static void userCodeFailed(ScopeOwner home, String what, Throwable failure) {
        run(home, () -> home.userCodeFailed(what, failure));
    }

    private static void run(ScopeOwner home, Runnable work) {
        try {
            work.run();
        } catch (Throwable t) {
            goesOn(home, t);
        }
    }

    private static void goesOn(ScopeOwner home, Throwable failure) {
        log.warn("{}: closing went on after a failure", home, failure);
    }
}
