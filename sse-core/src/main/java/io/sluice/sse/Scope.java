package io.sluice.sse;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.RejectedExecutionException;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.LoggerFactory;

/**
 * Owns the tasks, resources and listeners of a client or a server. When the scope closes, it ends all of them once, in
 * the order of {@link CloseStep}, even if some of them throw. Scopes nest (server, sink, source); a scope closes its
 * children before itself.
 *
 * <p>A scope goes through three states: open, closing (the first reason is set) and closed (everything in it and below
 * it has ended). Anything that is registered on a closed scope is closed at once.
 *
 * <p>Thread-safe. Any thread may call {@link #close}. The work of closing runs on the owner's thread, or on the
 * caller's thread if the owner's thread has ended.
 */
public final class Scope {

    /** Something that was registered on a scope, and that can be removed before the scope closes. Thread-safe. */
    @FunctionalInterface
    public interface Registration {

        /** Removes it. Has no effect if it was removed before or the scope has closed. */
        void cancel();
    }

    /** Work that may block and throw. */
    @FunctionalInterface
    public interface Task {
        /** Does the work. An interrupt means that the scope has closed and that the task has to return. */
        void run() throws Exception;
    }

    /**
     * The fixed order in which a scope closes its content. Within a step, the latest registration is closed first.
     *
     * <p>The order keeps the end clean. The source is stopped before the subscriptions are removed, so it does not
     * send to a sink that is half closed. Close listeners run last, when nothing of the client is left.
     */
    public enum CloseStep {
        /** The source that fills the sink is stopped. */
        SOURCE,
        /** Scheduled and forked work is cancelled. */
        TASKS,
        /** The client is unsubscribed from its topics. */
        SUBSCRIPTIONS,
        /** Resources are closed, buffers are released, and the connection ends. */
        RESOURCES,
        /** Close listeners are called with the reason. */
        LISTENERS,
        /** The ledger and the metrics are updated. */
        COUNT
    }

    /**
     * The environment of a {@link Scope}: the thread that closes it, the executor of its user code, its timer and its
     * ledger. Transports and servers implement this interface; users only see the scope.
     *
     * <p>Implementations are thread-safe. No method may block.
     */
    public interface Owner {

        /**
         * Runs {@code work} on the owner's thread; at once if the caller is on that thread.
         *
         * @throws RejectedExecutionException if that thread has ended; the scope then closes on the caller's thread
         */
        void runOnOwner(Runnable work);

        /** Runs user code away from the owner's thread, one piece at a time, in the order of the calls. */
        void runUserCode(Runnable work);

        /**
         * Runs user code that may block for long, away from the owner's thread and in parallel to {@link
         * #runUserCode}. By default it calls {@link #runUserCode}.
         */
        default void runBlocking(Runnable work) {
            runUserCode(work);
        }

        /**
         * Called when user code has thrown. By default the failure is logged.
         *
         * @param what the kind of code that failed, from a fixed set of names
         */
        default void userCodeFailed(String what, Throwable failure) {
            LoggerFactory.getLogger(Owner.class).warn("{}: the {} failed", this, what, failure);
        }

        /**
         * Runs {@code task} once on the owner's thread after a delay.
         *
         * @return cancels the task; has no effect if the task has already run
         * @throws RejectedExecutionException if that thread has ended
         */
        Runnable schedule(Runnable task, long delayNanos);

        /** The ledger that counts tasks and listeners. */
        Ledger ledger();

        /**
         * Does the owner's own work of a close step, before the actions that were registered for that step. Called
         * once for each step, in order, on the owner's thread. If it throws, the failure is logged and the close
         * continues.
         */
        default void closing(CloseStep step, CloseReason reason) {}
    }

    private static final CloseStep[] STEPS = CloseStep.values();
    private static final VarHandle REASON;

    static {
        try {
            REASON = MethodHandles.lookup().findVarHandle(Scope.class, "reason", CloseReason.class);
        } catch (ReflectiveOperationException e) {
            throw new ExceptionInInitializerError(e);
        }
    }

    private final Owner owner;
    private final @Nullable Scope parent;

    /**
     * Whether the owner was created with this scope, so that closing it runs the owner's own close steps. A child with
     * the same owner does not run them.
     */
    private final boolean closesOwner;

    // Set once, by compare-and-set, from any thread.
    private volatile @Nullable CloseReason reason;

    // Guarded by this. The list is created by the first registration, because most clients have none.
    private @Nullable List<ScopeEntry> entries;
    private boolean closed;
    private boolean stepsDone;
    private @Nullable CompletableFuture<Void> stepsStage;
    private @Nullable CompletableFuture<CloseReason> closedStage;

    // The children as a linked list; guarded by this (the links of a child are guarded by its parent).
    private @Nullable Scope firstChild;
    private @Nullable Scope previousSibling;
    private @Nullable Scope nextSibling;

