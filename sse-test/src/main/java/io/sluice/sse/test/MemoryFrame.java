package io.sluice.sse.test;

import io.sluice.sse.Ledger;
import io.sluice.sse.hub.lane.Frame;

/**
 * A frame over plain arrays. It counts its holds: a frame that is released twice, or that is written after its last
 * release, fails at once. Confined to its lane.
 */
public final class MemoryFrame extends Frame {

    private final byte[][] blocks;
    private final Ledger ledger;
    private int holds;
    private boolean done;

    MemoryFrame(byte[][] blocks, Ledger ledger) {
        this.blocks = blocks;
        this.ledger = ledger;
    }

    /** How many blocks it has. */
    public int size() {
        return blocks.length;
    }

    /** The wire bytes of a block; not to be changed. */
    public byte[] block(int index) {
        return blocks[index];
    }

    @Override
    public int payloadBytes() {
        int bytes = 0;
        for (byte[] block : blocks) {
            bytes += block.length;
        }
        return bytes;
    }

    /** A sink has written it and holds it until it calls {@link #release}. */
    public void hold() {
        if (done && holds == 0) {
            throw new AssertionError("a frame is written after it was released");
        }
        if (holds++ == 0) {
            ledger.add(Ledger.Kind.BUFFERS, 1);
        }
    }

    /** A sink no longer needs it. */
    public void release() {
        if (--holds < 0) {
            throw new AssertionError("a frame is released twice");
        }
        if (holds == 0) {
            ledger.add(Ledger.Kind.BUFFERS, -1);
        }
    }

    void done() {
        if (done) {
            throw new AssertionError("the lane is done with a frame twice");
        }
        done = true;
    }

    boolean isDone() {
        return done;
    }

    boolean isHeld() {
        return holds > 0;
    }
}
