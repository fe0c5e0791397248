package io.sluice.sse.hub;

import io.sluice.sse.CloseReason;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A hub's work on one lane: the sinks it owns there, the lane's position, and the turns in which events go out.
 *
 * <p>A turn is one task on the lane: a pass for all sinks that have caught up ({@link Pass}), then those that are behind,
 * one by one ({@link CatchUp}). It yields after ten milliseconds of the one, and one of the other. At most one turn is posted at a time,
 * whatever is published.
 *
 * <p>Confined to the lane, except where a method says otherwise.
 */
public final class HubLane {

    private static final Logger logger = LoggerFactory.getLogger(HubLane.class);

    private static final VarHandle POSTED;
    private static final VarHandle DIRTY_TOP;

    static {
        try {
            MethodHandles.Lookup lookup = MethodHandles.lookup();
            POSTED = lookup.findVarHandle(HubLane.class, "posted", boolean.class);
            DIRTY_TOP = lookup.findVarHandle(HubLane.class, "dirtyTop", TopicSubscribers.class);
        } catch (ReflectiveOperationException e) {
            throw new ExceptionInInitializerError(e);
        }
    }

    private final Hub hub;
    private final Lane lane;
    private final Framer framer;
    private final LaneOptions options;
    private final Runnable turn = this::turn;

    // Any thread: whether a turn is posted, and the topics that publishers marked, linked through them.
    @SuppressWarnings("unused") // through POSTED
    private volatile boolean posted;

    private volatile @Nullable TopicSubscribers dirtyTop;

    // Confined to the lane from here on.

    /** The lane's position: the head of its last pass. All sinks that have caught up stand here. */
    long position;

    /** The lane's time in this turn. */
    long nowNanos;

    final Pass pass;
    final CatchUp catchUp;
    final @Nullable HistoryPager pages;
    private final BatchWait gathering = new BatchWait();
    final PassPacer pacing;
    /** Whether a turn must not rest. */
    private boolean inHurry;

    private boolean inTurn;

    final LaneTicker ticker;
    final LaneSinks sinks = new LaneSinks();
    final LaneFrames frames = new LaneFrames(this);
    final LaneSubscriptions subscriptions = new LaneSubscriptions(this);
    final SinkLifecycle life;
    final LaneTasks tasks = new LaneTasks(this);

    /** The last turn has failed, and its pass has to be given up. */
    private boolean turnFailed;

    private final LogThrottle turnFailures;

    /** Written on the lane, read by whoever asks for figures. */
    private volatile long delivered;

    private long deliveredHere;

    /** The largest lag of a sink, as the ticker saw it last; read by whoever asks for figures. */
    private volatile long maxLag;

    HubLane(Hub hub, Lane lane, Framer framer, LaneOptions options) {
        this.hub = hub;
        this.lane = lane;
        this.framer = framer;
        this.options = options;
        this.turnFailures = new LogThrottle(lane::nanoTime);
        HubHistory history = hub.log().history();
        this.pages = history == null ? null : new HistoryPager(this, history.reads);
        this.pass = new Pass(this);
        this.pacing = new PassPacer(lane, this::wake, hub.options().coalesce.toNanos());
        this.catchUp = new CatchUp(this, pages);
        this.ticker = new LaneTicker(this);
        this.life = new SinkLifecycle(this);
    }

    /** The hub. Any thread. */
    public Hub hub() {
        return hub;
    }

    /** The lane. Any thread. */
    public Lane lane() {
        return lane;
    }

    /** How streams are kept alive here. Any thread. */
    public LaneOptions options() {
        return options;
    }

    /** Events written to the sinks of this lane so far. Any thread. */
    public long delivered() {
        return delivered;
    }

    /** How far the sink that is furthest behind lags, as of the last tick. Any thread. */
    long maxLag() {
        return maxLag;
    }

    void setMaxLag(long lag) {
        maxLag = lag;
    }

