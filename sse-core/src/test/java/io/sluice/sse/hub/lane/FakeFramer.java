package io.sluice.sse.hub.lane;

import io.sluice.sse.Ledger;
import io.sluice.sse.test.MemoryFrame;
import io.sluice.sse.test.MemoryFramer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** The framer of the test kit, with faults, and with a list of the arrays of the log that were framed. */
public final class FakeFramer extends MemoryFramer {

    private byte @Nullable [] failDoneOf;
    int sweeps;
    /** The next framing fails, as when no memory is left. */
    boolean failNext;
    /** The next sweep fails, as when no memory is left. */
    boolean failNextSweep;
    /** The blocks that were framed out of arrays of the log, in order. */
    final List<byte[]> framedBlocks = new ArrayList<>();

    public FakeFramer(Lane lane, Ledger ledger) {
        super(lane, ledger);
    }

    @Override
    public Frame frame(Batch batch) {
        if (failNext) {
            failNext = false;
            throw new IllegalStateException("no memory for a frame (a test wants it so)");
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
            throw new InternalError("a test wants it so");
        }
    }

    /** The next time that a frame which begins with this block is released, that fails afterwards. */
    void failDoneOf(String block) {
        failDoneOf = block.getBytes(StandardCharsets.UTF_8);
    }

    /** Whether the failure of {@link #failDoneOf} is still to come. */
    boolean failsDone() {
        return failDoneOf != null;
    }

    @Override
    public void releaseSent() {
        sweeps++;
        if (failNextSweep) {
            failNextSweep = false;
            throw new InternalError("a test wants it so");
        }
        super.releaseSent();
    }
}
