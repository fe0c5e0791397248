package io.sluice.sse.netty;

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
 * Ends the streams of a lane one after the other, spread over a time, so that the clients do not come back together: each
 * gets what was published before, a hint of its own when to come back, and the end of the stream. Routes may want their
 * streams to end {@linkplain DrainMode otherwise}.
 */
final class Drain {

    private static final Logger log = LoggerFactory.getLogger(Drain.class);
    private static final long STEP_NANOS = 10_000_000;

    private final HubLane lane;
    private final long startNanos;
    private final long spreadNanos;
    private final CompletableFuture<Void> done = new CompletableFuture<>();
    /** Those that end one after the other. */
    private final List<LaneSink> sinks = new ArrayList<>();
    /** Those that may go on until their sources have come to an end. */
    private final List<LaneSink> atDeadline = new ArrayList<>();

    /** Those that have ended, until the clients have taken the last bytes. */
    private final List<NettySink> leaving = new ArrayList<>();

    private int ended;
    /** How many may be ended now; the first one may at once. */
    private double due = 1;

    private long stepNanos = STEP_NANOS;
    private long lastNanos;
    private long head;

    private Drain(HubLane lane, Duration spread) {
        this.lane = lane;
        this.startNanos = lane.lane().nanoTime();
        this.spreadNanos = spread.toNanos();
        this.lastNanos = startNanos;
    }

    /** @return completes when every stream that was open on the lane has ended, and its client has it all or the time is up */
    static CompletionStage<Void> start(HubLane lane, Duration spread) {
        Drain drain = new Drain(lane, spread);
        try {
            lane.lane().execute(drain::begin);
        } catch (RejectedExecutionException e) {
            drain.done.complete(null); // the event loop has ended, and every channel with it
        }
        return drain.done;
    }

    private void begin() {
        try {
            head = lane.flushPublished();
        } catch (RuntimeException e) {
            log.warn("the drain goes on without what was published last", e);
        }
        lane.forEachSink(this::sort);
        Collections.shuffle(sinks);
        step();
    }

    private void sort(LaneSink sink) {
        switch (((NettySink) sink).drainMode()) {
            case SPREAD -> sinks.add(sink);
            case AT_ONCE -> end(sink);
            case AT_DEADLINE -> atDeadline.add(sink);
        }
        sink.notifyDraining(Duration.ofNanos(spreadNanos));
    }

    /** Brings one forward that has everything from before the drain; the others get time to catch up. */
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
        leaving.add((NettySink) sink);
    }

    /** Whether a client is still taking what its stream ended with. */
    private boolean somebodyLeaves() {
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
        if (leftNanos <= 0) {
            while (ended < sinks.size()) {
                endNext();
            }
        } else {
            // Those who are left share the time that is left. A step that was held up does not make up for it at once:
            // whom it ended together would come back together.
            stepNanos = Math.max(STEP_NANOS, Math.min(now - lastNanos, 2 * stepNanos));
            due += (double) (sinks.size() - ended) * stepNanos / (leftNanos + stepNanos);
            for (; due >= 1 && ended < sinks.size() && nextIsReady(); due--) {
                endNext();
            }
            due = Math.min(due, 1); // nobody was ready
        }
        lastNanos = now;
        if (leftNanos <= 0) {
            atDeadline.forEach(sink -> sink.close(CloseReason.SERVER_DRAINING));
            atDeadline.clear();
        }
        atDeadline.removeIf(sink -> !sink.isOpen() && leaving.add((NettySink) sink));
        if (ended == sinks.size() && atDeadline.isEmpty() && (leftNanos <= 0 || !somebodyLeaves())) {
            done.complete(null);
            return;
        }
        try {
            lane.lane().schedule(this::step, STEP_NANOS);
        } catch (RejectedExecutionException e) {
            done.complete(null);
        }
    }
}
