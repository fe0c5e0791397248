package io.sluice.sse.benchmarks.soak;

import io.sluice.sse.hub.Batch;
import io.sluice.sse.hub.Frame;
import io.sluice.sse.hub.Framer;
import io.sluice.sse.hub.Splice;

/** Copies each batch once, as a framer over Netty does, and keeps nothing. */
final class MemoryFramer implements Framer {

    static final class MemoryFrame extends Frame {
        private final int blocks;
        private final int bytes;

        MemoryFrame(int blocks, int bytes) {
            this.blocks = blocks;
            this.bytes = bytes;
        }

        int blocks() {
            return blocks;
        }

        @Override
        public int payloadBytes() {
            return bytes;
        }
    }

    private byte[] copy = new byte[64 * 1024];

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
        return new MemoryFrame(batch.size(), at);
    }

    @Override
    public Frame splice(Splice splice) {
        throw new UnsupportedOperationException("each sink here listens to one topic");
    }

    @Override
    public void done(Frame frame) {}

    @Override
    public void sweep() {}

    @Override
    public int inFlight() {
        return 0;
    }

    @Override
    public long heldBytes() {
        return 0;
    }
}
