package io.sluice.sse;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * What a client owns. Tasks, resources and listeners hang off a scope and die with it: once, in the order of
 * {@link CloseStep}, whatever throws on the way. Scopes nest (server, sink, source); closing one closes all below it
 * first.
 *
 * <p>The life of a scope: open → closing (the first reason is set) → closed (everything below and in it has ended). What
 * is registered after that is closed at once.
 *
 * <p>Thread-safe. {@link #close} may come from any thread, its work runs on the owner's thread, or on the caller's when
 * the owner's thread has ended.
 */
public final class Scope {

    /** Work that may block and throw. */
    @FunctionalInterface
    public interface Task {
        /** Does it; an interruption says that the scope has closed, and that it shall end. */
        void run() throws Exception;
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

    private final ScopeOwner home;
    private final @Nullable Scope parent;

    /** Whether this is the scope that its home was made with: a child of the same home borrows it. */
    private final boolean ownsHome;

    // Set once, by compare-and-set, from any thread.
    private volatile @Nullable CloseReason reason;

    // Guarded by this. The list is made with the first registration: most clients have none.
    private @Nullable List<ScopeEntry> entries;
    private boolean closed;
    private boolean stepsDone;
    private @Nullable CompletableFuture<Void> stepsStage;
    private @Nullable CompletableFuture<CloseReason> closedStage;

    // The children, as a linked list through them; guarded by this (the links of a child by its parent).
    private @Nullable Scope firstChild;
    private @Nullable Scope previousSibling;
    private @Nullable Scope nextSibling;

    private Scope(ScopeOwner home, @Nullable Scope parent, boolean ownsHome) {
        this.home = Objects.requireNonNull(home, "home");
        this.parent = parent;
        this.ownsHome = ownsHome;
    }

    /** A scope without a parent. */
    public static Scope root(ScopeOwner home) {
        return new Scope(home, null, true);
    }

    /** A scope below this one with the same home. If this scope is closed, the child comes back closed or closing. */
    public Scope child() {
        return child(home, false);
    }

    /** A scope below this one that lives elsewhere. If this scope is closed, the child comes back closed or closing. */
    public Scope child(ScopeOwner childHome) {
        return child(childHome, true);
    }

    private Scope child(ScopeOwner childHome, boolean ownsItsHome) {
        Scope child = new Scope(childHome, this, ownsItsHome);
        synchronized (this) {
            if (reason == null) {
                link(child);
                return child;
            }
        }
        child.close(Objects.requireNonNull(reason));
        return child;
    }

    /** Whether {@link #close} has been called, on this scope or on one above it. */
    public boolean isClosed() {
        return reason != null;
    }

    /** Why it was closed; null while it is open. */
    public @Nullable CloseReason reason() {
        return reason;
    }

    /** Completes when everything below and in this scope has ended, its close listeners included. Never fails. */
    public CompletionStage<CloseReason> closed() {
        return stage().minimalCompletionStage();
    }

    /**
     * Closes everything below this scope and then what it holds. The first call decides the reason; every call returns
     * the same end.
     *
     * @return completes when all of it has ended
     */
    public CompletionStage<CloseReason> close(CloseReason why) {
        Objects.requireNonNull(why, "why");
        if (REASON.compareAndSet(this, null, why)) {
            ScopeGuard.onOwner(home, this::closeChildren);
        }
        return closed();
    }

    /**
     * Runs {@code listener} with the reason when this scope has closed, on the user executor. On a closed scope it runs
     * at once. What it throws is logged.
     */
    public Registration onClose(Consumer<CloseReason> listener) {
        Objects.requireNonNull(listener, "listener");
        return register(CloseStep.LISTENERS, Ledger.Kind.LISTENERS, listener);
    }

    /** Closes {@code resource} with this scope, on the owner's thread: its {@code close} must not block. */
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

    /** Runs {@code action} in the given step of the close, on the owner's thread; at once if this scope is closed. */
    public Registration onStep(CloseStep step, Consumer<CloseReason> action) {
        Objects.requireNonNull(action, "action");
        return register(Objects.requireNonNull(step, "step"), null, action);
    }

    /**
     * Runs {@code task} once after {@code delay} on the user executor, unless this scope has closed by then; as soon as
     * may be if the delay is zero. What it throws is logged and counted.
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
     * Runs {@code task} every {@code period} on the user executor until this scope closes, for the first time after one
     * period. The next run begins a period after the end of the one before: runs never overlap and never pile up. A run
     * that throws is logged and counted, and the next one comes all the same.
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
     * Runs work that may block for long at once, on a thread of the user executor and beside everything else that runs
     * for this client. When this scope closes, or the work is cancelled, its thread is interrupted, wherever it blocks. It
     * counts as a task of the ledger until its thread has left it. What it throws is logged and counted.
     *
     * <p>It takes a thread for as long as it lasts: a user executor of a fixed number of threads bounds how much of such
     * work there is at a time, and while all of its threads are taken, no other user code runs.
     *
     * @return cancels the work; on a closed scope it does not begin
     */
    public Registration fork(Task task) {
        return new ForkedTask(this, task).start();
    }

    ScopeOwner home() {
        return home;
    }

    /** @param kind what it counts as while it is registered, or null */
    Registration register(CloseStep step, Ledger.@Nullable Kind kind, Consumer<CloseReason> action) {
        ScopeEntry entry = new ScopeEntry(step, kind, action);
        synchronized (this) {
            if (!closed) {
                if (entries == null) {
                    entries = new ArrayList<>(2);
                }
                entries.add(entry);
                entry.counted(home, 1);
                return () -> remove(entry);
            }
        }
        run(entry, Objects.requireNonNull(reason), () -> {});
        return () -> {};
    }

    private void remove(ScopeEntry entry) {
        synchronized (this) {
            if (entries != null && entries.remove(entry)) {
                entry.counted(home, -1);
            }
        }
    }

    /**
     * Children first: what is below never sees its parent half closed. Their steps only: a listener of a child that blocks
     * does not keep the client's connection.
     */
    private void closeChildren() {
        CloseReason why = Objects.requireNonNull(reason);
        List<CompletableFuture<?>> steps = new ArrayList<>(0);
        List<CompletableFuture<?>> ends = new ArrayList<>(0);
        synchronized (this) {
            for (Scope child = firstChild; child != null; child = child.nextSibling) {
                steps.add(child.steps());
                ends.add(child.stage());
            }
        }
        if (ends.isEmpty()) {
            closeSelf(why, ends);
            return;
        }
        for (Scope child = takeFirstChild(); child != null; child = takeFirstChild()) {
            child.close(why);
        }
        all(steps).whenComplete((ignored, never) -> ScopeGuard.onOwner(home, () -> closeSelf(why, ends)));
    }

    private void closeSelf(CloseReason why, List<CompletableFuture<?>> endsBelow) {
        List<ScopeEntry> mine;
        synchronized (this) {
            mine = entries == null ? List.of() : entries;
            entries = null;
            closed = true;
        }
        for (CloseStep step : STEPS) {
            if (ownsHome) {
                ScopeGuard.closing(home, step, why);
            }
            for (int i = mine.size() - 1; i >= 0; i--) {
                ScopeEntry entry = mine.get(i);
                if (entry.step == step) {
                    run(entry, why, () -> entry.counted(home, -1));
                }
            }
        }
        completeSteps();
        if (mine.isEmpty() && endsBelow.isEmpty()) {
            ended(why);
            return;
        }
        Runnable end = () -> all(endsBelow).whenComplete((ignored, never) -> ended(why));
        // Behind the listeners in the user executor's queue, so that the stage completes after the last of them.
        if (mine.stream().anyMatch(entry -> entry.step == CloseStep.LISTENERS)) {
            ScopeGuard.userCode(home, end);
        } else {
            end.run();
        }
    }

    private static CompletableFuture<Void> all(List<CompletableFuture<?>> stages) {
        return CompletableFuture.allOf(stages.toArray(new CompletableFuture<?>[0]));
    }

    /** Completes when every step has been done; listeners may still have to run. */
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

    private void ended(CloseReason why) {
        stage().complete(why);
        // Not before: a parent that closes meanwhile has to find this scope, and wait for its listeners.
        if (parent != null) {
            parent.unlink(this);
        }
    }

    private void run(ScopeEntry entry, CloseReason why, Runnable afterwards) {
        Runnable work = () -> {
            try {
                entry.action.accept(why);
            } catch (Throwable t) {
                ScopeGuard.userCodeFailed(home, entry.what(), t);
            }
            afterwards.run();
        };
        if (entry.step == CloseStep.LISTENERS) {
            ScopeGuard.userCode(home, work);
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
