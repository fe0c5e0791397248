package io.sluice.sse.test;

import io.sluice.sse.CloseReason;
import io.sluice.sse.Gap;
import io.sluice.sse.Identity;
import io.sluice.sse.Scope;
import io.sluice.sse.Source;
import io.sluice.sse.hub.Hub;
import io.sluice.sse.hub.lane.Frame;
import io.sluice.sse.hub.lane.HubLane;
import io.sluice.sse.hub.lane.LaneOptions;
import io.sluice.sse.hub.lane.LaneSink;
import io.sluice.sse.topic.Selector;
import io.sluice.sse.topic.StartPosition;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;

/**
 * A client without a socket. It records what a source or a hub sends, and it reads, stalls and leaves when the test
 * wants it to.
 *
 * <pre>{@code
 * try (RecordingSink sink = RecordingSink.start(source)) {
 *     sink.advance(Duration.ofSeconds(2));
 *     assertThat(sink.data()).containsExactly("3", "2");
 * }
 * }</pre>
 *
 * <p>A sink of {@link #start} or {@link #subscribe} uses a {@link ManualLane}. Sources, tasks and listeners run on
 * the thread of the test, inside {@link #run}, {@link #advance} and the methods of the client, and time moves in {@link
 * #advance} only. So a test never waits and always runs in the same order. A source that blocks needs threads: see
 * {@link RecordingSinkBuilder#onThreads}.
 *
 * <p>A sink of the constructor is for tests of transports and hubs: it uses any lane, and the test opens it. It
 * needs a {@link MemoryFramer}. Any thread may read the records.
 */
public class RecordingSink extends LaneSink implements AutoCloseable {

    /** No heartbeats, no timeouts, no watchdog: nothing happens on the lane that the test did not cause. */
    public static final LaneOptions QUIET = LaneOptions.DEFAULT
            .withHeartbeat(Duration.ZERO)
            .withWriteTimeout(Duration.ZERO)
            .withBlockedLaneAfter(Duration.ZERO);

    /** The bytes that the connection of a reading client accepts before it is not writable. */
    public static final long HIGH_WATER_BYTES = 64 * 1024;

    private static final Set<String> TYPES_OF_HUB = Set.of(Gap.EVENT_NAME, CloseReason.END_EVENT_NAME);

    private final ReceivedStream received = new ReceivedStream(this::onEvent, this::onLastEventId);
    private final PendingFrames.Reader reader = new PendingFrames.Reader() {
        @Override
        public void onFrame(MemoryFrame frame) {
            RecordingSink.this.onFrame(frame);
        }

        @Override
        public void onBytes(byte[] block, int offset, int length) {
            RecordingSink.this.onBytes(block, offset, length);
            received.feed(block, offset, length);
        }
    };
    private volatile Identity identity = Identity.UNKNOWN;
    private @Nullable ManualHub manualHub;

    // Confined to the lane.
    private final PendingFrames pending = new PendingFrames();
    private boolean reading = true;

    // Written on the lane, read by any thread.
    private volatile boolean full;
    private volatile long highWater = HIGH_WATER_BYTES;
    private volatile @Nullable CloseReason endReason;
    private volatile boolean endedOrderly;

    /**
     * Creates a sink that is not open yet, for {@link LaneSink#open}.
     *
     * @param lane its lane, which must use a {@link MemoryFramer}
     * @param parent the scope above the scope of this sink, or null
     */
    public RecordingSink(HubLane lane, @Nullable Scope parent) {
        super(lane, parent);
    }

    // ---- its beginning

    /** Starts {@code source} for a client that reads everything at once. The client is closed with {@link #close()}. */
    public static RecordingSink start(Source source) {
        return builder().start(source);
    }

    /** Options for a sink that {@link RecordingSinkBuilder#start} returns. */
    public static RecordingSinkBuilder builder() {
        return new RecordingSinkBuilder();
    }

    /** As {@link #subscribe(Hub, Selector, StartPosition)}, from now on, to the topics and patterns {@code terms}. */
    public static RecordingSink subscribe(Hub hub, String... terms) {
        return subscribe(hub, Selector.of(terms), StartPosition.live());
    }

