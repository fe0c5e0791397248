package io.sluice.sse.hub.lane;

import io.sluice.sse.Ledger;
import io.sluice.sse.test.MemoryFrame;
import io.sluice.sse.test.MemoryFramer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** The framer of the test kit, with faults and with a list of the framed arrays of the log. */
public final class FakeFramer extends MemoryFramer {

    private byte @Nullable [] failDoneOf;
    int sweeps;
    /** The next framing fails, as if no memory were left. */
    boolean failNext;
    /** The next sweep fails, as if no memory were left. */
    boolean failNextSweep;
    /** The blocks that were framed from arrays of the log, in order. */
    final List<byte[]> framedBlocks = new ArrayList<>();

    public FakeFramer(Lane lane, Ledger ledger) {
        super(lane, ledger);
    }

    @Override
    public Frame frame(Batch batch) {
        if (failNext) {
            failNext = false;
            throw new IllegalStateException("no memory for a frame (thrown by the test)");
        }
        Frame frame = super.frame(batch);
        for (int i = 0; i < batch.size(); i++) {
            framedBlocks.add(batch.block(i));
        }
        return frame;
    }

    @Override
    public void release(Frame frame) {
        super.release(frame);
        if (failDoneOf != null && Arrays.equals(((MemoryFrame) frame).block(0), failDoneOf)) {
            failDoneOf = null;
            throw new InternalError("thrown by the test");
        }
    }

    /** The next release of a frame that begins with this block throws afterwards. */
    void failDoneOf(String block) {
        failDoneOf = block.getBytes(StandardCharsets.UTF_8);
    }

    /** Whether the failure of {@link #failDoneOf} has not happened yet. */
    boolean failsDone() {
        return failDoneOf != null;
    }

    @Override
    public void releaseSent() {
        sweeps++;
        if (failNextSweep) {
            failNextSweep = false;
            throw new InternalError("thrown by the test");
        }
        super.releaseSent();
    }
}