    private Scope(Owner owner, @Nullable Scope parent, boolean closesOwner) {
        this.owner = Objects.requireNonNull(owner, "owner");
        this.parent = parent;
        this.closesOwner = closesOwner;
    }

    /** Creates a scope without a parent. */
    public static Scope root(Owner owner) {
        return new Scope(owner, null, true);
    }

    /**
     * Creates a scope below this one with the same owner. If this scope is closed, the returned child is closing or
     * closed.
     */
    public Scope child() {
        return child(owner, false);
    }

    /**
     * Creates a scope below this one with another owner. If this scope is closed, the returned child is closing or
     * closed.
     */
    public Scope child(Owner childOwner) {
        return child(childOwner, true);
    }

    private Scope child(Owner childOwner, boolean closesItsOwner) {
        Scope child = new Scope(childOwner, this, closesItsOwner);
        synchronized (this) {
            if (reason == null) {
                link(child);
                return child;
            }
        }
        child.close(Objects.requireNonNull(reason));
        return child;
    }

    /** Whether {@link #close} was called on this scope or on one above it. */
    public boolean isClosed() {
        return reason != null;
    }

    /** Why the scope was closed; null while it is open. */
    public @Nullable CloseReason reason() {
        return reason;
    }

    /** Completes when everything in this scope and below it has ended, close listeners included. Never fails. */
    public CompletionStage<CloseReason> closed() {
        return stage().minimalCompletionStage();
    }

    /**
     * Closes everything below this scope and then its own content. The first call decides the reason; every call
     * returns the same stage.
     *
     * @return completes when everything has ended
     */
    public CompletionStage<CloseReason> close(CloseReason reason) {
        Objects.requireNonNull(reason, "reason");
        if (REASON.compareAndSet(this, null, reason)) {
            ScopeGuard.runOnOwner(owner, this::closeChildren);
        }
        return closed();
    }

    /**
     * Runs {@code listener} with the reason when this scope has closed, on the user executor. If the scope is already
     * closed, the listener runs at once. Exceptions of the listener are logged.
     */
    public Registration onClose(Consumer<CloseReason> listener) {
        Objects.requireNonNull(listener, "listener");
        return register(CloseStep.LISTENERS, Ledger.Kind.LISTENERS, listener);
    }

    /** Closes {@code resource} with this scope, on the owner's thread, so its {@code close} must not block. */
    public <T extends AutoCloseable> T own(T resource) {
        Objects.requireNonNull(resource, "resource");
        register(CloseStep.RESOURCES, null, ignored -> {
            try {
                resource.close();
            } catch (Exception e) {
                throw new IllegalStateException("closing " + resource + " failed", e);
            }
        });
        return resource;
    }

    /** Runs {@code action} in the given close step, on the owner's thread; at once if this scope is closed. */
    public Registration onStep(CloseStep step, Consumer<CloseReason> action) {
        Objects.requireNonNull(action, "action");
        return register(Objects.requireNonNull(step, "step"), null, action);
    }

    /**
     * Runs {@code task} once after {@code delay} on the user executor, unless this scope closes first. With a delay of
     * zero it runs as soon as possible. Exceptions of the task are logged and counted.
     *
     * @throws IllegalArgumentException if the delay is negative
     */
    public Registration schedule(Duration delay, Runnable task) {
        if (delay.isNegative()) {
            throw new IllegalArgumentException("delay: " + delay + " (expected: zero or more)");
        }
        return new ScheduledTask(this, delay.toNanos(), 0, task).start();
    }

    /**
     * Runs {@code task} every {@code period} on the user executor until this scope closes; the first run comes after
     * one period. Each run starts one period after the previous run has ended, so runs never overlap and never pile up.
     * If a run throws, the failure is logged and counted, and the next run takes place as usual.
     *
     * @throws IllegalArgumentException if the period is not positive
     */
    public Registration every(Duration period, Runnable task) {
        if (period.isNegative() || period.isZero()) {
            throw new IllegalArgumentException("period: " + period + " (expected: more than zero)");
        }
        return new ScheduledTask(this, period.toNanos(), period.toNanos(), task).start();
    }

    /**
     * Runs work that may block for long. The work starts at once on a thread of the user executor, in parallel to the
     * other user code of this client. When this scope closes, or the work is cancelled, its thread is interrupted. The
     * work counts as a task of the ledger until its thread returns. Exceptions of the work are logged and counted.
     *
     * <p>The work occupies one thread until it returns. A user executor with a fixed number of threads therefore limits
     * how much of such work runs at a time. While all its threads are occupied, no other user code runs.
     *
     * @return cancels the work; on a closed scope the work does not start
     */
    public Registration fork(Task task) {
        return new ForkedTask(this, task).start();
    }

    Owner owner() {
        return owner;
    }

    /** @param kind the ledger kind that the entry counts as while it is registered, or null */
    Registration register(CloseStep step, Ledger.@Nullable Kind kind, Consumer<CloseReason> action) {
        ScopeEntry entry = new ScopeEntry(step, kind, action);
        synchronized (this) {
            if (!closed) {
                if (entries == null) {
                    entries = new ArrayList<>(2);
                }
                entries.add(entry);
                entry.count(owner, 1);
                return () -> remove(entry);
            }
        }
        run(entry, Objects.requireNonNull(reason), () -> {});
        return () -> {};
    }

