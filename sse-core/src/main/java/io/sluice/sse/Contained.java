package io.sluice.sse;

import java.util.concurrent.RejectedExecutionException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** What scopes ask of their homes: whatever fails there is logged, and closing goes on. Thread-safe. */
final class Contained {

    private static final Logger log = LoggerFactory.getLogger(Scope.class);

    private Contained() {}

    /** On the owner's thread, or here if that has ended. */
    static void atHome(ScopeHome home, Runnable work) {
        try {
            home.runAtHome(work);
        } catch (RejectedExecutionException e) {
            work.run();
        }
    }

    static void closing(ScopeHome home, CloseStep step, CloseReason why) {
        try {
            home.closing(step, why);
        } catch (Throwable t) {
            goesOn(home, t);
        }
    }

    static void userCode(ScopeHome home, Runnable work) {
        try {
            home.runUserCode(() -> run(home, work));
        } catch (RuntimeException | Error e) {
            run(home, work); // an executor that refuses must not break the order, nor leave the end out
        }
    }

    static void userCodeFailed(ScopeHome home, String what, Throwable failure) {
        run(home, () -> home.userCodeFailed(what, failure));
    }

    private static void run(ScopeHome home, Runnable work) {
        try {
            work.run();
        } catch (Throwable t) {
            goesOn(home, t);
        }
    }

    private static void goesOn(ScopeHome home, Throwable failure) {
        log.warn("{}: closing went on after a failure", home, failure);
    }
}