    /**
     * Adds a client to a hub of the test. Call {@link #run} after a publication, and the client has received it. The
     * hub is not closed with the client, and its user code runs where the hub's options say.
     */
    public static RecordingSink subscribe(Hub hub, Selector selector, StartPosition start) {
        return subscribe(hub, Identity.UNKNOWN, selector, start);
    }

    /** As {@link #subscribe(Hub, Selector, StartPosition)}, for a client whose identity is known as it opens. */
    public static RecordingSink subscribe(Hub hub, Identity identity, Selector selector, StartPosition start) {
        ManualHub manualHub = ManualHub.joinTo(hub);
        return new RecordingSink(manualHub.hubLane, null).identity(identity).open(manualHub, selector, start, null);
    }

    RecordingSink open(
            ManualHub newManualHub, @Nullable Selector selector, StartPosition start, @Nullable Source source) {
        manualHub = newManualHub;
        newManualHub.lane.run(() -> open(selector, start, source));
        run();
        return this;
    }

    // ---- what the test lets happen

    /** Runs the lane, and the user code that waits, until nothing is left to do. Time does not move. */
    public void run() {
        ManualHub driven = manualHub;
        if (driven != null) {
            driven.run();
        } else if (hubLane().lane() instanceof ManualLane manual && !manual.inLane()) {
            manual.runAll();
        }
    }

    /**
     * Moves the clock of the lane and runs everything that becomes due, each at its time.
     *
     * @throws IllegalStateException if this sink is not of {@link #start} or {@link #subscribe}
     */
    public void advance(Duration time) {
        requireManualHub().advance(time);
    }

    /**
     * Runs the lane until {@code condition} holds, for sources that send from threads of their own.
     *
     * @throws AssertionError if it does not hold within 30 seconds
     */
    public void await(BooleanSupplier condition) {
        requireManualHub().await(condition, this::toString);
    }

    /** Notifies the source that the server shuts down. The stream stays open: ending it is up to the source. */
    public void drain(Duration left) {
        onLane(() -> notifyDraining(left));
    }

    /**
     * The client leaves, as when its connection breaks. For a sink of {@link #start} this also checks that nothing is
     * left of the client: the hub's ledger reads zero, no timer is scheduled, every frame was released.
     *
     * @throws AssertionError if something is left, or if user code has failed and the test has not called {@link
     *     #failures}
     */
    @Override
    public void close() {
        close(CloseReason.CLIENT_LEFT);
        run();
        ManualHub driven = manualHub;
        if (driven != null) {
            driven.close();
        }
        received.requireFailuresSeen();
    }

    private ManualHub requireManualHub() {
        ManualHub driven = manualHub;
        if (driven == null) {
            throw new IllegalStateException(this + " was opened by the test, which also drives its lane");
        }
        return driven;
    }

    // ---- what the client does

    /** Stops reading: the connection accepts nothing more until the client reads, and the sink is not writable. */
    public RecordingSink stall() {
        return stall(0);
    }

    /** Stops reading. From now on the connection accepts events until this many bytes are pending. */
    public RecordingSink stall(long acceptedBytes) {
        change(() -> {
            reading = false;
            highWater = acceptedBytes;
        });
        return this;
    }

    /** Reads everything that is pending, and everything that arrives later. */
    public RecordingSink read() {
        change(() -> {
            reading = true;
            if (highWater == 0) {
                highWater = HIGH_WATER_BYTES;
            }
            readPending(Integer.MAX_VALUE, Long.MAX_VALUE);
        });
        return this;
    }

    /** Reads at most this many pending frames. A stalled client stays stalled. */
    public void readFrames(int frames) {
        change(() -> readPending(frames, Long.MAX_VALUE));
    }

    /** Reads at most this many pending bytes, perhaps a part of an event. A stalled client stays stalled. */
    public void readBytes(long bytes) {
        change(() -> readPending(Integer.MAX_VALUE, bytes));
    }

    /** With true, the sink is not writable, whatever is pending; with false, its pending bytes decide again. */
    public void full(boolean newFull) {
        change(() -> full = newFull);
    }

    private void change(Runnable change) {
        onLane(() -> changeAndNotify(change));
    }

    private void changeAndNotify(Runnable change) {
        boolean wasWritable = canWrite();
        change.run();
        if (!wasWritable && canWrite()) {
            becameWritable();
        }
    }

