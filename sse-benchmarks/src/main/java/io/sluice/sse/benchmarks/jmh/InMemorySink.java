package io.sluice.sse.benchmarks.jmh;

import io.sluice.sse.CloseReason;
import io.sluice.sse.hub.lane.Frame;
import io.sluice.sse.hub.lane.HubLane;
import io.sluice.sse.hub.lane.LaneSink;

/**
 * A client without a socket that accepts everything at once and ignores it. It has no fields, so measurements of memory
 * contain only objects of the hub.
 */
public class InMemorySink extends LaneSink {

    /** @param lane the lane of the client */
    public InMemorySink(HubLane lane) {
        super(lane, null);
    }

    @Override
    protected boolean canWrite() {
        return true;
    }

    @Override
    protected long room() {
        return Long.MAX_VALUE;
    }

    @Override
    protected void write(Frame frame) {}

    @Override
    protected void flush() {}

    @Override
    protected long pendingBytes() {
        return 0;
    }

    @Override
    protected long progress() {
        return 0;
    }

    @Override
    protected void end(CloseReason reason, boolean orderly) {}
}
