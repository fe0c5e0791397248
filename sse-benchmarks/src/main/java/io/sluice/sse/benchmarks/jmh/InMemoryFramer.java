package io.sluice.sse.benchmarks.jmh;

import io.sluice.sse.hub.Batch;
import io.sluice.sse.hub.Frame;
import io.sluice.sse.hub.Framer;
import io.sluice.sse.hub.Splice;

/** Frames that hold no bytes, so that only the lane's own work is measured. */
final class InMemoryFramer implements Framer {

    private static final class Empty extends Frame {
        private int bytes;

        @Override
        public int payloadBytes() {
            return bytes;
        }
    }

    private final Empty[] frames = new Empty[64];
    private int next;

    private Frame take(int bytes) {
        int at = next++ % frames.length;
        Empty frame = frames[at];
        if (frame == null) {
            frame = new Empty();
            frames[at] = frame;
        }
        frame.bytes = bytes;
        return frame;
    }

    @Override
    public Frame frame(Batch batch) {
        return take(batch.bytes());
    }

    @Override
    public Frame splice(Splice splice) {
        return take(splice.size());
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
