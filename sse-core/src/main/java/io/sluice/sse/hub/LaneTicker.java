package io.sluice.sse.hub;

import io.sluice.sse.CloseReason;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.RejectedExecutionException;
import org.jspecify.annotations.Nullable;

/**
 * The one timer of a lane: heartbeats for the silent, write stalls, ends of life, ageing of the history, the largest lag.
 * It runs while the lane has sinks, in slices of about a millisecond. Confined to its lane.
 */
final class LaneTicker {

    private static final byte[] HEARTBEAT = ":\n\n".getBytes(StandardCharsets.US_ASCII);
    private static final long LONGEST_NANOS = 500_000_000;
    private static final long SHORTEST_NANOS = 5_000_000;
    private static final int AGED_PER_TICK = 1024;

    private final HubLane lane;
    private final long heartbeatNanos;
    private final long writeTimeoutNanos;
    private final long maxLifetimeNanos;
    private final long periodNanos;
    private final ObservedTime observed;
    private final LaneWatch watch;

    private @Nullable Runnable cancel;

    /** A slice of an earlier run may still wait on the lane when the ticker has been stopped and started again. */
    private int run;

    /** Sinks still to be looked at in this tick; they are walked downwards, so that one may close on the way. */
    private int left;

    private long maxLag;

    LaneTicker(HubLane lane) {
        this.lane = lane;
        this.heartbeatNanos = lane.options().heartbeat().toNanos();
        this.writeTimeoutNanos = lane.options().writeTimeout().toNanos();
        this.maxLifetimeNanos = lane.options().maxLifetime().toNanos();
        long period = partOf(heartbeatNanos, 8, partOf(writeTimeoutNanos, 8, LONGEST_NANOS));
        // Finer, since ends of life that fall into one tick come together again.
        this.periodNanos = Math.max(SHORTEST_NANOS, partOf(maxLifetimeNanos, 64, period));
        this.observed = new ObservedTime(periodNanos, writeTimeoutNanos);
        this.watch = new LaneWatch(lane, periodNanos);
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
            observed.start(lane.lane().nanoTime());
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
        watch.tick();
        observed.tick(lane.lane().nanoTime());
        lane.framer().sweep();
        lane.catchUp.forgetRanges();
        lane.hub().log().age(AGED_PER_TICK);
        if (lane.position < lane.hub().log().head()) {
            lane.wake(); // nobody here listens to what was published: the position moves all the same
        }
        left = lane.sinkCount();
        maxLag = 0;
        slice(run);
    }

    private void slice(int ofRun) {
        if (cancel == null || ofRun != run) {
            return;
        }
        long now = lane.lane().nanoTime();
        lane.nowNanos = now;
        long deadline = now + lane.hub().passNanos();
        Beat beat = new Beat();
        left = Math.min(left, lane.sinkCount());
        while (left > 0) {
            look(lane.sink(--left), now, beat);
            left = Math.min(left, lane.sinkCount());
            if ((left & 15) == 0 && left > 0 && lane.lane().nanoTime() - deadline >= 0) {
                break;
            }
        }
        beat.done();
        next(ofRun);
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

    private void look(LaneSink sink, long now, Beat beat) {
        maxLag = Math.max(maxLag, lane.lagOf(sink));
        if (isStalled(sink)) {
            sink.close(CloseReason.WRITE_TIMEOUT);
            return;
        }
        if (maxLifetimeNanos > 0 && now - sink.openedNanos >= lifetimeOf(sink)) {
            sink.close(CloseReason.LIFETIME_ENDED);
            return;
        }
        if (heartbeatNanos > 0 && now - sink.lastWriteNanos >= heartbeatNanos && sink.canWrite()) {
            sink.put(beat.frameFor(sink), now);
            sink.flush();
        }
    }

    private boolean isStalled(LaneSink sink) {
        long time = observed.nanos();
        if (sink.pendingBytes() == 0) {
            sink.progressNanos = time;
            return false;
        }
        long progress = sink.progress();
        if (progress != sink.progress) {
            sink.progress = progress;
            sink.progressNanos = time;
            return false;
        }
        return writeTimeoutNanos > 0 && time - sink.progressNanos > writeTimeoutNanos && observed.mayJudge();
    }

    /** From nine tenths to eleven tenths of the option; out of the sink's number, since a field would cost every client. */
    private long lifetimeOf(LaneSink sink) {
        long hash = sink.number() * 0x9E3779B97F4A7C15L; // neighbours come to lie far apart
        double between0And1 = (hash >>> 11) * 0x1p-53;
        return (long) (maxLifetimeNanos * (0.9 + 0.2 * between0And1));
    }

    /** The frames of one slice, shared by all who are silent. */
    private final class Beat {
        private @Nullable Frame plain;
        private @Nullable Frame withPosition;

        /** With the id of the lane's position where the client knows only an older one: it then resumes closer. */
        Frame frameFor(LaneSink sink) {
            if (sink.subscription != null && !sink.behind && sink.said < lane.position) {
                if (withPosition == null) {
                    String block = ":\nid: " + lane.hub().sequencer().idOf(lane.position) + "\n\n";
                    withPosition = lane.frames.own(block.getBytes(StandardCharsets.US_ASCII), lane.position);
                }
                return withPosition;
            }
            if (plain == null) {
                plain = lane.frames.own(HEARTBEAT, 0);
            }
            return plain;
        }

        void done() {
            if (plain != null) {
                lane.framer().done(plain);
            }
            if (withPosition != null) {
                lane.framer().done(withPosition);
            }
        }
    }
}
