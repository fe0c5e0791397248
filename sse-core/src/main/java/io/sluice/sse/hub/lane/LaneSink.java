package io.sluice.sse.hub.lane;

import io.sluice.sse.CloseReason;
import io.sluice.sse.ClosedException;
import io.sluice.sse.Event;
import io.sluice.sse.Ledger;
import io.sluice.sse.Scope;
import io.sluice.sse.Scope.Registration;
import io.sluice.sse.Source;
import io.sluice.sse.topic.AccessRules;
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
 * A sink whose state is confined to a lane. A transport extends it with a few small methods; this package decides when
 * they are called. The package description shows how to write one.
 *
 * <p>The life of a sink: created → opened ({@link #open}) → caught up or behind, as the client reads → closed, once,
 * with one reason.
 */
public abstract class LaneSink extends SinkTransport implements HubSink, Scope.Owner {

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
    private volatile @Nullable UserCode userCode;
    private volatile boolean subscribed;
    private volatile @Nullable CloseReason completion;

    // Confined to the lane, like everything in the superclasses.
    private @Nullable RunningSource source;

    /**
     * For transports. Any thread.
     *
     * @param hubLane the lane that owns this sink
     * @param parent the parent of this sink's scope, or null
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

    /** What the stream has instead of the lane's options. Any thread; the value does not change. */
    protected SinkOptions options() {
        return SinkOptions.DEFAULT;
    }

    /** The rules for what the client may subscribe to; null if it may subscribe to everything. Any thread. */
    protected @Nullable AccessRules accessRules() {
        return null;
    }

    // ---- for the transport, on the lane

    /**
     * Opens the stream: begins the subscription, then writes and flushes the first block.
     *
     * @param selector the topics of the sink, or null for a sink that only a source fills
     * @param start where the subscription begins
     * @param newSource a source that fills the sink as well, or null
     * @throws TopicLimitException if the hub has no room for a topic of the selector; nothing is written then
     * @throws ClosedException if the hub or this sink is closed; nothing is written then
     */
    public final void open(@Nullable Selector selector, StartPosition start, @Nullable Source newSource) {
        RunningSource running = newSource == null ? null : new RunningSource(this, newSource);
        source = running; // before the start: an ended topic does not end a stream that a source fills
        try {
            hubLane.lifecycle.open(this, selector, start);
        } catch (RuntimeException | Error e) {
            source = null;
            throw e;
        }
        if (running != null && !isGone()) {
            running.start();
        }
    }

    /**
     * Notifies the source of the sink, if it has one, that the server drains. The source is called on the user
     * executor.
     *
     * @param left the time after which the stream ends at the latest
     */
    public final void notifyDraining(Duration left) {
        RunningSource running = source;
        if (running != null) {
            running.draining(left);
        }
    }

    /** Whether every event of the sink up to {@code position} has been written. */
    public final boolean hasReached(long position) {
        assert hubLane.isConfined();
        return selection() == null || (isBehind() ? position() : hubLane.position) >= position;
    }

    /** To be called when {@link #canWrite} or {@link #room} shows that the connection takes more again. */
    protected final void becameWritable() {
        hubLane.becameWritable(this);
    }

    @Override
    public final CompletionStage<Subscription> subscribe(Selector selector) {
        AccessRules rules = accessRules();
        String forbidden = rules == null ? null : rules.firstForbidden(identity(), selector);
        if (forbidden != null) {
            return CompletableFuture.failedStage(new SecurityException(
                    "sink " + id() + " must not subscribe to \"" + forbidden + "\": no access rule allows it"));
        }
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
        checkId(event);
        if (scope.isClosed()) {
            return CompletableFuture.failedStage(new ClosedException("sink " + id(), scope.reason()));
        }
        return directSends().send(EventEncoder.encode(event));
    }

    @Override
    public final boolean offer(Event event) {
        checkId(event);
        return !scope.isClosed() && directSends().offer(EventEncoder.encode(event));
    }

    private void checkId(Event event) {
        String id = event.id();
        if (id == null) {
            return;
        }
        if (id.startsWith(CloseReason.END_ID_PREFIX)) {
            throw new IllegalArgumentException("event id \"" + id + "\" (expected: not beginning with "
                    + CloseReason.END_ID_PREFIX + ", by which a client is stopped for good)");
        }
        if (subscribed) {
            throw new IllegalArgumentException("event id \"" + id + "\": sink " + id()
                    + " listens to hub topics, and an id in a direct send would replace the client's position");
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
        DirectSendQueue sends = directSends;
        boolean isWhole = reason == CloseReason.SOURCE_COMPLETED || reason == CloseReason.TOPIC_ENDED;
        if (isWhole && sends != null && sends.hasLost()) {
            // The client must not take the stream for complete: it gets no end event, and may reconnect.
            return scope.close(CloseReason.SLOW_CONSUMER);
        }
        completion = reason;
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

    // ---- Scope.Owner

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
        userCode().execute(work);
    }

    @Override
    public final void runBlocking(Runnable work) {
        userCode().fork(work);
    }

    private UserCode userCode() {
        UserCode code = userCode;
        if (code != null) {
            return code;
        }
        synchronized (this) {
            code = userCode;
            if (code == null) {
                code = new UserCode(this, hubLane.core(), scope().isClosed());
                userCode = code;
            }
            return code;
        }
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

    /** Closes what the sink itself owns, in the order of its scope. */
    @Override
    public final void closing(Scope.CloseStep step, CloseReason reason) {
        assert hubLane.isConfined();
        switch (step) {
            case SOURCE -> {
                RunningSource running = source;
                source = null;
                UserCode code;
                synchronized (this) { // user code that is created later finds the scope closed
                    code = userCode;
                }
                if (code != null) {
                    code.onClosing(reason); // before the stop of the source is queued
                }
                if (running != null) {
                    running.stop(reason);
                }
            }
            // Another reason may have won over the one of complete().
            case SUBSCRIPTIONS -> hubLane.lifecycle.leave(this, reason, reason == completion);
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
    final void onSubscribed(boolean isSubscribed) {
        subscribed = isSubscribed;
    }

    /** Whether a source fills the sink. */
    final boolean hasSource() {
        return source != null;
    }

    /**
     * Whether the sink has one topic and no source, and the topic has ended at {@code position} or before. Then nothing
     * follows.
     */
    final boolean isOfTopicEndedBy(long position) {
        Selection selection = selection();
        return selection != null && selection.isOfTopicEndedBy(position) && !hasSource();
    }

    final boolean hasDirectSends() {
        DirectSendQueue sends = directSends;
        return sends != null && !sends.isEmpty();
    }

    /** Posts the writable listeners, after the connection has taken bytes or has become writable. */
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
        DirectSendQueue created =
                new DirectSendQueue(this, hubLane.core().options().directSends());
        if (DIRECT_SENDS.compareAndSet(this, null, created)) {
            // The sink may have closed before the queue was visible.
            CloseReason reason = scope.reason();
            if (reason != null) {
                created.close(new ClosedException("sink " + id(), reason));
            }
            return created;
        }
        return Objects.requireNonNull(directSends);
    }

    @Override
    public String toString() {
        return "sink " + id();
    }
}