    /** Runs {@code work} on the lane: now, or soon if the lane has a thread of its own. */
    private void onLane(Runnable work) {
        if (!hubLane().lane().inLane() && hubLane().lane() instanceof ManualLane manual) {
            manual.run(work);
        } else {
            runOnOwner(work);
        }
        if (manualHub != null) {
            run();
        }
    }

    private void readPending(int maxFrames, long maxBytes) {
        pending.read(maxFrames, maxBytes, reader);
    }

    // ---- what the client has received

    /** All events, those of the hub itself included, in the order of the stream. A copy. */
    public List<ReceivedEvent> events() {
        return received.events();
    }

    /** The data of all events, without the events {@code gap} and {@code end} of the hub. A copy. */
    public List<String> data() {
        return received.events().stream()
                .filter(event -> !TYPES_OF_HUB.contains(event.type()))
                .map(ReceivedEvent::data)
                .toList();
    }

    /** The gap events of the hub. A copy. */
    public List<ReceivedEvent> gaps() {
        return received.events().stream()
                .filter(event -> event.type().equals(Gap.EVENT_NAME))
                .toList();
    }

    /** All comments, heartbeats included. A copy. */
    public List<String> comments() {
        return received.comments();
    }

    /** All reconnection times in milliseconds. A stream begins with one. A copy. */
    public List<Long> retries() {
        return received.retries();
    }

    /** All bytes that the client has read, as text. */
    public String text() {
        return received.text();
    }

    /** The id that the client would send with a reconnect; empty if it has none. */
    public String lastEventId() {
        return received.lastEventId();
    }

    /** Forgets all events, comments, reconnection times and bytes so far. The last event id stays. */
    public void clear() {
        received.clear();
    }

    /** What user code of this client has thrown, or passed to {@link #fail}, in order. A copy. */
    public List<Throwable> failures() {
        return received.failures();
    }

    /** Why the connection has ended; null while it is open. */
    public @Nullable CloseReason endReason() {
        return endReason;
    }

    /** Whether the connection has ended after the last bytes of the stream, and was not cut. */
    public boolean endedOrderly() {
        return endedOrderly;
    }

    // ---- hooks for tests that look closer, called on the lane

    /** The client begins to read a frame. */
    protected void onFrame(MemoryFrame frame) {}

    /** The client reads bytes. */
    protected void onBytes(byte[] bytes, int offset, int length) {}

    /** The client has received an event. */
    protected void onEvent(ReceivedEvent event) {}

    /** The client's last event id has changed; called before the event that changed it. */
    protected void onLastEventId(String lastEventId) {}

    /** Whether the client reads everything that arrives. */
    protected final boolean isReading() {
        return reading;
    }

    // ---- LaneSink

    @Override
    public Identity identity() {
        return identity;
    }

    /** Sets the identity of the client. To be called before the sink is opened. */
    public RecordingSink identity(Identity newIdentity) {
        identity = newIdentity;
        return this;
    }

    @Override
    public void userCodeFailed(String what, Throwable failure) {
        received.failed(failure);
        super.userCodeFailed(what, failure);
    }

    @Override
    public boolean canWrite() {
        return endReason == null && !full && pending.bytes() < highWater;
    }

    @Override
    protected long room() {
        return canWrite() ? Math.max(0, highWater - pending.bytes()) : 0;
    }

    @Override
    protected void write(Frame frame) {
        if (endReason != null) {
            return;
        }
        pending.add((MemoryFrame) frame);
    }

    @Override
    protected void flush() {
        if (reading) {
            changeAndNotify(() -> readPending(Integer.MAX_VALUE, Long.MAX_VALUE));
        }
    }

    @Override
    public long pendingBytes() {
        return pending.bytes();
    }

    @Override
    protected long progress() {
        return pending.progress();
    }

    @Override
    protected void end(CloseReason reason, boolean orderly) {
        if (endReason != null) {
            throw new AssertionError(this + " ended twice");
        }
        if (orderly) { // the connection ends after its last bytes, and a client that has stalled reads them later
            readPending(Integer.MAX_VALUE, Long.MAX_VALUE);
        }
        endedOrderly = orderly;
        endReason = reason;
        pending.releaseAll();
    }
}
