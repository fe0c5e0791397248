package io.sluice.sse.hub.log;

import io.sluice.sse.history.HistoryException;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Executor;
import org.jspecify.annotations.Nullable;

/**
 * The publishers that wait until their events are on the disk, and the failure that ends all waiting. The stages run
 * user code, so they are completed on the user executor. Thread-safe.
 */
final class DurabilityWaiters {

    private record Waiter<T>(long position, T answer, CompletableFuture<T> stage) {
        void complete() {
            stage.complete(answer);
        }
    }

    private final Executor userExecutor;

    // Guarded by this.
    private final ArrayDeque<Waiter<?>> waiters = new ArrayDeque<>();
    private long durablePosition;

    // Written while this is locked. Read by publishers without the monitor.
    private volatile @Nullable HistoryException failure;

    DurabilityWaiters(Executor userExecutor) {
        this.userExecutor = userExecutor;
    }

    /** A stage of {@code answer} that completes when everything up to {@code position} is on the disk. */
    synchronized <T> CompletionStage<T> whenDurable(long position, T answer) {
        HistoryException failed = failure;
        if (failed != null) {
            return CompletableFuture.failedFuture(failed);
        }
        if (position <= durablePosition) {
            return CompletableFuture.completedFuture(answer);
        }
        CompletableFuture<T> stage = new CompletableFuture<>();
        waiters.add(new Waiter<>(position, answer, stage));
        return stage;
    }

    /** Everything up to {@code position} is on the disk: completes the stages that waited for it. */
    void onDurable(long position) {
        List<Waiter<?>> ready = new ArrayList<>();
        synchronized (this) {
            durablePosition = position;
            while (!waiters.isEmpty() && waiters.element().position <= position) {
                ready.add(waiters.remove());
            }
        }
        if (!ready.isEmpty()) {
            userExecutor.execute(() -> ready.forEach(Waiter::complete));
        }
    }

    /** The failure of the history; null while it works. */
    @Nullable
    HistoryException failure() {
        return failure;
    }

    /** From now on nothing waits, until {@link #recover}: each new stage has failed already. */
    synchronized void fail(HistoryException cause) {
        failure = cause;
    }

    /** The history works again. */
    synchronized void recover() {
        failure = null;
    }

    /** Fails the stages that waited when the history failed. */
    void failRemaining() {
        List<Waiter<?>> remaining;
        HistoryException cause;
        synchronized (this) {
            cause = failure;
            remaining = new ArrayList<>(waiters);
            waiters.clear();
        }
        if (cause != null && !remaining.isEmpty()) {
            userExecutor.execute(() -> remaining.forEach(waiter -> waiter.stage.completeExceptionally(cause)));
        }
    }
}
