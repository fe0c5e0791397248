package io.sluice.sse.hub.lane;

import io.sluice.sse.CloseReason;
import io.sluice.sse.CloseStep;
import io.sluice.sse.ClosedException;
import io.sluice.sse.Event;
import io.sluice.sse.Heartbeat;
import io.sluice.sse.Ledger;
import io.sluice.sse.Registration;
import io.sluice.sse.Scope;
import io.sluice.sse.ScopeOwner;
import io.sluice.sse.Source;
import io.sluice.sse.topic.HubSink;
import io.sluice.sse.topic.Selector;
import io.sluice.sse.topic.StartPosition;
import io.sluice.sse.topic.Subscription;
import io.sluice.sse.topic.TopicLimitException;
import io.sluice.sse.wire.EventEncoder;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.time.Duration;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import org.jspecify.annotations.Nullable;

/**
 * A sink whose state lives on a lane. A transport extends it with a few small methods; everything that decides when they
 * are called is here and in {@link HubLane}.
 *
 * <p>The life of a sink: made → opened ({@link #open}) → caught up or behind, as the client reads → closed, once, with
 * one reason. Which of caught up and behind it is, is decided in {@link CatchUp} and {@link Pass} only.
 */
public abstract class LaneSink extends SinkTransport implements HubSink, ScopeOwner {

    private static final VarHandle DIRECT_SENDS;

    static {
        try {
            DIRECT_SENDS = MethodHandles.lookup().findVarHandle(LaneSink.class, "directSends", DirectSendQueue.class);
        } catch (ReflectiveOperationException e) {
            throw new ExceptionInInitializerError(e);
        }
    }

    private final HubLane hubLane;
    final long number;
    private final Scope scope;

    // Any thread.
    private volatile @Nullable DirectSendQueue directSends;
    private volatile @Nullable Executor userCode;
    private volatile boolean listening;
    private volatile @Nullable CloseReason forGood;

    // Confined to the lane, as all of its superclass.
    private @Nullable RunningSource source;

    /**
     * For transports.
     *
     * @param hubLane the lane that owns this sink
     * @param parent the scope that this sink's scope hangs below, or null
     */
    protected LaneSink(HubLane hubLane, @Nullable Scope parent) {
        this.hubLane = hubLane;
        this.number = hubLane.core().nextSinkNumber();
        this.scope = parent == null ? Scope.root(this) : parent.child(this);
    }

    @Override
    public String remoteAddress() {
        return "";
    }

    @Override
    public String protocol() {
        return "";
    }

    /** In which form, and when, its heartbeats come. On the lane; the same for the life of the sink. */
    protected Heartbeat heartbeat() {
        return Heartbeat.comment();
    }

    // ---- what a transport calls, on the lane

    /**
     * Opens the stream: the first block is written and flushed, and the sink hears its topics.
     *
     * @param selector what it listens to, or null for a sink that only a source fills
     * @param start where it begins
     * @param newSource what fills it besides, or null
     * @throws TopicLimitException if the selector needs a topic for which the hub has no place; nothing is written then
     * @throws ClosedException if the hub is closed, or this sink is; nothing is written then
     */
    public final void open(@Nullable Selector selector, StartPosition start, @Nullable Source newSource) {
        hubLane.lifecycle.open(this, selector, start);
        if (newSource != null && !isGone()) {
            RunningSource running = new RunningSource(this, newSource);
            source = running;
            running.start();
        }
    }

    /**
     * Tells its source, if it has one, that the server drains, on the user executor.
     *
     * @param left the time until the stream is ended at the latest
     */
    public final void notifyDraining(Duration left) {
        RunningSource told = source;
        if (told != null) {
            told.draining(left);
        }
    }

    /** Whether all of its events up to {@code position} have been written. On the lane. */
    public final boolean hasReached(long position) {
        return selection() == null || (isBehind() ? position() : hubLane.position) >= position;
    }

    /** The connection takes more again. */
    protected final void becameWritable() {
        hubLane.becameWritable(this);
    }

    @Override
    public final CompletionStage<Subscription> subscribe(Selector selector) {
        return hubLane.subscriptions.subscribe(this, selector);
    }

    // ---- Sink

    @Override
    public final String id() {
        return Long.toString(number);
    }

    @Override
    public final Scope scope() {
        return scope;
    }

    @Override
    public final boolean isOpen() {
        return !scope.isClosed();
    }

    @Override
    public final CompletionStage<Void> send(Event event) {
        refuseIdIfListening(event);
        if (scope.isClosed()) {
            return CompletableFuture.failedStage(new ClosedException("sink " + id(), scope.reason()));
        }
        return directSends().send(EventEncoder.encode(event));
    }

