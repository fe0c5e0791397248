package io.sluice.sse.hub.lane;

import io.sluice.sse.CloseReason;

/** Takes everything and does nothing with it. It has no field: what is weighed is the hub's. */
class SilentSink extends LaneSink {

    SilentSink(HubLane lane) {
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
