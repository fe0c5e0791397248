package io.sluice.sse.test;

import io.sluice.sse.Ledger;
import io.sluice.sse.hub.lane.Batch;
import io.sluice.sse.hub.lane.Frame;
import io.sluice.sse.hub.lane.Framer;
import io.sluice.sse.hub.lane.Lane;
import io.sluice.sse.hub.lane.Splice;
import java.util.ArrayList;
import java.util.List;

/**
 * A framer over plain arrays, for {@link RecordingSink} and for sinks of your own. It checks the rules of {@link
 * Framer}: it is called on its lane only, and every frame is released exactly once. Confined to its lane.
 */
public class MemoryFramer implements Framer {

    private final Lane lane;
    private final Ledger ledger;
    private final List<MemoryFrame> alive = new ArrayList<>();
    private final List<Integer> frameSizes = new ArrayList<>();
    private int framings;
    private int splices;

    /**
     * Creates a framer without frames.
     *
     * @param lane the lane that calls it; the framer checks this for a {@link ManualLane}
     * @param ledger where frames are counted that a sink holds, usually that of the hub
     */
    public MemoryFramer(Lane lane, Ledger ledger) {
        this.lane = lane;
        this.ledger = ledger;
    }

    @Override
    public Frame frame(Batch batch) {
        assertConfined();
        framings++;
        byte[][] blocks = new byte[batch.size()][];
        int bytes = 0;
        for (int i = 0; i < blocks.length; i++) {
            blocks[i] = batch.block(i);
            bytes += blocks[i].length;
        }
        if (bytes != batch.bytes()) {
            throw new AssertionError("a batch reports " + batch.bytes() + " bytes and has " + bytes);
        }
        return add(blocks);
    }

    @Override
    public Frame splice(Splice splice) {
        assertConfined();
        splices++;
        List<byte[]> blocks = new ArrayList<>();
        for (int run = 0; run < splice.size(); run++) {
            MemoryFrame source = (MemoryFrame) splice.frame(run);
            if (source.isDone()) {
                throw new AssertionError("spliced out of a frame that was released");
            }
            for (int i = splice.from(run); i < splice.to(run); i++) {
                blocks.add(source.block(i));
            }
        }
        return add(blocks.toArray(new byte[0][]));
    }

    private MemoryFrame add(byte[][] blocks) {
        MemoryFrame frame = new MemoryFrame(blocks, ledger);
        alive.add(frame);
        frameSizes.add(frame.payloadBytes());
        return frame;
    }

    @Override
    public void release(Frame frame) {
        assertConfined();
        ((MemoryFrame) frame).done();
    }

    @Override
    public void releaseSent() {
        alive.removeIf(frame -> frame.isDone() && !frame.isHeld());
    }

    @Override
    public int inFlight() {
        return (int) alive.stream().filter(MemoryFrame::isHeld).count();
    }

    @Override
    public long heldBytes() {
        return alive.stream()
                .filter(MemoryFrame::isHeld)
                .mapToLong(MemoryFrame::payloadBytes)
                .sum();
    }

    /** How many batches were framed so far. */
    public int framings() {
        return framings;
    }

    /** How many frames were spliced so far. */
    public int splices() {
        return splices;
    }

    /** Counts framings and splices from zero again. */
    public void resetCounts() {
        framings = 0;
        splices = 0;
    }

    /** The payload of each frame so far, in the order of their creation. */
    public List<Integer> frameSizes() {
        return frameSizes;
    }

    /** How many frames the lane or a sink still needs, as of the last sweep. */
    public int alive() {
        return alive.size();
    }

    /** Checks that neither the lane nor a sink needs a frame any more. */
    public void assertAllReleased() {
        alive.removeIf(frame -> frame.isDone() && !frame.isHeld());
        if (!alive.isEmpty()) {
            long notDone = alive.stream().filter(frame -> !frame.isDone()).count();
            throw new AssertionError(
                    alive.size() + " frames were never released, " + notDone + " of them not by the lane");
        }
    }

    private void assertConfined() {
        if (lane instanceof ManualLane manual) {
            manual.assertInLane();
        }
    }
}
