package io.sluice.sse.examples.server;

import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Executor;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;

/**
 * Works off large requests on a thread of its own. A batch of a megabyte can have 75,000 events. That is a tenth of a
 * second of work, and an event loop that does it serves none of its clients meanwhile. The server's budget for bodies
 * bounds what waits. Thread-safe.
 */
final class LargeBodies {

    /** A body up to this size is worked off by the event loop that has read it. */
    static final int SMALL_BYTES = 16 * 1024;

    /** Its thread ends when it has no work, so it needs no close. */
    private final Executor executor;

    LargeBodies() {
        ThreadPoolExecutor own =
                new ThreadPoolExecutor(1, 1, 1, TimeUnit.SECONDS, new LinkedBlockingQueue<>(), task -> {
                    Thread thread = new Thread(task, "sluice-large-bodies");
                    thread.setDaemon(true);
                    return thread;
                });
        own.allowCoreThreadTimeOut(true);
        executor = own;
    }

    /** The thread, for what follows the work. */
    Executor executor() {
        return executor;
    }

    /** Runs the work in its turn. */
    <T> CompletionStage<T> work(Supplier<CompletionStage<T>> work) {
        return CompletableFuture.supplyAsync(work, executor).thenCompose(stage -> stage);
    }
}