    /**
     * How many positions a sink stands behind the head; 0 while nothing waits for it. The position of a lane rests while
     * others are published to.
     */
    long lagOf(LaneSink sink) {
        boolean caughtUp = !sink.behind && dirtyTop == null && !pass.isRunning();
        if (sink.subscription == null || caughtUp || sink.isAwaitingStart()) {
            return 0;
        }
        return Math.max(0, hub.log().head() - (sink.behind ? sink.position : position));
    }

    /** How many sinks are open on this lane. */
    public int sinkCount() {
        return sinks.size();
    }

    /** Calls {@code visitor} with every sink open on this lane, on the lane. Any thread. */
    public CompletionStage<Void> forEachSink(Consumer<? super LaneSink> visitor) {
        return tasks.onLane(() -> sinks.forEach(visitor));
    }

    /** The open sink of this lane with this id, looked for among all of them. Any thread. */
    CompletionStage<Optional<LaneSink>> find(String sinkId) {
        AtomicReference<@Nullable LaneSink> found = new AtomicReference<>();
        return tasks.onLane(() -> found.set(sinks.find(sinkId))).thenApply(ignored -> Optional.ofNullable(found.get()));
    }

    /** Describes the sinks of this lane. Any thread. */
    public CompletionStage<List<SinkInfo>> sinkInfos() {
        List<SinkInfo> infos = new ArrayList<>();
        return forEachSink(sink -> infos.add(SinkInfo.of(sink, this))).thenApply(ignored -> infos);
    }

    /**
     * Describes a page of this lane's sinks: the first {@code limit} with a number above {@code after}, in no order. The
     * others cost a look at their numbers. Any thread.
     *
     * @throws IllegalArgumentException if {@code limit} is below 1
     */
    public CompletionStage<List<SinkInfo>> sinkInfos(long after, int limit) {
        if (limit < 1) {
            throw new IllegalArgumentException("limit: " + limit + " (expected: 1 or more)");
        }
        List<SinkInfo> infos = new ArrayList<>();
        return tasks.onLane(() -> {
                    SinkPage page = new SinkPage(after, limit);
                    sinks.forEach(page::offer);
                    page.forEach(sink -> infos.add(SinkInfo.of(sink, this)));
                })
                .thenApply(ignored -> infos);
    }

    // ---- wake-up, from any thread

    /** Makes sure that a turn follows. */
    void wake() {
        if (!posted && POSTED.compareAndSet(this, false, true)) {
            try {
                lane.execute(turn);
            } catch (RejectedExecutionException e) {
                posted = false; // the lane has ended, and its sinks close on their callers' threads
            } catch (RuntimeException | Error e) {
                posted = false; // the next one posts it
                throw e;
            }
        }
    }

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

    /** Serves what was sent to {@code sink} directly. */
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

    // ---- the turn

    /** A turn that fails must not be the last one: nobody else would post another. */
    private void turn() {
        boolean postedAlready = pass.isRunning();
        boolean within = inTurn;
        inTurn = true;
        try {
            if (turnFailed) {
                pass.giveUp();
                turnFailed = false;
            }
            takeTurn();
        } catch (RuntimeException | Error e) {
            turnFailed = true;
            if (turnFailures.tryAcquire()) {
                logger.warn("a turn of a lane failed; the next one goes on{}", turnFailures.suppressedSuffix(), e);
            }
            nextTurn(postedAlready);
        } finally {
            inTurn = within;
        }
    }

