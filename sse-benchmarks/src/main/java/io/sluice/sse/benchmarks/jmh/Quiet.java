package io.sluice.sse.benchmarks.jmh;

import io.sluice.sse.hub.lane.LaneOptions;
import java.time.Duration;

/** Options for lanes without a ticker, so that only the measured events cause work. */
public final class Quiet {

    /** No heartbeats, no timeouts, no watchdog. */
    public static final LaneOptions LANE = LaneOptions.DEFAULT
            .withHeartbeat(Duration.ZERO)
            .withWriteTimeout(Duration.ZERO)
            .withBlockedLaneAfter(Duration.ZERO);

    private Quiet() {}
}
