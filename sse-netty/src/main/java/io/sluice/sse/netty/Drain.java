package io.sluice.sse.netty;

import io.sluice.sse.CloseReason;
import io.sluice.sse.hub.HubLane;
import io.sluice.sse.hub.LaneSink;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.RejectedExecutionException;

/**
 * Ends the streams of a lane one after the other, spread over a time, so that the clients do not come back together: each
 * gets what was published before, a hint of its own when to come back, and the end of the stream.
 */
final class Drain {

    private static final long STEP_NANOS = 10_000_000;

    private final HubLane lane;
    private final long startNanos;
    private final long spreadNanos;
    private final CompletableFuture<Void> done = new CompletableFuture<>();
    private final List<LaneSink> sinks = new ArrayList<>();
    private int ended;

    private Drain(HubLane lane, Duration spread) {
        this.lane = lane;
        this.startNanos = lane.lane().nanoTime();
        this.spreadNanos = spread.toNanos();
    }

    /** @return completes when every stream that was open on the lane has ended */
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
        lane.flushPublished();
        lane.forEachSink(sinks::add);
        Collections.shuffle(sinks);
        step();
    }

    private void step() {
        long elapsed = lane.lane().nanoTime() - startNanos;
        long due = spreadNanos <= 0 || elapsed >= spreadNanos
                ? sinks.size()
                : (long) Math.ceil((double) sinks.size() * elapsed / spreadNanos);
        for (; ended < due; ended++) {
            sinks.get(ended).close(CloseReason.SERVER_DRAINING);
        }
        if (ended == sinks.size()) {
            // Streams that were granted just before the drain, and opened after its list was made.
            lane.forEachSink(sink -> sink.close(CloseReason.SERVER_DRAINING));
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
