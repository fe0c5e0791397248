package io.sluice.sse.netty;

import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelFutureListener;
import io.netty.channel.ChannelHandlerContext;
import io.netty.util.concurrent.EventExecutor;
import io.netty.util.concurrent.Future;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Waits for a stage of user code on behalf of one connection, without blocking its event loop. The stage may complete
 * on any thread, or never. The first of these ends the wait: the stage completes, the time is over, or the client
 * leaves. What happens later has no effect, and a stage that never completes keeps nothing of the connection.
 */
final class StageWait<T> {

    private record Outcome<T>(@Nullable T value, @Nullable Throwable failure) {}

    private final EventExecutor loop;
    private final AtomicReference<@Nullable Outcome<T>> outcome = new AtomicReference<>();

    // Confined to the event loop. Null when the wait is over.
    private @Nullable Channel channel;
    private @Nullable Continuation<T> continuation;
    private @Nullable Future<?> deadline;
    private boolean starting = true;

    private final ChannelFutureListener closeListener = this::channelClosed;

    /** What follows a wait. Exactly one of the methods is called, on the event loop. */
    interface Continuation<T> {
        /** The stage has completed, or its time is over, which is a failure. */
        void next(@Nullable T value, @Nullable Throwable failure);

        /** The client has left. */
        void left();
    }

    private StageWait(ChannelHandlerContext ctx, Continuation<T> continuation) {
        this.loop = ctx.executor();
        this.channel = ctx.channel();
        this.continuation = continuation;
    }

    /**
     * Waits for the stage; not at all if it is already complete.
     *
     * @param timeout zero for no limit
     * @param lateness creates the failure if the time is over
     */
    static <T> void then(
            ChannelHandlerContext ctx,
            CompletionStage<T> stage,
            Duration timeout,
            Supplier<? extends Throwable> lateness,
            Continuation<T> continuation) {
        assert ctx.executor().inEventLoop();
        // Of this class exactly, since the minimal stages of the JDK extend it and do not support this.
        if (stage.getClass() == CompletableFuture.class && ((CompletableFuture<T>) stage).isDone()) {
            accept((CompletableFuture<T>) stage, continuation); // without an object for the wait
        } else {
            new StageWait<>(ctx, continuation).start(stage, timeout, lateness);
        }
    }

    private static <T> void accept(CompletableFuture<T> done, Continuation<T> continuation) {
        T value;
        try {
            value = done.join();
        } catch (Throwable e) {
            continuation.next(null, e);
            return;
        }
        continuation.next(value, null);
    }

    private void start(CompletionStage<T> stage, Duration timeout, Supplier<? extends Throwable> lateness) {
        try {
            stage.whenComplete(this::completed);
        } catch (Throwable e) { // a stage of another library
            completed(null, e);
        }
        starting = false;
        if (outcome.get() != null) {
            finish();
            return;
        }
        if (!timeout.isZero()) {
            deadline = loop.schedule(
                    () -> {
                        completed(null, lateness.get());
                        finish();
                    },
                    timeout.toNanos(),
                    TimeUnit.NANOSECONDS);
        }
        Channel waiting = channel;
        if (waiting != null) {
            waiting.closeFuture().addListener(closeListener);
        }
    }

    /** The first call counts. Any thread. */
    private void completed(@Nullable T value, @Nullable Throwable failure) {
        if (!outcome.compareAndSet(null, new Outcome<>(value, failure))) {
            return;
        }
        if (loop.inEventLoop() && starting) {
            return; // finished by start()
        }
        try {
            loop.execute(this::finish);
        } catch (RejectedExecutionException e) {
            // The event loop has ended, and every connection with it.
        }
    }

    private void finish() {
        Continuation<T> following = continuation;
        Outcome<T> result = outcome.get();
        if (following != null && result != null) {
            end();
            following.next(result.value(), result.failure());
        }
    }

    private void channelClosed(ChannelFuture closed) {
        Continuation<T> following = continuation;
        if (following != null) {
            end();
            following.left();
        }
    }

    private void end() {
        Channel waiting = channel;
        if (waiting != null) {
            waiting.closeFuture().removeListener(closeListener);
        }
        Future<?> scheduled = deadline;
        if (scheduled != null) {
            scheduled.cancel(false);
        }
        channel = null;
        continuation = null;
        deadline = null;
    }
}
