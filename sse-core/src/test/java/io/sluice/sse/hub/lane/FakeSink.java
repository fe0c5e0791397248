package io.sluice.sse.hub.lane;

import io.sluice.sse.CloseReason;
import io.sluice.sse.Scope;
import io.sluice.sse.test.MemoryFrame;
import io.sluice.sse.test.ReceivedEvent;
import io.sluice.sse.test.RecordingSink;
import java.util.ArrayDeque;
import java.util.function.BooleanSupplier;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/** The recording sink of the test kit, with faults of a transport and hooks for single calls. */
public class FakeSink extends RecordingSink {

    /** Is notified of every event and every change of the last event id, in the order of the stream. */
    interface StreamListener {
        default void onEvent(ReceivedEvent event) {}

        default void onId(String id) {}

        /** Called before bytes are read that were written at this value of {@link #moment}. */
        default void writtenAt(long moment) {}
    }

    /** When each pending frame was written. */
    private final ArrayDeque<Long> moments = new ArrayDeque<>();
    /** A task of the lane reads what is flushed, as for a transport that writes asynchronously. */
    boolean takesLater;

    int writes;
    int flushes;
    SinkOptions options = SinkOptions.DEFAULT;
    StreamListener listener = new StreamListener() {};
    LongSupplier moment = () -> 0;
    /** Runs at the next write, inside it. */
    @Nullable
    Runnable onNextWrite;
    /** Runs at the next flush, inside it, as in a transport that detects there that its client has left. */
    @Nullable
    Runnable onNextFlush;
    /** Runs whenever a pass prefetches it. */
    Runnable onLook = () -> {};
    /** For how long the client's machine has acknowledged nothing. */
    LongSupplier unacknowledged = () -> 0;
    /** The next write throws, which is forbidden for a transport. */
    boolean failNextWrite;
    /** Whether a frame that is flushed immediately is written directly. Evaluated before the write. */
    BooleanSupplier onSendNow = () -> false;

    public FakeSink(HubLane lane, @Nullable Scope parent) {
        super(lane, parent);
    }

    /** This sink as this package sees it. */
    LaneSink state() {
        return this;
    }

    @Override
    public FakeSink stall(long acceptedBytes) {
        super.stall(acceptedBytes);
        return this;
    }

    @Override
    protected void onFrame(MemoryFrame frame) {
        listener.writtenAt(moments.remove());
    }

    @Override
    protected void onEvent(ReceivedEvent event) {
        listener.onEvent(event);
    }

    @Override
    protected void onLastEventId(String lastEventId) {
        listener.onId(lastEventId);
    }

    // ---- LaneSink

    @Override
    protected long prefetch() {
        onLook.run();
        return 0;
    }

    @Override
    protected long unacknowledgedNanos() {
        return unacknowledged.getAsLong();
    }

    @Override
    protected SinkOptions options() {
        return options;
    }

    @Override
    protected void write(Frame frame) {
        Runnable before = onNextWrite;
        onNextWrite = null;
        if (before != null) {
            before.run();
        }
        if (failNextWrite) {
            failNextWrite = false;
            throw new IllegalStateException("a write failed (thrown by the test)");
        }
        writes++;
        if (endReason() == null) {
            moments.add(moment.getAsLong());
        }
        super.write(frame);
    }

    @Override
    protected boolean tryWriteDirect(Frame frame) {
        if (!onSendNow.getAsBoolean()) {
            return false;
        }
        write(frame);
        return true;
    }

    @Override
    protected void flush() {
        flushes++;
        Runnable within = onNextFlush;
        onNextFlush = null;
        if (within != null) {
            within.run();
        }
        if (takesLater && isReading()) {
            hubLane().lane().execute(() -> readFrames(isReading() ? Integer.MAX_VALUE : 0));
        } else {
            super.flush();
        }
    }

    @Override
    protected void end(CloseReason reason, boolean orderly) {
        super.end(reason, orderly);
        moments.clear();
    }
}
