package io.sluice.sse.hub.lane;

import io.sluice.sse.CloseReason;
import java.util.ArrayDeque;
import java.util.function.Consumer;

/**
 * A client behind a pipe of bytes, which it takes as it likes: all at once at each flush, or so many, in the middle of a
 * block if need be. What it has not taken when the connection ends is lost.
 */
public final class PipeSink extends LaneSink {

    /** What stands at the two ends of the pipe. */
    public interface Ends {
        /** The hub writes a block. */
        void written(byte[] block);

        /** The client takes bytes, as they come: nothing is said of blocks here. */
        void taken(byte[] bytes, int offset, int length);

        void ended(CloseReason reason);
    }

    private final Ends ends;
    private final ArrayDeque<FakeFramer.FakeFrame> frames = new ArrayDeque<>();
    private final ArrayDeque<byte[]> blocks = new ArrayDeque<>();
    private int takenOfFirst;
    private int blocksOfFirstFrame;
    private long pendingBytes;
    private long progress;
    private long highWater = 64 * 1024;
    private boolean takesAll = true;
    private boolean ended;

    public PipeSink(HubLane lane, Ends ends) {
        super(lane, null);
        this.ends = ends;
    }

    /** From now on it takes nothing unasked. */
    public void stall(long newHighWater) {
        takesAll = false;
        changing(sink -> sink.highWater = newHighWater);
    }

    /** Takes all that is there, and whatever comes. */
    public void takeAll() {
        takesAll = true;
        take(Integer.MAX_VALUE);
    }

    /** Takes at most this many bytes. */
    public void take(int most) {
        changing(sink -> sink.takeBytes(most));
    }

    private void changing(Consumer<PipeSink> change) {
        boolean could = canWrite();
        change.accept(this);
        if (!could && canWrite()) {
            becameWritable();
        }
    }

    private void takeBytes(int most) {
        for (int left = most; left > 0 && !blocks.isEmpty(); ) {
            byte[] block = blocks.peek();
            int length = Math.min(left, block.length - takenOfFirst);
            ends.taken(block, takenOfFirst, length);
            takenOfFirst += length;
            left -= length;
            pendingBytes -= length;
            progress++;
            if (takenOfFirst == block.length) {
                blocks.poll();
                takenOfFirst = 0;
                if (--blocksOfFirstFrame == 0) {
                    frames.poll().letGo();
                    blocksOfFirstFrame = frames.isEmpty() ? 0 : frames.peek().blocks.length;
                }
            }
        }
    }

    public boolean isEnded() {
        return ended;
    }

    public boolean takes() {
        return canWrite();
    }

    // ---- LaneSink

    @Override
    protected boolean canWrite() {
        return !ended && pendingBytes < highWater;
    }

    @Override
    protected long room() {
        return canWrite() ? highWater - pendingBytes : 0;
    }

    @Override
    protected void write(Frame frame) {
        if (ended) {
            return;
        }
        FakeFramer.FakeFrame mine = (FakeFramer.FakeFrame) frame;
        mine.hold();
        if (frames.isEmpty()) {
            blocksOfFirstFrame = mine.blocks.length;
        }
        frames.add(mine);
        for (byte[] block : mine.blocks) {
            blocks.add(block);
            pendingBytes += block.length;
            ends.written(block);
        }
    }

    @Override
    protected void flush() {
        if (takesAll) {
            take(Integer.MAX_VALUE);
        }
    }

    @Override
    protected long pendingBytes() {
        return pendingBytes;
    }

    @Override
    protected long progress() {
        return progress;
    }

    @Override
    protected void end(CloseReason reason, boolean orderly) {
        ended = true;
        ends.ended(reason);
        frames.forEach(FakeFramer.FakeFrame::letGo);
        frames.clear();
        blocks.clear();
        pendingBytes = 0;
    }
}
