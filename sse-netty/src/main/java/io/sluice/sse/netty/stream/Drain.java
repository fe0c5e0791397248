package io.sluice.sse.netty.stream;

import io.sluice.sse.CloseReason;
import io.sluice.sse.hub.lane.HubLane;
import io.sluice.sse.hub.lane.LaneSink;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.RejectedExecutionException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Ends the streams of a lane one after another, spread over a time, so that the clients do not reconnect together. Each
 * stream gets the events published before the drain, a reconnection time with jitter, and its end. The
 * {@link Mode} of a stream may demand another time. Confined to the lane, except for {@link #start}.
 */
public final class Drain {

    /** When a stream ends in a drain. */
    public enum Mode {
        /** At a time of its own, so that the ends are spread over the drain. */
        SPREAD,
        /** As soon as the drain begins. */
        AT_ONCE,
        /** When its source ends it, or at the deadline. */
        AT_DEADLINE
    }

    private static final Logger log = LoggerFactory.getLogger("io.sluice.sse.netty.Drain");
    private static final long STEP_NANOS = 10_000_000;

    private final HubLane lane;
    private final long startNanos;
    private final long spreadNanos;
    /** When the drain is over even if clients have not taken the last bytes of their streams. */
    private final long totalNanos;

    private final CompletableFuture<Void> done = new CompletableFuture<>();
    /** The streams to spread: those up to {@code ended} have ended. */
    private final List<LaneSink> sinks = new ArrayList<>();
    /** The streams that may last until the deadline, unless their sources end them. */
    private final List<LaneSink> atDeadline = new ArrayList<>();

    /** The ended streams whose clients have not taken the last bytes yet. */
    private final List<ChannelSink> leaving = new ArrayList<>();

    private int ended;
    /** How many streams may end now, a fraction included. The first may end at once. */
    private double due = 1;

    private long stepNanos = STEP_NANOS;
    private long lastNanos;
    private long head;

    private Drain(HubLane lane, Duration spread, Duration total) {
        this.lane = lane;
        this.startNanos = lane.lane().nanoTime();
        this.spreadNanos = spread.toNanos();
        this.totalNanos = total.toNanos();
        this.lastNanos = startNanos;
    }

    /**
     * Starts the drain of a lane. Any thread may call.
     *
     * @return completes when every stream that was open has ended, and its client has taken all bytes or the time is
     *     over
     */
    public static CompletionStage<Void> start(HubLane lane, Duration spread) {
        return start(lane, spread, spread);
    }

    /** As {@link #start(HubLane, Duration)}, and then waits up to a total time until clients have taken all bytes. */
    public static CompletionStage<Void> start(HubLane lane, Duration spread, Duration total) {
        Drain drain = new Drain(lane, spread, total);
        try {
            lane.lane().execute(drain::begin);
        } catch (RejectedExecutionException e) {
            drain.done.complete(null); // the event loop has ended, and its channels with it
        }
        return drain.done;
    }

    private void begin() {
        assert lane.lane().inLane();
        try {
            head = lane.flushPublished();
        } catch (RuntimeException | Error e) {
            log.warn("the drain continues without the events that were published last", e);
        }
        lane.forEachSink(this::add);
        Collections.shuffle(sinks);
        step();
    }

    private void add(LaneSink sink) {
        switch (((ChannelSink) sink).drainMode()) {
            case SPREAD -> sinks.add(sink);
            case AT_ONCE -> end(sink);
            case AT_DEADLINE -> atDeadline.add(sink);
        }
        sink.notifyDraining(Duration.ofNanos(spreadNanos));
    }

    /** Moves a stream that has all events from before the drain to the front; the others get time to catch up. */
    private boolean nextIsReady() {
        for (int i = ended; i < sinks.size(); i++) {
            LaneSink sink = sinks.get(i);
            if (!sink.isOpen() || sink.hasReached(head)) {
                Collections.swap(sinks, i, ended);
                return true;
            }
        }
        return false;
    }

    private void endNext() {
        end(sinks.get(ended++));
    }

    private void end(LaneSink sink) {
        sink.close(CloseReason.SERVER_DRAINING);
        leaving.add((ChannelSink) sink);
    }

    /** Whether a client has not taken the last bytes of its stream yet. */
    private boolean isAnyLeaving() {
        for (int last = leaving.size() - 1; last >= 0; last--) {
            if (leaving.get(last).channel().isOpen()) {
                return true;
            }
            leaving.remove(last);
        }
        return false;
    }

    private void step() {
        long now = lane.lane().nanoTime();
        long leftNanos = startNanos + spreadNanos - now;
        if (leftNanos > 0) {
            endThoseDue(now, leftNanos);
        } else {
            endAll();
        }
        lastNanos = now;
        atDeadline.removeIf(sink -> !sink.isOpen() && leaving.add((ChannelSink) sink));
        boolean isOver = now - startNanos >= totalNanos;
        if (ended == sinks.size() && atDeadline.isEmpty() && (isOver || !isAnyLeaving())) {
            done.complete(null);
            return;
        }
        try {
            lane.lane().schedule(this::step, STEP_NANOS);
        } catch (RejectedExecutionException e) {
            done.complete(null);
        }
    }

    /** Spreads the remaining streams evenly over the remaining time. */
    private void endThoseDue(long now, long leftNanos) {
        // A step that was late does not catch up at once: clients whose streams end together would reconnect together.
        stepNanos = Math.max(STEP_NANOS, Math.min(now - lastNanos, 2 * stepNanos));
        due += (double) (sinks.size() - ended) * stepNanos / (leftNanos + stepNanos);
        for (; due >= 1 && ended < sinks.size() && nextIsReady(); due--) {
            endNext();
        }
        due = Math.min(due, 1); // if no stream was ready, the unused number must not accumulate
    }

    private void endAll() {
        while (ended < sinks.size()) {
            endNext();
        }
        atDeadline.forEach(sink -> sink.close(CloseReason.SERVER_DRAINING));
        atDeadline.clear();
    }
}
