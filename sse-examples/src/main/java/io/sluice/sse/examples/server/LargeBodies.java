package io.sluice.sse.examples.server;

import io.sluice.sse.netty.HttpStatusException;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Executor;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Supplier;

/**
 * Works off large requests on a thread of its own. A batch of a megabyte can have 75,000 events. That is a tenth of a
 * second of work, and an event loop that does it serves none of its clients meanwhile. What waits is bounded, also for
 * clients that have left, whose bodies are no longer in the budget of the server. Thread-safe.
 */
final class LargeBodies {

    /** A body up to this size is worked off by the event loop that has read it. */
    static final int SMALL_BYTES = 16 * 1024;

    static final long MOST_WAITING_BYTES =
            Math.min(32L << 20, Runtime.getRuntime().maxMemory() / 16);

    private final AtomicLong waitingBytes = new AtomicLong();

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

    /**
     * Runs the work in its turn.
     *
     * @param bytes the size of the body
     * @throws HttpStatusException (503) if too many bytes wait already
     */
    <T> CompletionStage<T> work(int bytes, Supplier<CompletionStage<T>> work) {
        if (waitingBytes.addAndGet(bytes) > MOST_WAITING_BYTES) {
            waitingBytes.addAndGet(-bytes);
            throw HttpStatusException.retryable(503, "too many large requests wait", Duration.ofSeconds(1));
        }
        return CompletableFuture.supplyAsync(work, executor)
                .whenComplete((stage, failure) -> waitingBytes.addAndGet(-bytes))
                .thenCompose(stage -> stage);
    }
}
