package io.sluice.sse.hub.lane;

import io.sluice.sse.CloseReason;
import io.sluice.sse.Ledger;
import io.sluice.sse.hub.core.DeliveryOptions;
import io.sluice.sse.hub.core.HubCore;
import io.sluice.sse.hub.log.HubHistory;
import io.sluice.sse.hub.log.HubLog;
import io.sluice.sse.hub.log.Sequencer;
import io.sluice.sse.topic.HubSink;
import io.sluice.sse.topic.SinkInfo;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.time.Duration;
import java.util.ArrayList;
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
 * A hub's work on one lane: its sinks, the lane's position, and the parts that deliver. A transport gets one from {@link
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
    private final Framer framer;
    private final LaneOptions options;

    // Any thread: the topics that publishers marked, linked through them.
    private volatile @Nullable TopicSubscribers dirtyTop;

    // Confined to the lane from here on.
    /** The lane's position: the head of its last pass. All sinks that have caught up stand here. */
    long position;
    /** The lane's time in this turn. */
    long nowNanos;

    final LaneTurns turns;
    final Pass pass;
    final CatchUp catchUp;
    final @Nullable HistoryPager pages;
    final LaneTicker ticker;
    final LaneSinks sinks = new LaneSinks();
    final LaneFrames frames = new LaneFrames(this);
    final LaneSubscriptions subscriptions = new LaneSubscriptions(this);
    final SinkLifecycle lifecycle;
    final LaneTasks tasks = new LaneTasks(this);

    private long deliveredHere;

    // Written on the lane, read by any thread that asks for figures.
    private volatile long delivered;
    /** The largest lag of a sink, as of the last tick. */
    private volatile long maxLag;

    HubLane(HubCore core, Lane lane, Framer framer, LaneOptions options) {
        this.core = core;
        this.lane = lane;
        this.framer = framer;
        this.options = options;
        HubHistory history = core.log().history();
        this.pages = history == null ? null : new HistoryPager(this, history.reader());
        this.turns = new LaneTurns(this);
        this.pass = new Pass(this);
        this.catchUp = new CatchUp(this, pages);
        this.ticker = new LaneTicker(this);
        this.lifecycle = new SinkLifecycle(this);
    }

    // ---- its parts

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

    Framer framer() {
        return framer;
    }

    /** Whether the caller may touch what is confined to the lane. The thread of a lane that has ended owns nothing. */
    boolean isInLane() {
        return lane.inLane();
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
     * Describes the first {@code limit} sinks of this lane with a number above {@code after}, in no order. The others
     * cost a look at their numbers. Any thread.
     */
    CompletionStage<List<SinkInfo>> sinkInfos(long after, int limit) {
        List<SinkInfo> infos = new ArrayList<>();
        return tasks.onLane(() -> {
                    SinkPage page = new SinkPage(after, limit);
                    sinks.forEach(page::offer);
                    page.forEach(sink -> infos.add(describe(sink)));
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
     * How many positions a sink stands behind the head; 0 while nothing waits for it. The position of a lane rests while
     * only topics without subscribers here are published to.
     */
    long lagOf(LaneSink sink) {
        boolean caughtUp = !sink.isBehind() && dirtyTop == null && !pass.isRunning();
        if (sink.selection() == null || caughtUp || sink.isAwaitingStart()) {
            return 0;
        }
        return Math.max(0, log().head() - (sink.isBehind() ? sink.position() : position));
    }

    /** A frame could not be made or written for a sink. The other sinks are not affected. */
    void failed(LaneSink sink, Throwable failure) {
        logger.warn("[{}] writing failed", sink.id(), failure);
        sink.close(CloseReason.RESET);
    }

    void becameWritable(LaneSink sink) {
        sink.notifyIfWritable();
        if (sink.isOpened() && !sink.isGone() && (sink.isBehind() || sink.hasDirectSends())) {
            catchUp.add(sink);
            wake();
        }
    }

    /** Whether bytes of the sink have left since the last question; asked only while some are pending. */
    boolean hasMoved(LaneSink sink) {
        return ticker.hasMoved(sink);
    }

    // ---- its turns

    /** Makes sure that a turn follows. Any thread. */
    void wake() {
        turns.wake();
    }

    /** Serves what was sent to {@code sink} directly. Any thread. */
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
     * Writes all events that were published before the call to all sinks that had caught up. The call ends whatever is
     * published meanwhile: each turn carries the lane towards the head of that moment, or a suspended pass to its end.
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

    /** Events written to the sinks of this lane so far. Any thread. */
    public long delivered() {
        return delivered;
    }

    void countDelivered(long events) {
        deliveredHere += events;
    }

    /** Shows the figures of this turn to other threads. */
    void publishFigures() {
        delivered = deliveredHere;
    }

    /** How many positions the sink with the largest lag stands behind the head, as of the last tick. Any thread. */
    long maxLag() {
        return maxLag;
    }

    void setMaxLag(long lag) {
        maxLag = lag;
    }
}