    private void remove(ScopeEntry entry) {
        synchronized (this) {
            if (entries != null && entries.remove(entry)) {
                entry.count(owner, -1);
            }
        }
    }

    /**
     * Closes the children first, so that a child never sees its parent half closed. This scope waits only for the steps
     * of its children: a blocking listener of a child does not delay the end of the client's connection.
     */
    private void closeChildren() {
        CloseReason closeReason = Objects.requireNonNull(reason);
        List<CompletableFuture<?>> steps = new ArrayList<>(0);
        List<CompletableFuture<?>> ends = new ArrayList<>(0);
        synchronized (this) {
            for (Scope child = firstChild; child != null; child = child.nextSibling) {
                steps.add(child.steps());
                ends.add(child.stage());
            }
        }
        if (ends.isEmpty()) {
            closeSelf(closeReason, ends);
            return;
        }
        for (Scope child = takeFirstChild(); child != null; child = takeFirstChild()) {
            child.close(closeReason);
        }
        all(steps).whenComplete((ignored, never) -> ScopeGuard.runOnOwner(owner, () -> closeSelf(closeReason, ends)));
    }

    private void closeSelf(CloseReason closeReason, List<CompletableFuture<?>> endsBelow) {
        List<ScopeEntry> mine;
        synchronized (this) {
            mine = entries == null ? List.of() : entries;
            entries = null;
            closed = true;
        }
        for (CloseStep step : STEPS) {
            if (closesOwner) {
                ScopeGuard.closing(owner, step, closeReason);
            }
            for (int i = mine.size() - 1; i >= 0; i--) {
                ScopeEntry entry = mine.get(i);
                if (entry.step == step) {
                    run(entry, closeReason, () -> entry.count(owner, -1));
                }
            }
        }
        completeSteps();
        if (mine.isEmpty() && endsBelow.isEmpty()) {
            finish(closeReason);
            return;
        }
        Runnable end = () -> all(endsBelow).whenComplete((ignored, never) -> finish(closeReason));
        // Queued on the user executor after the listeners, so that the stage completes after the last of them.
        if (mine.stream().anyMatch(entry -> entry.step == CloseStep.LISTENERS)) {
            ScopeGuard.runUserCode(owner, end);
        } else {
            end.run();
        }
    }

    private static CompletableFuture<Void> all(List<CompletableFuture<?>> stages) {
        return CompletableFuture.allOf(stages.toArray(new CompletableFuture<?>[0]));
    }

    /** Completes when every step has run; listeners may still be running. */
    private synchronized CompletableFuture<Void> steps() {
        if (stepsDone) {
            return CompletableFuture.completedFuture(null);
        }
        if (stepsStage == null) {
            stepsStage = new CompletableFuture<>();
        }
        return stepsStage;
    }

    private void completeSteps() {
        CompletableFuture<Void> waitedFor;
        synchronized (this) {
            stepsDone = true;
            waitedFor = stepsStage;
        }
        if (waitedFor != null) {
            waitedFor.complete(null);
        }
    }

    private void finish(CloseReason closeReason) {
        stage().complete(closeReason);
        // Unlinked last: a parent that closes meanwhile must find this scope and wait for its listeners.
        if (parent != null) {
            parent.unlink(this);
        }
    }

    private void run(ScopeEntry entry, CloseReason closeReason, Runnable afterwards) {
        Runnable work = () -> {
            try {
                entry.action.accept(closeReason);
            } catch (Throwable t) {
                ScopeGuard.reportFailure(owner, entry.description(), t);
            }
            afterwards.run();
        };
        if (entry.step == CloseStep.LISTENERS) {
            ScopeGuard.runUserCode(owner, work);
        } else {
            work.run();
        }
    }

    private synchronized CompletableFuture<CloseReason> stage() {
        if (closedStage == null) {
            closedStage = new CompletableFuture<>();
        }
        return closedStage;
    }

    // ---- the list of children, guarded by this

    private void link(Scope child) {
        child.nextSibling = firstChild;
        if (firstChild != null) {
            firstChild.previousSibling = child;
        }
        firstChild = child;
    }

    private synchronized void unlink(Scope child) {
        if (child.previousSibling != null) {
            child.previousSibling.nextSibling = child.nextSibling;
        } else if (firstChild == child) {
            firstChild = child.nextSibling;
        } else {
            return;
        }
        if (child.nextSibling != null) {
            child.nextSibling.previousSibling = child.previousSibling;
        }
        child.previousSibling = null;
        child.nextSibling = null;
    }

    private synchronized @Nullable Scope takeFirstChild() {
        Scope child = firstChild;
        if (child != null) {
            unlink(child);
        }
        return child;
    }
}
