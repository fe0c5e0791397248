package io.sluice.sse.hub.lane;

import io.sluice.sse.Ledger;
import java.util.ArrayList;
import java.util.List;

/**
 * A framer over plain arrays that counts what it is asked for, and every hold of every frame: a frame that is let go
 * twice fails at once, one that never is fails in {@link #assertAllLetGo}.
 */
public final class FakeFramer implements Framer {

    final class FakeFrame extends Frame {
        final byte[][] blocks;
        private int holds;
        private boolean done;

        FakeFrame(byte[][] blocks) {
            this.blocks = blocks;
        }

        void hold() {
            if (done && holds == 0) {
                throw new AssertionError("a frame is written after it was let go");
            }
            if (holds++ == 0) {
                ledger.add(Ledger.Kind.BUFFERS, 1);
            }
        }

        void letGo() {
            if (--holds < 0) {
                throw new AssertionError("a frame is let go twice");
            }
            if (holds == 0) {
                ledger.add(Ledger.Kind.BUFFERS, -1);
            }
        }

        @Override
        public int payloadBytes() {
            int bytes = 0;
            for (byte[] block : blocks) {
                bytes += block.length;
            }
            return bytes;
        }
    }

    private final Lane lane;
    private final Ledger ledger;
    private final List<FakeFrame> alive = new ArrayList<>();
    private byte @org.jspecify.annotations.Nullable [] failDoneOf;
    public int framings;
    public int splices;
    int sweeps;
    /** The next framing fails, as when no memory is left. */
    boolean failNext;
    /** The next sweep fails, as when no memory is left. */
    boolean failNextSweep;
    /** The blocks that were framed out of arrays of the log, in order. */
    final List<byte[]> framedBlocks = new ArrayList<>();

    public final List<Integer> frameSizes = new ArrayList<>();

    public FakeFramer(Lane lane, Ledger ledger) {
        this.lane = lane;
        this.ledger = ledger;
    }

    @Override
    public Frame frame(Batch batch) {
        assertConfined();
        if (failNext) {
            failNext = false;
            throw new IllegalStateException("no memory for a frame (a test wants it so)");
        }
        framings++;
        byte[][] blocks = new byte[batch.size()][];
        int bytes = 0;
        for (int i = 0; i < blocks.length; i++) {
            blocks[i] = batch.block(i);
            bytes += blocks[i].length;
            framedBlocks.add(blocks[i]);
        }
        if (bytes != batch.bytes()) {
            throw new AssertionError("a batch says " + batch.bytes() + " and has " + bytes);
        }
        return add(blocks);
    }

    @Override
    public Frame splice(Splice splice) {
        assertConfined();
        splices++;
        List<byte[]> blocks = new ArrayList<>();
        for (int run = 0; run < splice.size(); run++) {
            FakeFrame source = (FakeFrame) splice.frame(run);
            if (source.done) {
                throw new AssertionError("spliced out of a frame that was let go");
            }
            for (int i = splice.from(run); i < splice.to(run); i++) {
                blocks.add(source.blocks[i]);
            }
        }
        return add(blocks.toArray(new byte[0][]));
    }

    private FakeFrame add(byte[][] blocks) {
        FakeFrame frame = new FakeFrame(blocks);
        alive.add(frame);
        frameSizes.add(frame.payloadBytes());
        return frame;
    }

    @Override
    public void release(Frame frame) {
        assertConfined();
        FakeFrame mine = (FakeFrame) frame;
        if (mine.done) {
            throw new AssertionError("a frame is done twice");
        }
        mine.done = true;
        if (failDoneOf != null && java.util.Arrays.equals(mine.blocks[0], failDoneOf)) {
            failDoneOf = null;
            throw new InternalError("a test wants it so");
        }
    }

    /** The next time that a frame which begins with this block is let go, that fails afterwards. */
    void failDoneOf(String block) {
        failDoneOf = block.getBytes(java.nio.charset.StandardCharsets.UTF_8);
    }

    /** Whether {@link #failDoneOf} is still to come. */
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
        alive.removeIf(frame -> frame.done && frame.holds == 0);
    }

    @Override
    public int inFlight() {
        return (int) alive.stream().filter(frame -> frame.holds > 0).count();
    }

    @Override
    public long heldBytes() {
        return alive.stream()
                .filter(frame -> frame.holds > 0)
                .mapToLong(FakeFrame::payloadBytes)
                .sum();
    }

    public int alive() {
        return alive.size();
    }

    public void assertAllLetGo() {
        alive.removeIf(frame -> frame.done && frame.holds == 0);
        if (!alive.isEmpty()) {
            throw new AssertionError(alive.size() + " frames were never let go, "
                    + alive.stream().filter(frame -> !frame.done).count() + " of them by the lane");
        }
    }

    private void assertConfined() {
        if (lane instanceof ManualLane manual) {
            manual.assertInLane();
        }
    }
}
