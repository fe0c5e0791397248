package io.sluice.sse.test;

import java.util.ArrayDeque;

/** The frames that a client of a {@link RecordingSink} has not read yet. Changed on its lane only. */
final class PendingFrames {

    /** Is notified of what the client reads. */
    interface Reader {
        /** The client begins to read a frame. */
        void onFrame(MemoryFrame frame);

        /** The client reads bytes of a block. Called last, since it may end the connection. */
        void onBytes(byte[] block, int offset, int length);
    }

    private final ArrayDeque<MemoryFrame> frames = new ArrayDeque<>();
    private int blockIndex;
    private int blockOffset;
    private long progress;
    /** Read by any thread. */
    private volatile long bytes;

    long bytes() {
        return bytes;
    }

    /** A mark that changes whenever the client has read something. */
    long progress() {
        return progress;
    }

    void add(MemoryFrame frame) {
        frame.hold();
        frames.add(frame);
        addBytes(frame.payloadBytes());
    }

    private void addBytes(long added) {
        long before = bytes;
        bytes = before + added;
    }

    void read(int maxFrames, long maxBytes, Reader reader) {
        int framesLeft = maxFrames;
        long bytesLeft = maxBytes;
        while (framesLeft > 0 && bytesLeft > 0 && !frames.isEmpty()) {
            MemoryFrame frame = frames.element();
            if (blockIndex == 0 && blockOffset == 0) {
                reader.onFrame(frame);
            }
            byte[] block = frame.block(blockIndex);
            int offset = blockOffset;
            int length = (int) Math.min(bytesLeft, block.length - offset);
            bytesLeft -= length;
            addBytes(-length);
            progress++;
            blockOffset += length;
            if (blockOffset == block.length) {
                blockOffset = 0;
                blockIndex++;
            }
            if (blockIndex == frame.size()) {
                blockIndex = 0;
                framesLeft--;
                frames.remove();
                frame.release();
            }
            reader.onBytes(block, offset, length);
        }
    }

    /** The connection has ended: the client will read nothing more. */
    void releaseAll() {
        blockIndex = 0;
        blockOffset = 0;
        for (MemoryFrame frame = frames.poll(); frame != null; frame = frames.poll()) {
            frame.release();
        }
        bytes = 0;
    }
}
