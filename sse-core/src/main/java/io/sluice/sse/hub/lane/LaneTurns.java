package io.sluice.sse.hub.lane;

import io.sluice.sse.hub.core.LogThrottle;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.time.Duration;
import java.util.concurrent.RejectedExecutionException;
import java.util.function.BooleanSupplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The turns of a lane, in which events go out. A turn is one task on the lane: a pass for all sinks that have caught up
 * ({@link Pass}), then the sinks that are behind, one by one ({@link CatchUp}). At most one turn is posted at a time,
 * however many events are published. A turn yields after ten milliseconds of its pass, and after one of catching up.
 *
 * <p>Confined to the lane, except {@link #wake}.
 */
final class LaneTurns {

    private static final Logger logger = LoggerFactory.getLogger(HubLane.class);

    /**
     * How long turns may follow each other without I/O between them, so that events go out before a stream ends. After
     * that the rest follows in regular turns.
     */
    static final long FLUSH_NANOS = Duration.ofMillis(100).toNanos();

    private static final VarHandle POSTED;

    static {
        try {
            POSTED = MethodHandles.lookup().findVarHandle(LaneTurns.class, "posted", boolean.class);
        } catch (ReflectiveOperationException e) {
            throw new ExceptionInInitializerError(e);
        }
    }

    private final HubLane hubLane;
    private final Lane lane;
    private final Pass pass;
    private final CatchUp catchUp;
    private final Runnable turn = this::turn;
    private final PassScheduler scheduler;
    private final LogThrottle failures;

    // Any thread: whether a turn is posted.
    @SuppressWarnings("unused") // through POSTED
    private volatile boolean posted;

    // Confined to the lane.
    private boolean inTurn;
    /** The last turn has failed, and its pass has to be given up. */
    private boolean turnFailed;
    /** Whether the last flush ran out of time. The next one may then begin at this time of the lane. */
    private boolean ranOutOfTime;

    private long nextFlushNanos;

    LaneTurns(HubLane hubLane, Pass pass) {
        this.hubLane = hubLane;
        this.lane = hubLane.lane();
        this.pass = pass;
        this.catchUp = hubLane.catchUp;
        long longestRest = hubLane.core().options().coalesce().toNanos();
        this.scheduler = new PassScheduler(lane, this::wake, longestRest);
        this.failures = new LogThrottle(lane::nanoTime);
    }

    PassScheduler scheduler() {
        return scheduler;
    }

    /** Makes sure that a turn follows. Any thread. */
    void wake() {
        if (!posted && POSTED.compareAndSet(this, false, true)) {
            try {
                lane.execute(turn);
            } catch (RejectedExecutionException e) {
                posted = false; // the lane has ended, and its sinks close on their callers' threads
            } catch (RuntimeException | Error e) {
                posted = false; // the next caller posts the turn
                throw e;
            }
        }
    }

    /** Posts another turn, after the lane has polled its I/O. */
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

    /** A turn that fails must not be the last one: nothing else would post another. */
    private void turn() {
        assert lane.inLane();
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
            if (failures.tryAcquire()) {
                logger.warn("a turn of a lane failed; the next one follows{}", failures.suppressedSuffix(), e);
            }
            nextTurn(postedAlready);
        } finally {
            inTurn = within;
        }
    }

    private void takeTurn() {
        // The turn stays posted while a pass is suspended. Otherwise a publisher would post one that runs before I/O.
        boolean resumed = pass.isRunning();
        hubLane.nowNanos = lane.nanoTime();
        if (!resumed && !mayBeginPass()) {
            return;
        }
        boolean ended = pass.run(hubLane.nowNanos + HubLane.PASS_NANOS);
        scheduler.worked(lane.nanoTime() - hubLane.nowNanos, ended);
        boolean again = true;
        if (ended) {
            hubLane.tasks.passEnded();
            boolean waiting = serveSinksBehind();
            // A pass that yielded has an old head. A publisher that came since then found this turn posted.
            again = waiting || resumed || pass.stoppedShort();
        }
        hubLane.frames.releaseSent();
        hubLane.publishFigures();
        if (again) {
            nextTurn(resumed);
        }
    }

    /** Whether the next pass begins now. If not, another turn follows when it is time for one. */
    private boolean mayBeginPass() {
        // In this order: an event that is published after the head was read finds no turn posted, and posts one.
        posted = false;
        long head = hubLane.log().head();
        long position = hubLane.position;
        int sinks = hubLane.sinkCount();
        PassScheduler.Decision decision = scheduler.next(head, position, sinks, hubLane.nowNanos);
        if (decision == PassScheduler.Decision.REST) {
            boolean waiting = serveSinksBehind();
            if (!catchUp.metSinkAheadOfLane()) {
                if (waiting) {
                    nextTurn(false);
                }
                return false;
            }
            decision = scheduler.endRest(head, position, sinks, hubLane.nowNanos);
        }
        if (decision == PassScheduler.Decision.POLL_AGAIN) {
            nextTurn(false);
            return false;
        }
        scheduler.passBegins(head != position, hubLane.nowNanos);
        return true;
    }

    /** @return whether some sinks still wait */
    private boolean serveSinksBehind() {
        return catchUp.run(lane.nanoTime() + HubLane.CATCH_UP_NANOS);
    }

    /** As {@link HubLane#flushPublished}. */
    long flushPublished() {
        assert lane.inLane();
        long head = hubLane.log().head();
        runTurnsWhile(() -> hubLane.position < head || pass.isRunning() || catchUp.hasPending(head));
        catchUp.retryParked(); // after I/O, which could not run here
        return head;
    }

    /**
     * A stream is about to end in good order. Events that a pass has yet to write to it go first, because its client
     * may not reconnect and would never ask for them.
     *
     * @return false if the time did not suffice for all of them
     */
    boolean flushBeforeEndOf(LaneSink sink) {
        long head = hubLane.log().head();
        BooleanSupplier pending = () -> sink.selection() != null && (hubLane.position < head || pass.isRunning());
        if (sink.isBehind() || !pending.getAsBoolean() || inTurn || !lane.inLane()) {
            return true;
        }
        runTurnsWhile(pending);
        return !pending.getAsBoolean();
    }

    /**
     * Runs turns until the condition fails, at most for {@link #FLUSH_NANOS}. A lane that is far behind its hub would
     * otherwise keep its event loop from I/O, and a drain from its deadline. After a flush that ran out of time the
     * lane has as much time for I/O before the next one: a drain may end thousands of streams in one task.
     */
    private void runTurnsWhile(BooleanSupplier more) {
        long begin = lane.nanoTime();
        if (ranOutOfTime && begin - nextFlushNanos < 0) {
            return;
        }
        ranOutOfTime = false;
        scheduler.hurry();
        try {
            do {
                turn();
                if (turnFailed || !more.getAsBoolean()) {
                    return;
                }
            } while (lane.nanoTime() - begin < FLUSH_NANOS);
            ranOutOfTime = true;
            nextFlushNanos = lane.nanoTime() + FLUSH_NANOS;
        } finally {
            scheduler.stopHurrying();
        }
    }
}
