package io.sluice.sse.hub.lane;

import io.sluice.sse.CloseReason;
import io.sluice.sse.Heartbeat;
import io.sluice.sse.Identity;
import io.sluice.sse.Scope;
import io.sluice.sse.wire.EventParser;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;

/**
 * A client without a socket. While it reads, a flush hands everything to its parser; while it does not, bytes pend, and
 * beyond {@link #highWater} it is not writable.
 */
public final class FakeSink extends LaneSink {

    /** An event as a client's parser sees it. */
    public record Received(String type, String data, String lastEventId) {}

    /** Hears every event and every change of the last event id, in the order of the stream. */
    interface Ear {
        default void onEvent(Received event) {}

        default void onId(String id) {}

        /** About to read bytes that were written at this moment of {@link #moment}. */
        default void writtenAt(long moment) {}
    }

    private record Pending(FakeFramer.FakeFrame frame, long moment) {}

    private final ArrayDeque<Pending> pending = new ArrayDeque<>();
    private final EventParser parser;
    private volatile long pendingBytes;
    private long progress;
    private boolean reading = true;
    private boolean forcedFull;
    /** What is flushed is taken by a task of the lane, as by a transport that writes asynchronously. */
    boolean takesLater;

    long highWater = 64 * 1024;
    int writes;
    int flushes;
    Heartbeat heartbeat = Heartbeat.comment();
    public Identity identity = Identity.UNKNOWN;
    Ear ear = new Ear() {};
    java.util.function.LongSupplier moment = () -> 0;
    /** Runs at the next write, inside it. */
    @Nullable
    Runnable onNextWrite;
    /** Runs at the next flush, inside it: as a transport that finds its client gone there. */
    @Nullable
    Runnable onNextFlush;
    /** Runs whenever a pass looks at it ahead. */
    Runnable onLook = () -> {};
    /** The next write fails, which a transport's must not. */
    boolean failNextWrite;

    public final List<Received> events = new ArrayList<>();
    final List<String> comments = new ArrayList<>();
    public final List<Long> retries = new ArrayList<>();
    public final StringBuilder text = new StringBuilder();

    /** Whether a frame that is flushed right behind it is taken at once; asked before it is. */
    BooleanSupplier onSendNow = () -> false;

    @Nullable
    public CloseReason ended;

    boolean endedOrderly;

    public FakeSink(HubLane lane, @Nullable Scope parent) {
        super(lane, parent);
        parser = new EventParser(new EventParser.Listener() {
            @Override
            public void onEvent(String type, String data, String lastEventId) {
                Received event = new Received(type, data, lastEventId);
                events.add(event);
                ear.onEvent(event);
            }

            @Override
            public void onLastEventId(String lastEventId) {
                ear.onId(lastEventId);
            }

            @Override
            public void onComment(String comment) {
                comments.add(comment);
            }

            @Override
            public void onRetry(long millis) {
                retries.add(millis);
            }
        });
    }

    // ---- what the client does; on the lane

    /** Stops reading: what is written pends from now on. */
    public FakeSink stall(long newHighWater) {
        boolean wasWritable = canWrite();
        reading = false;
        highWater = newHighWater;
        notifyIfWritable(wasWritable);
        return this;
    }

    /** Reads everything that pends, and goes on reading. */
    public FakeSink read() {
        reading = true;
        readSome(Integer.MAX_VALUE);
        return this;
    }

    /** Reads at most this many frames, and stays as it is. */
    void readSome(int frames) {
        boolean wasWritable = canWrite();
        take(frames);
        notifyIfWritable(wasWritable);
    }

    private void notifyIfWritable(boolean wasWritable) {
        if (!wasWritable && canWrite()) {
            becameWritable();
        }
    }

    /** Never writable, whatever pends; or as its bytes say. */
    public void full(boolean full) {
        boolean wasWritable = canWrite();
        forcedFull = full;
        notifyIfWritable(wasWritable);
    }

    private void take(int frames) {
        for (int i = 0; i < frames && !pending.isEmpty(); i++) {
            Pending next = pending.poll();
            pendingBytes -= next.frame.payloadBytes();
            progress++;
            ear.writtenAt(next.moment);
            for (byte[] block : next.frame.blocks) {
                parser.feed(block, 0, block.length);
                text.append(new String(block, java.nio.charset.StandardCharsets.UTF_8));
            }
            next.frame.letGo();
        }
    }

    public String lastEventId() {
        return parser.lastEventId();
    }

    /** The data of the events that were received, without gaps and other words of the hub. */
    public List<String> data() {
        return events.stream()
                .filter(event -> event.type().equals("message"))
                .map(Received::data)
                .toList();
    }

    public List<Received> gaps() {
        return events.stream().filter(event -> event.type().equals("gap")).toList();
    }

    // ---- LaneSink

    @Override
    protected boolean canWrite() {
        return ended == null && !forcedFull && pendingBytes < highWater;
    }

    @Override
    protected long prefetch() {
        onLook.run();
        return 0;
    }

    @Override
    public Identity identity() {
        return identity;
    }

    @Override
    protected Heartbeat heartbeat() {
        return heartbeat;
    }

    @Override
    protected long room() {
        return canWrite() ? highWater - pendingBytes : 0;
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
            throw new IllegalStateException("a write failed (a test wants it so)");
        }
        writes++;
        if (ended != null) {
            return;
        }
        FakeFramer.FakeFrame mine = (FakeFramer.FakeFrame) frame;
        mine.hold();
        pending.add(new Pending(mine, moment.getAsLong()));
        pendingBytes += mine.payloadBytes();
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
        if (reading && takesLater) {
            hubLane().lane().execute(() -> readSome(reading ? Integer.MAX_VALUE : 0));
        } else if (reading) {
            readSome(Integer.MAX_VALUE);
        }
    }

    @Override
    protected long pendingBytes() {
        return pendingBytes;
    }

    @Override
    protected long progress() {
        return progress;
    }

    @Override
    protected void end(CloseReason reason, boolean orderly) {
        if (ended != null) {
            throw new AssertionError("ended twice");
        }
        if (orderly && reading) {
            take(Integer.MAX_VALUE);
        }
        ended = Objects.requireNonNull(reason);
        endedOrderly = orderly;
        for (Pending left = pending.poll(); left != null; left = pending.poll()) {
            left.frame.letGo();
        }
        pendingBytes = 0;
    }
}
