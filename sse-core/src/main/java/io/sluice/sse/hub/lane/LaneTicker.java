package io.sluice.sse.hub.lane;

import io.sluice.sse.CloseReason;
import io.sluice.sse.Heartbeat;
import io.sluice.sse.hub.core.HubCore;
import java.time.Duration;
import java.time.Instant;
import java.util.concurrent.RejectedExecutionException;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The only timer of a lane: heartbeats for silent clients, write timeouts, maximum lifetimes, expired identities, the
 * largest lag. It runs while the lane has sinks. A tick checks the sinks in slices, each as long as a slice of a pass.
 * Confined to the lane.
 */
final class LaneTicker {

    private static final Logger logger = LoggerFactory.getLogger(LaneTicker.class);

    private static final long LONGEST_NANOS = 500_000_000;
    private static final long SHORTEST_NANOS = 5_000_000;

    /** A lane asks so many times in each write timeout whether its clients acknowledge what they were sent. */
    private static final int ACKNOWLEDGEMENT_CHECKS = 8;

    private final HubLane hubLane;
    private final Lane lane;
    private final LaneFrames frames;
    private final long heartbeatNanos;
    private final long writeTimeoutNanos;
    private final long maxLifetimeNanos;
    private final long periodNanos;
    private final int ticksPerAcknowledgementCheck;
    private final StallClock stallClock;
    private final LaneWatchdog watchdog;

    private @Nullable Runnable cancel;

    /** The number of this run. A slice of an earlier run may still wait on the lane after a stop and a start. */
    private int run;

    /** Sinks to be checked in this tick. They are visited from the last to the first, so a sink may close meanwhile. */
    private int left;

    private int ticksToAcknowledgementCheck;
    /** Whether this tick asks for acknowledgements, which costs a system call for each client. */
    private boolean checksAcknowledgements;

    private long maxLag;

    private long tickNanos;
    private long sinceLastTick;

    LaneTicker(HubLane hubLane) {
        this.hubLane = hubLane;
        this.lane = hubLane.lane();
        this.frames = hubLane.frames;
        LaneOptions options = hubLane.options();
        this.heartbeatNanos = options.heartbeat().toNanos();
        this.writeTimeoutNanos = options.writeTimeout().toNanos();
        this.maxLifetimeNanos = options.maxLifetime().toNanos();
        long period = partOf(heartbeatNanos, 8, partOf(writeTimeoutNanos, 8, LONGEST_NANOS));
        // Finer for lifetimes: streams that end in one tick would reconnect together again.
        this.periodNanos = Math.max(SHORTEST_NANOS, partOf(maxLifetimeNanos, 64, period));
        this.ticksPerAcknowledgementCheck = (int)
                Math.max(1, Math.min(Integer.MAX_VALUE, writeTimeoutNanos / ACKNOWLEDGEMENT_CHECKS / periodNanos));
        this.stallClock = new StallClock(periodNanos, writeTimeoutNanos);
        HubCore core = hubLane.core();
        this.watchdog = new LaneWatchdog(options.blockedLaneAfter(), periodNanos, core.counters()::addBlockedLane);
    }

    /** A part of a time, which may be this much late; {@code atMost} if the time is 0. */
    private static long partOf(long nanos, int parts, long atMost) {
        return nanos == 0 ? atMost : Math.min(atMost, nanos / parts);
    }

    /** The time of the {@link StallClock}. */
    long stallClockNanos() {
        return stallClock.nanos();
    }

    void start() {
        assert hubLane.isConfined();
        if (cancel == null) {
            tickNanos = lane.nanoTime();
            stallClock.start(tickNanos);
            watchdog.start();
            cancel = lane.schedule(this::tick, periodNanos);
        }
    }

    void stop() {
        assert hubLane.isConfined();
        if (cancel != null) {
            cancel.run();
            cancel = null;
            run++;
            watchdog.stop();
        }
        hubLane.setMaxLag(0);
        hubLane.catchUp.releaseRecentRanges();
        hubLane.catchUp.retryParked(); // they have closed, and leave the queue
        releaseRest();
    }

    /** The connection of the last sink may still hold frames. They are counted until it releases them. */
    private void releaseRest() {
        frames.releaseSent();
        if (cancel != null || frames.inFlight() == 0) {
            return; // the ticker has started again, or nothing is left
        }
        try {
            lane.schedule(this::releaseRest, SHORTEST_NANOS);
        } catch (RejectedExecutionException e) {
            // The lane has ended, and every connection with it.
        }
    }

    private void tick() {
        if (cancel == null) {
            return; // stopped when the tick was already due
        }
        left = 0;
        maxLag = 0;
        try {
            beginTick();
        } catch (RuntimeException | Error e) {
            logger.warn("a tick of a lane failed; the next one follows", e);
        }
        slice(run);
    }

    private void beginTick() {
        watchdog.tick();
        long now = lane.nanoTime();
        stallClock.tick(now);
        checksAcknowledgements = writeTimeoutNanos > 0 && --ticksToAcknowledgementCheck < 0;
        if (checksAcknowledgements) {
            ticksToAcknowledgementCheck = ticksPerAcknowledgementCheck - 1;
        }
        sinceLastTick = now - tickNanos;
        tickNanos = now;
        frames.releaseSent();
        hubLane.catchUp.releaseRecentRanges();
        hubLane.catchUp.retryParked();
        if (hubLane.position < hubLane.log().head()) {
            hubLane.wake(); // no sink here subscribes to what was published, but the position has to move
        }
        left = hubLane.sinkCount();
    }

