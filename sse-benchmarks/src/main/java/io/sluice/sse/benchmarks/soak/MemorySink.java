package io.sluice.sse.benchmarks.soak;

import io.sluice.sse.CloseReason;
import io.sluice.sse.hub.Frame;
import io.sluice.sse.hub.HubLane;
import io.sluice.sse.hub.LaneSink;

/** A client without a socket, which takes everything at once. It has no field: what is weighed is the hub's. */
final class MemorySink extends LaneSink {

    MemorySink(HubLane lane) {
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
    protected void write(Frame frame) {
        ((HandLane) hubLane().lane()).delivered(((MemoryFramer.MemoryFrame) frame).blocks());
    }

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