    @Override
    public final boolean offer(Event event) {
        refuseIdIfListening(event);
        return !scope.isClosed() && directSends().offer(EventEncoder.encode(event));
    }

    private void refuseIdIfListening(Event event) {
        if (event.id() != null && listening) {
            throw new IllegalArgumentException("event id \"" + event.id() + "\": sink " + id()
                    + " listens to hub topics, and a direct send with an id would take the place of its position");
        }
    }

    @Override
    public final boolean isWritable() {
        if (scope.isClosed()) {
            return false;
        }
        DirectSendQueue sends = directSends;
        return sends == null ? room() > 0 : sends.isWritable();
    }

    @Override
    public final Registration onWritable(Runnable listener) {
        return onWritable(this::runUserCode, listener);
    }

    @Override
    public final Registration onWritable(Executor executor, Runnable listener) {
        return directSends().onWritable(executor, listener);
    }

    @Override
    public final CompletionStage<CloseReason> complete() {
        return complete(CloseReason.SOURCE_COMPLETED);
    }

    @Override
    public final CompletionStage<CloseReason> complete(CloseReason reason) {
        forGood = reason;
        return scope.close(reason);
    }

    @Override
    public final CompletionStage<CloseReason> fail(Throwable failure) {
        Objects.requireNonNull(failure, "failure");
        if (!scope.isClosed()) {
            userCodeFailed("source", failure);
        }
        return scope.close(CloseReason.SOURCE_FAILED);
    }

    @Override
    public final CompletionStage<CloseReason> close(CloseReason reason) {
        return scope.close(reason);
    }

    // ---- ScopeOwner

    @Override
    public final void runOnOwner(Runnable work) {
        if (hubLane.lane().inLane()) {
            work.run();
            return;
        }
        try {
            hubLane.lane().execute(work);
        } catch (RejectedExecutionException e) {
            hubLane.tasks.onEndedLane(work);
        }
    }

    @Override
    public final void runUserCode(Runnable work) {
        Executor serial = userCode;
        if (serial == null) {
            synchronized (this) {
                serial = userCode;
                if (serial == null) {
                    serial = new SerialExecutor(hubLane.core().userExecutor());
                    userCode = serial;
                }
            }
        }
        serial.execute(work);
    }

    @Override
    public final void runBlocking(Runnable work) {
        hubLane.core().userExecutor().execute(work);
    }

    /** Logs and counts the failure. A sink that overrides this calls it too. Any thread. */
    @Override
    public void userCodeFailed(String what, Throwable failure) {
        hubLane.core().failures().failed(id(), what, failure);
    }

    @Override
    public final Runnable schedule(Runnable task, long delayNanos) {
        return hubLane.lane().schedule(task, delayNanos);
    }

    @Override
    public final Ledger ledger() {
        return hubLane.core().ledger();
    }

    /** What a sink owns by itself, in the order of the scope. */
    @Override
    public final void closing(CloseStep step, CloseReason reason) {
        switch (step) {
            case SOURCE -> {
                RunningSource running = source;
                source = null;
                if (running != null) {
                    running.stop(reason);
                }
            }
            case SUBSCRIPTIONS -> hubLane.lifecycle.leave(this, reason, reason == forGood); // another end may have won
            case RESOURCES -> {
                DirectSendQueue sends = directSends;
                if (sends != null) {
                    sends.close(new ClosedException("sink " + id(), reason));
                }
                end(reason, isOpened() && SinkLifecycle.isOrderly(reason));
            }
            case COUNT -> {
                if (isOpened()) {
                    hubLane.lifecycle.closed(this, reason);
                }
            }
            default -> {}
        }
    }

    // ---- the lane's side

    /** The lane that owns this sink. Any thread. */
    protected final HubLane hubLane() {
        return hubLane;
    }

    @Override
    final void onSubscribed(boolean subscribed) {
        listening = subscribed;
    }

    final boolean hasDirectSends() {
        DirectSendQueue sends = directSends;
        return sends != null && !sends.isEmpty();
    }

    /** The connection has taken something, or has become writable. */
    final void notifyIfWritable() {
        DirectSendQueue sends = directSends;
        if (sends != null) {
            sends.notifyIfWritable();
        }
    }

    final DirectSendQueue directSends() {
        DirectSendQueue sends = directSends;
        if (sends != null) {
            return sends;
        }
        DirectSendQueue made =
                new DirectSendQueue(this, hubLane.core().options().directSends());
        if (DIRECT_SENDS.compareAndSet(this, null, made)) {
            // Closing may have passed by while it was made.
            CloseReason reason = scope.reason();
            if (reason != null) {
                made.close(new ClosedException("sink " + id(), reason));
            }
            return made;
        }
        return Objects.requireNonNull(directSends);
    }

    @Override
    public String toString() {
        return "sink " + id();
    }
}