    private void takeTurn() {
        // While a pass is suspended the turn stays posted, so that no publisher posts one that would not let I/O go
        // first.
        boolean resumed = pass.isRunning();
        nowNanos = lane.nanoTime();
        boolean again;
        if (!resumed) {
            // In this order: what is published after the head was read finds no turn posted, and posts one.
            posted = false;
            long head = hub.log().head();
            if (!inHurry && !gathering.isWaiting() && pacing.rests(head, position, sinks.size(), nowNanos)) {
                boolean waiting = serveThoseBehind();
                if (!catchUp.metSinkAheadOfLane()) {
                    if (waiting) {
                        nextTurn(false);
                    }
                    return;
                }
                pacing.end(); // somebody waits for this pass, and it can as well begin
            }
            if (!inHurry && gathering.waits(head, position, sinks.size(), nowNanos)) {
                nextTurn(false);
                return;
            }
            pacing.begins(head != position, nowNanos);
        }
        boolean ended = pass.run(nowNanos + hub.passNanos());
        long worked = lane.nanoTime();
        pacing.worked(worked - nowNanos, ended);
        if (ended) {
            gathering.passed(pacing.passNanos());
            tasks.passed();
            boolean waiting = serveThoseBehind();
            // A pass that yielded has its head from before; whoever published since found this turn posted.
            again = waiting || resumed || pass.wasCut();
        } else {
            again = true;
        }
        framer.sweep();
        delivered = deliveredHere;
        if (again) {
            nextTurn(resumed);
        }
    }

    /** @return whether some still wait */
    private boolean serveThoseBehind() {
        return catchUp.run(lane.nanoTime() + HubBuilder.CATCH_UP_TIME.toNanos());
    }

    /** Another turn, after the lane's I/O. */
    private void nextTurn(boolean postedAlready) {
        if (postedAlready || POSTED.compareAndSet(this, false, true)) {
            try {
                lane.yield(turn);
            } catch (RejectedExecutionException e) {
                posted = false; // as in wake
            } catch (RuntimeException | Error e) {
                posted = false; // the ticker wakes a lane that is not at the head
                throw e;
            }
        }
    }

    /**
     * Runs turns until everything published before the call has been written to all who had caught up. It ends whatever
     * is published meanwhile: each turn carries the lane towards the head of that moment, or a suspended pass to its end.
     *
     * @return the position of that head, for {@link LaneSink#hasReached}
     */
    public long flushPublished() {
        assert lane.inLane();
        long head = hub.log().head();
        runTurnsWhile(() -> position < head || pass.isRunning() || catchUp.hasPending(head));
        catchUp.retryParked(); // after I/O, which could not run here
        return head;
    }

    /**
     * A stream ends in good order: what was published before, and is about to be written to it by a pass that has not begun or has yielded,
     * goes first. Its client may be told to stay away, and would never ask for it.
     */
    void flushBeforeTheEndOf(LaneSink sink) {
        boolean isOwed = sink.subscription != null
                && !sink.behind
                && (position < hub.log().head() || pass.isRunning());
        if (isOwed && !inTurn && lane.inLane()) {
            long head = hub.log().head();
            runTurnsWhile(() -> position < head || pass.isRunning());
        }
    }

    private void runTurnsWhile(BooleanSupplier more) {
        inHurry = true;
        pacing.end();
        gathering.end();
        try {
            do {
                turn();
            } while (!turnFailed && more.getAsBoolean());
        } finally {
            inHurry = false;
        }
    }

    /** Whether bytes of the sink have left since it was asked last; asked only while some are pending. */
    boolean hasMoved(LaneSink sink) {
        return ticker.hasMoved(sink);
    }

    void countDelivered(long events) {
        deliveredHere += events;
    }

    Framer framer() {
        return framer;
    }

    // ---- what is told of sinks, and changes of them

    /** A frame could not be made or written, which is no fault of the other sinks. */
    void failed(LaneSink sink, Throwable failure) {
        logger.warn("[{}] writing failed", sink.id(), failure);
        sink.close(CloseReason.RESET);
    }

    void becameWritable(LaneSink sink) {
        sink.notifyIfWritable();
        if (sink.opened && !sink.gone && (sink.behind || sink.hasDirectSends())) {
            catchUp.add(sink);
            wake();
        }
    }

    LaneSink sink(int at) {
        return sinks.get(at);
    }
}
