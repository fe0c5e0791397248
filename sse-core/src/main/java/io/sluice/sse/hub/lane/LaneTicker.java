package io.sluice.sse.hub.lane;

import io.sluice.sse.CloseReason;
import java.util.concurrent.RejectedExecutionException;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The one timer of a lane: heartbeats for the silent, write stalls, ends of life, the largest lag. It runs while the lane
 * has sinks, in slices of as long as a pass writes. Confined to its lane.
 */
final class LaneTicker {

    private static final Logger logger = LoggerFactory.getLogger(LaneTicker.class);

    private static final long LONGEST_NANOS = 500_000_000;
    private static final long SHORTEST_NANOS = 5_000_000;

    private final HubLane lane;
    private final long heartbeatNanos;
    private final long writeTimeoutNanos;
    private final long maxLifetimeNanos;
    private final long periodNanos;
    private final StallClock observed;
    private final LaneWatchdog watch;

    private @Nullable Runnable cancel;

    /** A slice of an earlier run may still wait on the lane when the ticker has been stopped and started again. */
    private int run;

    /** Sinks still to be looked at in this tick; they are walked downwards, so that one may close on the way. */
    private int left;

    private long maxLag;

    private long tickNanos;
    private long sinceLastTick;

    LaneTicker(HubLane lane) {
        this.lane = lane;
        this.heartbeatNanos = lane.options().heartbeat().toNanos();
        this.writeTimeoutNanos = lane.options().writeTimeout().toNanos();
        this.maxLifetimeNanos = lane.options().maxLifetime().toNanos();
        long period = partOf(heartbeatNanos, 8, partOf(writeTimeoutNanos, 8, LONGEST_NANOS));
        // Finer, since ends of life that fall into one tick come together again.
        this.periodNanos = Math.max(SHORTEST_NANOS, partOf(maxLifetimeNanos, 64, period));
        this.observed = new StallClock(periodNanos, writeTimeoutNanos);
        this.watch = new LaneWatchdog(lane, periodNanos);
    }

    /** Fine enough for what it times, which is at most this part late. */
    private static long partOf(long nanos, int parts, long atMost) {
        return nanos == 0 ? atMost : Math.min(atMost, nanos / parts);
    }

    /** Since when a new sink has moved its bytes. */
    long observedNanos() {
        return observed.nanos();
    }

    void start() {
        if (cancel == null) {
            tickNanos = lane.lane().nanoTime();
            observed.start(tickNanos);
            watch.start();
            cancel = lane.lane().schedule(this::tick, periodNanos);
        }
    }

    void stop() {
        if (cancel != null) {
            cancel.run();
            cancel = null;
            run++;
            watch.stop();
        }
        lane.setMaxLag(0);
        lane.catchUp.forgetRanges();
        lane.catchUp.retryParked(); // they have gone, and leave the queue
        sweepRest();
    }

    /** The last sink has gone, and its connection may still hold frames: they are counted until it lets go. */
    private void sweepRest() {
        lane.framer().sweep();
        if (cancel != null || lane.framer().inFlight() == 0) {
            return; // a sink has come, and its ticks sweep
        }
        try {
            lane.lane().schedule(this::sweepRest, SHORTEST_NANOS);
        } catch (RejectedExecutionException e) {
            // The lane has ended, and every connection with it.
        }
    }

    private void tick() {
        if (cancel == null) {
            return; // stopped while it was due
        }
        left = 0;
        maxLag = 0;
        try {
            beginTick();
        } catch (RuntimeException | Error e) {
            logger.warn("a tick of a lane failed; the next one comes", e);
        }
        slice(run);
    }

    private void beginTick() {
        watch.tick();
        long now = lane.lane().nanoTime();
        observed.tick(now);
        sinceLastTick = now - tickNanos;
        tickNanos = now;
        lane.framer().sweep();
        lane.catchUp.forgetRanges();
        lane.catchUp.retryParked();
        if (lane.position < lane.log().head()) {
            lane.wake(); // nobody here listens to what was published: the position moves all the same
        }
        left = lane.sinkCount();
    }

