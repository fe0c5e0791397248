package io.sluice.sse.test;

import io.sluice.sse.hub.lane.Batch;
import io.sluice.sse.hub.lane.Frame;
import io.sluice.sse.hub.lane.Framer;
import io.sluice.sse.hub.lane.Splice;

/**
 * A framer for benchmarks and stress tests, together with {@link MemorySink}. It copies each batch once, as a framer
 * over Netty does, and retains nothing: its frames know their size only. Confined to its lane.
 */
public final class DiscardingFramer implements Framer {

    private static final class Sized extends Frame {
        private final int bytes;

        Sized(int bytes) {
            this.bytes = bytes;
        }

        @Override
        public int payloadBytes() {
            return bytes;
        }
    }

    private byte[] copy = {};

    /** Creates a framer. */
    public DiscardingFramer() {}

    @Override
    public Frame frame(Batch batch) {
        if (batch.bytes() > copy.length) {
            copy = new byte[batch.bytes()];
        }
        int at = 0;
        for (int i = 0; i < batch.size(); i++) {
            byte[] block = batch.block(i);
            System.arraycopy(block, 0, copy, at, block.length);
            at += block.length;
        }
        return new Sized(at);
    }

    /** The spliced frames were copied before and are not retained. */
    @Override
    public Frame splice(Splice splice) {
        return new Sized(0);
    }

    @Override
    public void release(Frame frame) {}

    @Override
    public void releaseSent() {}

    @Override
    public int inFlight() {
        return 0;
    }

    @Override
    public long heldBytes() {
        return 0;
    }
}
