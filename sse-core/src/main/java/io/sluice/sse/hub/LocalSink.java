package io.sluice.sse.hub;

import io.sluice.sse.CloseReason;
import io.sluice.sse.Event;
import io.sluice.sse.hub.lane.Frame;
import io.sluice.sse.hub.lane.HubLane;
import io.sluice.sse.hub.lane.LaneSink;
import io.sluice.sse.hub.log.LogEntry;
import io.sluice.sse.hub.log.LoggedEvent;
import io.sluice.sse.topic.TopicEvent;
import java.util.ArrayDeque;
import java.util.concurrent.RejectedExecutionException;
import org.jspecify.annotations.Nullable;

/**
 * A subscriber in this process, as a sink. What the lane writes waits here until the consumer takes it, at most one
 * frame. While something waits, the sink is not writable and falls behind, as a connection does. The consumer is called
 * in the user code of the sink: by one thread at a time, never on a lane.
 */
final class LocalSink extends LaneSink {

    /** Takes the events. Its methods are called one after another, and none after {@link #ended}. */
    interface Receiver {

        void next(TopicEvent event);

        /** The subscriber has got everything that it will get. */
        void ended(CloseReason reason);
    }

    /** How many bytes are accepted while nothing waits: at least a frame. */
    private static final long ROOM_BYTES = 64 << 10;

    private final Receiver receiver;

    // Guarded by the queue.
    private final ArrayDeque<LogEntry> waiting = new ArrayDeque<>();
    private long waitingBytes;
    private long taken;
    /** How many events the receiver wants; {@link Long#MAX_VALUE} means all. */
    private long demand;
    /** Whether a task that delivers is queued or running. */
    private boolean delivering;

    private @Nullable CloseReason endReason;
    /** The receiver gets nothing any more. */
    private boolean over;

    LocalSink(HubLane lane, Receiver receiver, long demand) {
        super(lane, null);
        this.receiver = receiver;
        this.demand = demand;
    }

    @Override
    public String protocol() {
        return "in-process";
    }

    // ---- the consumer's side, any thread

    /** The receiver wants so many events more. */
    void request(long more) {
        synchronized (waiting) {
            demand = demand + more < 0 ? Long.MAX_VALUE : demand + more;
        }
        deliverSoon();
    }

    /** The receiver gets nothing any more, {@link Receiver#ended} included. */
    void cancel() {
        synchronized (waiting) {
            over = true;
            clear();
        }
        close(CloseReason.CLIENT_LEFT);
    }

    boolean isCancelled() {
        synchronized (waiting) {
            return over;
        }
    }

    private void clear() {
        waiting.clear();
        waitingBytes = 0;
    }

    private void deliverSoon() {
        synchronized (waiting) {
            boolean hasWork = (!waiting.isEmpty() && demand > 0) || (waiting.isEmpty() && endReason != null);
            if (over || delivering || !hasWork) {
                return;
            }
            delivering = true;
        }
        runUserCode(this::deliver);
    }

    /** In the user code of the sink. */
    private void deliver() {
        for (LogEntry entry = take(); entry != null; entry = take()) {
            try {
                receiver.next(new LoggedEvent(entry));
            } catch (Throwable t) {
                failed(t);
            }
        }
        CloseReason ended = finish();
        if (ended == null) {
            becomeWritable();
            return;
        }
        try {
            receiver.ended(ended);
        } catch (Throwable t) {
            userCodeFailed("end of the subscriber", t);
        }
    }

    private @Nullable LogEntry take() {
        synchronized (waiting) {
            LogEntry entry = demand == 0 ? null : waiting.poll();
            if (entry == null) {
                delivering = false;
                return null;
            }
            waitingBytes -= entry.wire.length;
            taken += entry.wire.length;
            if (demand < Long.MAX_VALUE) {
                demand--;
            }
            return entry;
        }
    }

    /** A consumer that throws may have missed what it was called with. So it gets nothing after that. */
    void failed(Throwable failure) {
        boolean isInterrupted;
        synchronized (waiting) {
            isInterrupted = over || (!isOpen() && !isFinal(endReason));
            over = true;
            clear();
        }
        if (!isInterrupted) { // otherwise the end of the sink has interrupted the consumer
            userCodeFailed("subscriber", failure);
            close(CloseReason.SOURCE_FAILED);
        }
    }

    /** Whether the receiver gets what waits although the sink has ended. */
    private static boolean isFinal(@Nullable CloseReason reason) {
        return reason == CloseReason.TOPIC_ENDED || reason == CloseReason.SOURCE_COMPLETED;
    }

    /** @return the reason if the receiver has got everything, once */
    private @Nullable CloseReason finish() {
        synchronized (waiting) {
            if (over || endReason == null || !waiting.isEmpty()) {
                return null;
            }
            over = true;
            return endReason;
        }
    }

    private void becomeWritable() {
        try {
            hubLane().lane().execute(this::becameWritable);
        } catch (RejectedExecutionException e) {
            close(CloseReason.SERVER_DRAINING);
        }
    }

    // ---- the lane's side

    @Override
    protected boolean canWrite() {
        return room() > 0;
    }

    @Override
    protected long room() {
        synchronized (waiting) {
            return waiting.isEmpty() ? ROOM_BYTES : 0;
        }
    }

    @Override
    protected void write(Frame frame) {
        synchronized (waiting) {
            if (over) {
                return;
            }
            for (LogEntry entry : ((LocalFramer.Events) frame).entries) {
                if (isForReceiver(entry)) {
                    waiting.add(entry);
                    waitingBytes += entry.wire.length;
                }
            }
        }
    }

    /** What is no event of a topic: the id of a position, and the end, are not for the receiver. A gap is. */
    private static boolean isForReceiver(LogEntry entry) {
        if (!entry.topic.isEmpty()) {
            return true;
        }
        Event event = new LoggedEvent(entry).event();
        String id = event.id();
        return event.data() != null && (id == null || !id.startsWith(CloseReason.END_ID_PREFIX));
    }

    @Override
    protected void flush() {
        deliverSoon();
    }

    @Override
    protected long pendingBytes() {
        synchronized (waiting) {
            return waitingBytes;
        }
    }

    @Override
    protected long progress() {
        synchronized (waiting) {
            return taken;
        }
    }

    /** After a final end the receiver gets what waits. After any other end it resumes from the last id that it got. */
    @Override
    protected void end(CloseReason reason, boolean orderly) {
        if (reason == CloseReason.REJECTED) {
            return; // it has not begun, and its owner knows why
        }
        synchronized (waiting) {
            endReason = reason;
            if (!isFinal(reason)) {
                clear();
            }
        }
        deliverSoon();
    }
}
