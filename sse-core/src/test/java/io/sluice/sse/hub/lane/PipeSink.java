package io.sluice.sse.hub.lane;

import io.sluice.sse.CloseReason;
import io.sluice.sse.test.MemoryFrame;
import io.sluice.sse.test.RecordingSink;

/** The recording sink of the test kit, which reports the bytes at both ends of its connection. */
public final class PipeSink extends RecordingSink {

    /** Is notified at the two ends of the connection. */
    public interface Ends {
        /** The hub writes a block. */
        void written(byte[] block);

        /** The client reads bytes, which may be any part of a block. */
        void taken(byte[] bytes, int offset, int length);

        void ended(CloseReason reason);
    }

    private final Ends ends;

    public PipeSink(HubLane lane, Ends ends) {
        super(lane, null);
        this.ends = ends;
    }

    @Override
    protected void onBytes(byte[] bytes, int offset, int length) {
        ends.taken(bytes, offset, length);
    }

    @Override
    protected void write(Frame frame) {
        boolean open = endReason() == null;
        super.write(frame);
        if (open) {
            MemoryFrame written = (MemoryFrame) frame;
            for (int i = 0; i < written.size(); i++) {
                ends.written(written.block(i));
            }
        }
    }

    @Override
    protected void end(CloseReason reason, boolean orderly) {
        super.end(reason, orderly);
        ends.ended(reason);
    }
}
