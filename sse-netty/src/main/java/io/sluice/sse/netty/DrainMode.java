package io.sluice.sse.netty;

import io.sluice.sse.Sink;
import io.sluice.sse.Source;

/** When a stream ends in a drain. */
public enum DrainMode {
    /**
     * At a time of its own, so that the ends are spread over the drain: for streams that the client resumes after its
     * last event id. The default.
     */
    SPREAD,
    /** As soon as the drain begins: for streams that are useless from a server that shuts down. */
    AT_ONCE,
    /**
     * When its source ends it, or at the deadline: for streams that a client cannot resume, such as a response that is
     * generated while it is sent. The source is {@linkplain Source#draining notified} when the drain begins, and may
     * {@linkplain Sink#complete() complete} after its current work. The sources of {@code Sources} ignore the
     * notification and continue.
     */
    AT_DEADLINE
}
