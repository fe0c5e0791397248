package io.sluice.sse.test;

import io.sluice.sse.CloseReason;
import io.sluice.sse.hub.lane.Frame;
import io.sluice.sse.hub.lane.HubLane;
import io.sluice.sse.hub.lane.LaneSink;

/**
 * A client without a socket that accepts everything at once and ignores it. It has no fields, so measurements of memory
 * and time contain only the hub. {@link RecordingSink} is the sink that keeps what it receives.
 */
public class MemorySink extends LaneSink {

    /**
     * Creates a sink that is not open yet.
     *
     * @param lane the lane of the client
     */
    public MemorySink(HubLane lane) {
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
