package io.sluice.sse.hub.core;

import java.util.concurrent.Executor;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Runs the user code of a hub on the executor that the user configured. If that executor rejects a task, the task runs
 * on threads of this class: the caller may be a lane, and user code must not run there. Thread-safe.
 */
public final class UserExecutor implements Executor {

    private static final Logger log = LoggerFactory.getLogger(UserExecutor.class);

    private final Executor executor;
    private final LogThrottle rejections;

    // Guarded by this.
    private @Nullable Executor fallback;

    /** @param configured the user's executor; null to use threads of this class only */
    public UserExecutor(@Nullable Executor configured, LongSupplier clock) {
        this.executor = configured == null ? UserThreads.create() : configured;
        this.rejections = new LogThrottle(clock);
    }

    @Override
    public void execute(Runnable task) {
        try {
            executor.execute(task);
        } catch (RuntimeException | Error e) {
            if (rejections.tryAcquire()) {
                log.warn(
                        "the user executor rejected a task, which runs on a fallback thread: {}{}",
                        e.toString(),
                        rejections.suppressedSuffix());
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
