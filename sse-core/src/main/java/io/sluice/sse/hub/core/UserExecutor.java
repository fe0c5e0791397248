package io.sluice.sse.hub.core;

import java.util.concurrent.Executor;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Where the user code of a hub runs: on the executor that the user gave; on threads of our own if that refuses, since the
 * caller may be a lane, and nobody's user code may run there. Thread-safe.
 */
public final class UserExecutor implements Executor {

    private static final Logger log = LoggerFactory.getLogger(UserExecutor.class);

    private final Executor executor;
    private final LogThrottle refused;
    private @Nullable Executor fallback; // guarded by this

    /** @param given the user's, or null for threads of our own */
    public UserExecutor(@Nullable Executor given, LongSupplier clock) {
        this.executor = given == null ? UserThreads.create() : given;
        this.refused = new LogThrottle(clock);
    }

    @Override
    public void execute(Runnable task) {
        try {
            executor.execute(task);
        } catch (RuntimeException | Error e) {
            if (refused.tryAcquire()) {
                log.warn(
                        "the user executor takes no task, another one takes its place: {}{}",
                        e.toString(),
                        refused.suppressedSuffix());
            }
            fallback().execute(task);
        }
    }

    private synchronized Executor fallback() {
        if (fallback == null) {
            fallback = UserThreads.create();
        }
        return fallback;
    }
}