    private void slice(int ofRun) {
        if (cancel == null || ofRun != run) {
            return;
        }
        try {
            lookAtSome();
        } catch (RuntimeException | Error e) {
            logger.warn("a slice of a tick failed; the next tick comes", e);
            left = 0;
        }
        next(ofRun);
    }

    private void lookAtSome() {
        long now = lane.lane().nanoTime();
        lane.nowNanos = now;
        long deadline = now + HubLane.PASS_NANOS;
        HeartbeatFrames beat = new HeartbeatFrames(lane);
        try {
            left = Math.min(left, lane.sinkCount());
            while (left > 0) {
                lookContained(lane.sink(--left), now, beat);
                left = Math.min(left, lane.sinkCount());
                if ((left & 15) == 0 && left > 0 && lane.lane().nanoTime() - deadline >= 0) {
                    break;
                }
            }
        } finally {
            beat.done();
        }
    }

    private void next(int ofRun) {
        if (cancel == null || ofRun != run) {
            return; // the last sink closed on the way
        }
        try {
            if (left > 0) {
                lane.lane().yield(() -> slice(ofRun));
            } else {
                lane.setMaxLag(maxLag);
                cancel = lane.lane().schedule(this::tick, periodNanos);
            }
        } catch (RejectedExecutionException e) {
            cancel = null; // the lane has ended
        }
    }

    /** What fails at one sink, for want of memory say, must not end the ticks of all. */
    private void lookContained(LaneSink sink, long now, HeartbeatFrames beat) {
        try {
            look(sink, now, beat);
        } catch (RuntimeException | Error e) {
            lane.failed(sink, e);
        }
    }

    private void look(LaneSink sink, long now, HeartbeatFrames beat) {
        maxLag = Math.max(maxLag, lane.lagOf(sink));
        if (isStalled(sink)) {
            sink.close(CloseReason.WRITE_TIMEOUT);
            return;
        }
        if (maxLifetimeNanos > 0 && now - sink.openedNanos() >= lifetimeOf(sink)) {
            sink.close(CloseReason.LIFETIME_ENDED);
            return;
        }
        if (heartbeatNanos > 0 && isDue(sink, now) && sink.canWrite()) {
            sink.putAndFlush(beat.frameFor(sink), lane);
        }
    }

    private boolean isDue(LaneSink sink, long now) {
        if (sink.heartbeat().isFixedRate()) {
            // Counted from its opening, so that nothing need be remembered for each client.
            long open = tickNanos - sink.openedNanos();
            return open / heartbeatNanos > Math.max(0, open - sinceLastTick) / heartbeatNanos;
        }
        return now - sink.lastWriteNanos() >= heartbeatNanos;
    }

    private boolean isStalled(LaneSink sink) {
        long time = observed.nanos();
        if (sink.pendingBytes() == 0) {
            sink.nothingPending(time);
            return false;
        }
        return !hasMoved(sink)
                && writeTimeoutNanos > 0
                && time - sink.progressNanos() > writeTimeoutNanos
                && observed.canDetectStall();
    }

    /** One mark for the write timeout and for {@link CatchUp}: whoever asks notes for both when it moved. */
    boolean hasMoved(LaneSink sink) {
        return sink.noteProgress(sink.progress(), observed.nanos());
    }

    /** From nine tenths to eleven tenths of the option; out of the sink's number, since a field would cost every client. */
    private long lifetimeOf(LaneSink sink) {
        long hash = sink.number * 0x9E3779B97F4A7C15L; // neighbours come to lie far apart
        double between0And1 = (hash >>> 11) * 0x1p-53;
        return (long) (maxLifetimeNanos * (0.9 + 0.2 * between0And1));
    }
}
