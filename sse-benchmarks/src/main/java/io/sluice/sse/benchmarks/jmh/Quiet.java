package io.sluice.sse.benchmarks.jmh;

import io.sluice.sse.hub.lane.LaneOptions;
import java.time.Duration;

/** Lanes without a ticker: nothing but the events that are measured. */
public final class Quiet {

    /** No heartbeats, no timeouts, no watchdog. */
    public static final LaneOptions LANE = LaneOptions.DEFAULT
            .withHeartbeat(Duration.ZERO)
            .withWriteTimeout(Duration.ZERO)
            .withBlockedLaneAfter(Duration.ZERO);

    private Quiet() {}
}
