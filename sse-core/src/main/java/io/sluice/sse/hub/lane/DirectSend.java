package io.sluice.sse.hub.lane;

import io.sluice.sse.Gap;
import io.sluice.sse.wire.EventEncoder;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * One event that was sent to one sink directly, and the stage that its sender got. They are one object, because a
 * stream of tokens creates thousands of them per second. Only the queue and the lane complete the stage; a sender that
 * casts it to {@link CompletableFuture} cannot.
 */
final class DirectSend extends CompletableFuture<Void> {

    /** Tells the client that events at this place were rejected or dropped. */
    static final Gap GAP = new Gap(Gap.Reason.DROPPED, null, null);

    private static final byte[] GAP_WIRE = EventEncoder.encode(GAP.toEvent());

    final byte[] wire;

    /** Whether the event is never dropped for a later one. */
    final boolean kept;

    /** The next event of the {@link DirectSends} that holds this one. */
    @Nullable
    DirectSend next;

    DirectSend(byte[] wire, boolean kept) {
        this.wire = wire;
        this.kept = kept;
    }

    /** Stands for events that were lost at its place. It counts towards no bound. */
    static DirectSend gap() {
        return new DirectSend(GAP_WIRE, true);
    }

    boolean isGap() {
        return wire == GAP_WIRE;
    }

    /** The event has been passed to the connection. */
    void succeed() {
        super.complete(null);
    }

    /** The event was dropped, or the sink has ended. */
    void fail(Throwable cause) {
        super.completeExceptionally(cause);
    }

    // ---- what a sender may do with the stage

    /** Stages that depend on this one are ordinary ones. */
    @Override
    public <U> CompletableFuture<U> newIncompleteFuture() {
        return new CompletableFuture<>();
    }

    /** A future of its own, so that a caller who completes it changes nothing here. */
    @Override
    public CompletableFuture<Void> toCompletableFuture() {
        return copy();
    }

    @Override
    public boolean complete(Void value) {
        throw readOnly();
    }

    @Override
    public boolean completeExceptionally(Throwable cause) {
        throw readOnly();
    }

    @Override
    public boolean cancel(boolean mayInterruptIfRunning) {
        throw readOnly();
    }

    @Override
    public void obtrudeValue(Void value) {
        throw readOnly();
    }

    @Override
    public void obtrudeException(Throwable cause) {
        throw readOnly();
    }

    @Override
    public CompletableFuture<Void> completeAsync(Supplier<? extends Void> supplier, Executor executor) {
        throw readOnly();
    }

    @Override
    public CompletableFuture<Void> orTimeout(long timeout, TimeUnit unit) {
        throw readOnly();
    }

    @Override
    public CompletableFuture<Void> completeOnTimeout(Void value, long timeout, TimeUnit unit) {
        throw readOnly();
    }

    private static UnsupportedOperationException readOnly() {
        return new UnsupportedOperationException("only the sink completes the stage of a send");
    }
}