    private void slice(int ofRun) {
        if (cancel == null || ofRun != run) {
            return;
        }
        try {
            checkSome();
        } catch (RuntimeException | Error e) {
            logger.warn("a slice of a tick failed; the next tick follows", e);
            left = 0;
        }
        next(ofRun);
    }

    private void checkSome() {
        long now = lane.nanoTime();
        hubLane.nowNanos = now;
        long deadline = now + HubLane.PASS_NANOS;
        HeartbeatFrames heartbeats = new HeartbeatFrames(hubLane);
        try {
            left = Math.min(left, hubLane.sinkCount());
            while (left > 0) {
                checkGuarded(hubLane.sink(--left), now, heartbeats);
                left = Math.min(left, hubLane.sinkCount());
                if ((left & 15) == 0 && left > 0 && lane.nanoTime() - deadline >= 0) {
                    break;
                }
            }
        } finally {
            heartbeats.release();
        }
    }

    private void next(int ofRun) {
        if (cancel == null || ofRun != run) {
            return; // the last sink has closed meanwhile
        }
        try {
            if (left > 0) {
                lane.yield(() -> slice(ofRun));
            } else {
                hubLane.setMaxLag(maxLag);
                cancel = lane.schedule(this::tick, periodNanos);
            }
        } catch (RejectedExecutionException e) {
            cancel = null; // the lane has ended
        }
    }

    /** A failure at one sink, for example because memory is short, must not end the ticks of all. */
    private void checkGuarded(LaneSink sink, long now, HeartbeatFrames heartbeats) {
        try {
            check(sink, now, heartbeats);
        } catch (RuntimeException | Error e) {
            hubLane.failed(sink, e);
        }
    }

    private void check(LaneSink sink, long now, HeartbeatFrames heartbeats) {
        maxLag = Math.max(maxLag, hubLane.lagOf(sink));
        if (isStalled(sink)) {
            sink.close(CloseReason.WRITE_TIMEOUT);
            return;
        }
        SinkOptions options = sink.options();
        Duration lifetime = options.maxLifetime();
        long lifetimeNanos = lifetime == null ? maxLifetimeNanos : lifetime.toNanos();
        if (lifetimeNanos > 0 && now - sink.openedNanos() >= spread(lifetimeNanos, sink)) {
            sink.close(CloseReason.LIFETIME_ENDED);
            return;
        }
        if (checkIdentity(sink)) {
            return;
        }
        if (isHeartbeatDue(sink, options.heartbeat(), now) && sink.canWrite()) {
            sink.putAndFlush(heartbeats.frameFor(sink), hubLane);
        }
    }

    /**
     * Ends the stream if the identity of its client has expired. Each tick asks, since the wall clock may be corrected,
     * or pass while the machine sleeps.
     */
    boolean checkIdentity(LaneSink sink) {
        Instant expiry = sink.identity().expiry();
        if (expiry == null || hubLane.log().nanosUntil(expiry) > 0) {
            return false;
        }
        sink.close(CloseReason.IDENTITY_EXPIRED);
        return true;
    }

    private boolean isHeartbeatDue(LaneSink sink, Heartbeat heartbeat, long now) {
        Duration own = heartbeat.interval();
        long interval = own == null ? heartbeatNanos : own.toNanos();
        if (interval == 0) {
            return false;
        }
        if (heartbeat.isFixedRate()) {
            // Counted from the opening of the sink, which needs no field per client.
            long open = tickNanos - sink.openedNanos();
            return open / interval > Math.max(0, open - sinceLastTick) / interval;
        }
        return now - sink.lastWriteNanos() >= interval;
    }

    private boolean isStalled(LaneSink sink) {
        if (sink.pendingBytes() == 0) {
            return checksAcknowledgements && isUnreachable(sink);
        }
        return !hasMoved(sink) && hasExpired(sink, writeTimeoutNanos);
    }

    /** Whether the network has all bytes of the client, and the client's machine acknowledges none of them. */
    private boolean isUnreachable(LaneSink sink) {
        long time = stallClock.nanos();
        long silentNanos = sink.unacknowledgedNanos();
        if (silentNanos == 0) {
            sink.nothingPending(time);
            return false;
        }
        sink.lastAcknowledged(time - silentNanos);
        // The bytes may have been sent up to one check after the time that was noted.
        return hasExpired(sink, writeTimeoutNanos + ticksPerAcknowledgementCheck * periodNanos);
    }

    private boolean hasExpired(LaneSink sink, long timeoutNanos) {
        return writeTimeoutNanos > 0
                && stallClock.nanos() - sink.progressNanos() > timeoutNanos
                && stallClock.canDetectStall();
    }

    /** As {@link HubLane#hasMoved}. The write timeout and {@link CatchUp} share one mark, so each notes it for both. */
    boolean hasMoved(LaneSink sink) {
        return sink.noteProgress(sink.progress(), stallClock.nanos());
    }

    /**
     * From 0.9 to 1.1 times the lifetime. It is derived from the sink's number: a field would cost every client.
     */
    private static long spread(long lifetimeNanos, LaneSink sink) {
        long hash = sink.number * 0x9E3779B97F4A7C15L; // moves neighbours far apart
        double between0And1 = (hash >>> 11) * 0x1p-53;
        return (long) (lifetimeNanos * (0.9 + 0.2 * between0And1));
    }
}
