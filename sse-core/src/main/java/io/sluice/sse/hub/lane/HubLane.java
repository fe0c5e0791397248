package io.sluice.sse.hub.lane;

import io.sluice.sse.CloseReason;
import io.sluice.sse.Ledger;
import io.sluice.sse.hub.core.DeliveryOptions;
import io.sluice.sse.hub.core.HubCore;
import io.sluice.sse.hub.core.LogThrottle;
import io.sluice.sse.hub.core.SmallestFirst;
import io.sluice.sse.hub.log.HistoryReader;
import io.sluice.sse.hub.log.HubLog;
import io.sluice.sse.hub.log.Sequencer;
import io.sluice.sse.topic.HubSink;
import io.sluice.sse.topic.SinkInfo;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A hub's work on one lane: the lane's sinks, its position, and the parts that deliver. A transport gets it from {@link
 * LaneRegistry#join} and opens its sinks on it.
 *
 * <p>Confined to the lane, except where a method says otherwise.
 */
public final class HubLane {

    /** The payload of a frame in bytes, unless one event alone is larger. */
    public static final int FRAME_BYTES = 32 * 1024;

    /** The payload of a frame for a sink that catches up while {@link DeliveryOptions#catchUpBytes} are held. */
    public static final int SMALL_FRAME_BYTES = 4 * 1024;

    /**
     * How long a pass writes before it yields. A pass over 1,000 clients takes several milliseconds. Each time it
     * yields, new connections are served first, which adds milliseconds of latency for subscribers.
     */
    public static final Duration PASS_TIME = Duration.ofMillis(10);

    static final long PASS_NANOS = PASS_TIME.toNanos();

    /** How long sinks that are behind are served before their lane yields. It is short, since the others go first. */
    static final long CATCH_UP_NANOS = Duration.ofMillis(1).toNanos();

    private static final Logger logger = LoggerFactory.getLogger(HubLane.class);

    private static final Comparator<LaneSink> BY_NUMBER = Comparator.comparingLong(sink -> sink.number);

    private static final VarHandle DIRTY_TOP;

    static {
        try {
            DIRTY_TOP = MethodHandles.lookup().findVarHandle(HubLane.class, "dirtyTop", TopicSubscribers.class);
        } catch (ReflectiveOperationException e) {
            throw new ExceptionInInitializerError(e);
        }
    }

    private final HubCore core;
    private final Lane lane;
    private final LaneOptions options;

    // Any thread: the topics that publishers marked, linked through them.
    private volatile @Nullable TopicSubscribers dirtyTop;

    // Confined to the lane from here on.
    /** The lane's position: the head of its last pass. All sinks that have caught up stand here. */
    long position;
    /** The lane's time in this turn. */
    long nowNanos;

    // The parts that other parts need. Each of the private ones is given to the parts that need it.
    final LaneFrames frames;
    final DirectSendWriter directSends;
    final CatchUp catchUp;
    final LaneTasks tasks;
    final LaneSubscriptions subscriptions;
    final SinkLifecycle lifecycle;
    private final LaneSinks sinks = new LaneSinks();
    private final Pass pass;
    private final LaneTurns turns;
    private final LaneTicker ticker;

    private final LogThrottle failures;
    private long deliveredHere;

    // Written on the lane, read by any thread that asks for figures.
    private volatile long delivered;
    /** The largest lag of a sink, as of the last tick. */
    private volatile long maxLag;

    HubLane(HubCore core, Lane lane, Framer framer, LaneOptions options) {
        this.core = core;
        this.lane = lane;
        this.options = options;
        this.frames = new LaneFrames(framer, core.counters());
        HistoryReader reader = core.log().pastReader();
        HistoryPager pages = reader == null ? null : new HistoryPager(this, reader);
        this.failures = new LogThrottle(lane::nanoTime);
        this.directSends = new DirectSendWriter(this);
        this.catchUp = new CatchUp(this, pages);
        this.pass = new Pass(this, catchUp);
        this.tasks = new LaneTasks(this, pass);
        this.turns = new LaneTurns(this, pass);
        this.ticker = new LaneTicker(this);
        this.subscriptions = new LaneSubscriptions(this, tasks, pages);
        this.lifecycle = new SinkLifecycle(this, sinks, turns, ticker, subscriptions);
    }

    // ---- its surroundings

    /** The lane. Any thread. */
    public Lane lane() {
        return lane;
    }

    /** How streams are kept alive here. Any thread. */
    public LaneOptions options() {
        return options;
    }

    /** What clients of the hub own. A transport counts its connections and frames here. Any thread. */
    public Ledger ledger() {
        return core.ledger();
    }

    /** What the lanes of the hub share. Any thread. */
    HubCore core() {
        return core;
    }

    /** The hub's log. Any thread. */
    HubLog log() {
        return core.log();
    }

    /** Gives positions their ids. Any thread. */
    Sequencer sequencer() {
        return core.sequencer();
    }

    /** Whether the caller is on the lane. Once the lane has ended, no caller is. */
    boolean isInLane() {
        return lane.inLane();
    }

    /** As {@link LaneTasks#isConfined}. For assertions. */
    boolean isConfined() {
        return tasks.isConfined();
    }

    // ---- its sinks

    /** How many sinks are open on this lane. */
    public int sinkCount() {
        return sinks.size();
    }

    LaneSink sink(int at) {
        return sinks.get(at);
    }

    /** Calls {@code visitor} with every sink open on this lane, on the lane. Any thread. */
    public CompletionStage<Void> forEachSink(Consumer<? super LaneSink> visitor) {
        return tasks.onLane(() -> sinks.forEach(visitor));
    }

    /** Finds the open sink with this id among all sinks of this lane. Any thread. */
    CompletionStage<Optional<HubSink>> find(String sinkId) {
        AtomicReference<@Nullable HubSink> found = new AtomicReference<>();
        return tasks.onLane(() -> found.set(sinks.find(sinkId))).thenApply(ignored -> Optional.ofNullable(found.get()));
    }

    /**
     * Describes the first {@code limit} sinks of this lane with a number above {@code after}, in order. Of the other
     * sinks only the number is read. Any thread.
     */
    CompletionStage<List<SinkInfo>> sinkInfos(long after, int limit) {
        List<SinkInfo> infos = new ArrayList<>();
        return tasks.onLane(() -> {
                    SmallestFirst<LaneSink> page = new SmallestFirst<>(BY_NUMBER, limit);
                    sinks.forEach(sink -> {
                        if (sink.number > after) {
                            page.offer(sink);
                        }
                    });
                    page.selected().forEach(sink -> infos.add(describe(sink)));
                })
                .thenApply(ignored -> infos);
    }

    private SinkInfo describe(LaneSink sink) {
        long now = lane.nanoTime();
        Selection selection = sink.selection();
        return new SinkInfo(
                sink.id(),
                selection == null ? List.of() : selection.terms(),
                now - sink.openedNanos(),
                now - sink.lastWriteNanos(),
                sink.pendingBytes(),
                lagOf(sink),
                sink.delivered(),
                sink);
    }

    /**
     * How many positions a sink stands before the head; 0 if no event waits for it. The lane's position does not move
     * while all published events are in topics without subscribers here.
     */
    long lagOf(LaneSink sink) {
        boolean caughtUp = !sink.isBehind() && dirtyTop == null && !isPassRunning();
        if (sink.selection() == null || caughtUp || sink.isAwaitingStart()) {
            return 0;
        }
        // Where a sequence of several nodes continues after a loss, there may be a large hole in the positions.
        long reached = Math.max(sink.isBehind() ? sink.position() : position, log().lostPosition());
        return Math.max(0, log().head() - reached);
    }

    /**
     * A frame could not be made or written for a sink. The other sinks are not affected. Without memory this may happen
     * to thousands of sinks, so one line per second is logged.
     */
    void failed(LaneSink sink, Throwable failure) {
        if (failures.tryAcquire()) {
            logger.warn("[{}] writing failed{}", sink.id(), failures.suppressedSuffix(), failure);
        }
        sink.close(CloseReason.RESET);
    }

    void becameWritable(LaneSink sink) {
        assert isConfined();
        sink.notifyIfWritable();
        if (sink.isOpened() && !sink.isGone() && (sink.isBehind() || sink.hasDirectSends())) {
            catchUp.add(sink);
            wake();
        }
    }

    /** Whether bytes of the sink have left since the last call. Called only while some are pending. */
    boolean hasMoved(LaneSink sink) {
        return ticker.hasMoved(sink);
    }

    // ---- its turns

    /** Makes sure that a turn follows. Any thread. */
    void wake() {
        turns.wake();
    }

    /** Whether a pass has begun and not ended. Between two turns it is suspended then. */
    boolean isPassRunning() {
        return pass.isRunning();
    }

    /** Writes what was sent to {@code sink} directly, in a turn that follows. Any thread. */
    void serveSoon(LaneSink sink) {
        try {
            if (lane.inLane()) {
                catchUp.add(sink);
                wake();
            } else {
                lane.execute(() -> {
                    catchUp.add(sink);
                    wake();
                });
            }
        } catch (RejectedExecutionException e) {
            sink.close(CloseReason.SERVER_DRAINING);
        }
    }

    /**
     * Writes all events that were published before the call to all sinks that had caught up. The call takes at most
     * about a tenth of a second. A lane that is further behind its hub writes the rest in later turns, after its I/O.
     *
     * @return the position of that head, for {@link LaneSink#hasReached}
     */
    public long flushPublished() {
        return turns.flushPublished();
    }

    // ---- dirty topics

    /** Links a topic that its publisher has just marked. Under the hub's lock. */
    void pushDirty(TopicSubscribers topic) {
        TopicSubscribers top;
        do {
            top = dirtyTop;
            topic.nextDirty = top;
        } while (!DIRTY_TOP.compareAndSet(this, top, topic));
    }

    /** Takes all marked topics, linked through {@link TopicSubscribers#nextDirty}. */
    @Nullable
    TopicSubscribers takeDirty() {
        return (TopicSubscribers) DIRTY_TOP.getAndSet(this, null);
    }

    // ---- its figures

    /** How many ranges and entries the passes have copied so far; for tests. */
    long[] copies() {
        return new long[] {pass.copies(), pass.copiedEntries()};
    }

    /** Events written to the sinks of this lane so far. Any thread. */
    public long delivered() {
        return delivered;
    }

    void countDelivered(long events) {
        deliveredHere += events;
    }

    /** Makes the figures of this turn visible to other threads. */
    void publishFigures() {
        delivered = deliveredHere;
    }

    /** How many positions the sink with the largest lag stands before the head, as of the last tick. Any thread. */
    long maxLag() {
        return maxLag;
    }

    void setMaxLag(long lag) {
        maxLag = lag;
    }
}
