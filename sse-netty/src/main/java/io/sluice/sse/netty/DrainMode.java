package io.sluice.sse.netty;

import io.sluice.sse.Sink;
import io.sluice.sse.Source;

/** When the streams of a route end in a drain. */
public enum DrainMode {
    /**
     * Each at its own moment, spread over the drain: for streams that the client resumes behind its last id. What a stream
     * has unless its route says otherwise.
     */
    SPREAD,
    /** As soon as the drain begins: for streams that are worth nothing from a server that is leaving. */
    AT_ONCE,
    /**
     * When its source ends it, or at the deadline: for streams that nobody can resume, such as an answer that is being
     * made while it is sent. The source is {@linkplain Source#draining told} when the drain begins, and may
     * {@linkplain Sink#complete() end} after what it is at. Those of {@code Sources} do not listen to that, and go on.
     */
    AT_DEADLINE
}
