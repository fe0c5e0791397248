package io.sluice.sse.netty;

import io.netty.channel.Channel;
import io.netty.util.AttributeKey;
import io.sluice.sse.netty.connection.Connection;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Executor;
import java.util.concurrent.LinkedBlockingDeque;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * Handles large requests on a thread of the server, one after another, each when the {@link BufferBudget} has room for
 * its response. A batch of a megabyte can have 75,000 events. That is a tenth of a second of work, and an event loop
 * that does it serves none of its clients meanwhile. The waiting bodies are bounded, also for clients that have left,
 * whose bodies are no longer in the budget.
 *
 * <p>After each request the thread rests twice as long as it has worked. So publishers that send one large batch after
 * another take a third of one processor, and the lanes have time to write what a batch has brought.
 *
 * <p>One per server. Thread-safe.
 */
final class LargeRequests {

    /** On the listening socket, so that it costs nothing per connection. */
    static final AttributeKey<LargeRequests> KEY = AttributeKey.valueOf(LargeRequests.class, "large");

    static final long MOST_WAITING_BYTES =
            Math.min(32L << 20, Runtime.getRuntime().maxMemory() / 16);

    /** How many times as long as for a request the thread rests after it. */
    private static final long REST_FACTOR = 2;

    /** The most that the thread rests after a request. */
    private static final long MOST_REST_NANOS = TimeUnit.MILLISECONDS.toNanos(250);

    /** How long a request waits for room. */
    private static final long MOST_WAIT_NANOS = TimeUnit.SECONDS.toNanos(10);

    private final BufferBudget budget;
    private final AtomicLong waitingBytes = new AtomicLong();
    private final LinkedBlockingDeque<Runnable> tasks = new LinkedBlockingDeque<>();
    private final ThreadPoolExecutor thread = newThread();
    /** When the thread may begin the next request. Only the thread uses it, and the next one when it has ended. */
    private volatile long restsUntil = System.nanoTime();

    /** The thread while it runs. */
    private volatile @Nullable Thread running;

    LargeRequests(BufferBudget budget) {
        this.budget = budget;
    }

    /** The instance of the server that has accepted the channel. */
    static LargeRequests of(Channel channel) {
        Channel listener = Connection.of(channel).parent();
        LargeRequests found = listener == null ? null : listener.attr(KEY).get();
        if (found == null) {
            throw new IllegalStateException("this request is not of an SseServer, so it has no thread for large ones");
        }
        return found;
    }

    /** The thread ends when it has no work, so it needs no close. */
    private ThreadPoolExecutor newThread() {
        ThreadPoolExecutor own = new ThreadPoolExecutor(1, 1, 1, TimeUnit.SECONDS, tasks, task -> {
            Thread next = new Thread(task, "sluice-large-requests");
            next.setDaemon(true);
            running = next;
            return next;
        });
        own.allowCoreThreadTimeOut(true);
        return own;
    }

    /**
     * Runs the work in its turn.
     *
     * @param bytes the size of the body
     * @param work gets the executor for what follows in a later stage
     * @return the stage of the work, or one that has failed with a 503 because there was no room in time
     * @throws HttpStatusException (503) if too many bytes wait already
     */
    <T> CompletionStage<T> work(int bytes, Function<Executor, CompletionStage<T>> work) {
        if (waitingBytes.addAndGet(bytes) > MOST_WAITING_BYTES) {
            waitingBytes.addAndGet(-bytes);
            throw HttpStatusException.retryable(503, "too many large requests wait", Duration.ofSeconds(1));
        }
        long deadline = System.nanoTime() + MOST_WAIT_NANOS;
        return CompletableFuture.supplyAsync(
                        () -> {
                            rest();
                            if (!budget.awaitRoom(deadline)) {
                                throw budget.rejection();
                            }
                            long begin = System.nanoTime();
                            try {
                                return work.apply(this::later);
                            } finally {
                                restAfter(begin);
                            }
                        },
                        thread)
                .whenComplete((stage, failure) -> waitingBytes.addAndGet(-bytes))
                .thenCompose(stage -> stage);
    }

    private void restAfter(long begin) {
        long end = System.nanoTime();
        restsUntil = end + Math.min(REST_FACTOR * (end - begin), MOST_REST_NANOS);
    }

    private void rest() {
        for (long left = restsUntil - System.nanoTime(); left > 0; left = restsUntil - System.nanoTime()) {
            Thread.interrupted(); // left behind by earlier work of this thread; parking would return at once
            LockSupport.parkNanos(this, left);
        }
    }

    /**
     * Runs what follows, with room or without it: the route has acted, and its client needs to know. It runs before
     * the next request begins, so that its response is there when that one looks for room. If several responses wait,
     * the newest is made first.
     */
    private void later(Runnable task) {
        if (Thread.currentThread() == running) {
            task.run();
            return;
        }
        long deadline = System.nanoTime() + MOST_WAIT_NANOS;
        tasks.addFirst(() -> {
            budget.awaitRoom(deadline);
            task.run();
        });
        thread.prestartCoreThread(); // it may have ended, and the queue alone does not start another
    }
}
