package io.sluice.sse.netty;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import io.netty.buffer.CompositeByteBuf;
import io.netty.buffer.PooledByteBufAllocator;
import io.sluice.sse.Ledger;
import io.sluice.sse.hub.lane.Batch;
import io.sluice.sse.hub.lane.Frame;
import io.sluice.sse.hub.lane.Framer;
import io.sluice.sse.hub.lane.Splice;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;

/**
 * Blocks → one pooled direct buffer, HTTP/1.1 chunk framing included. The only class that retains or releases the buffers
 * of a stream: unless its bytes go to the socket at once, each sink's write gets a duplicate with a hold of its own
 * ({@link #forChunked}, {@link #forRaw}), which the channel gives back when it has sent it; the framer gives back its own
 * when the lane is done and no channel holds the buffer any more, so what is in flight can be counted.
 *
 * <p>Confined to its event loop.
 */
final class BatchFramer implements Framer {

    /** Below this, copying a splice costs less than the objects of a composite buffer. */
    private static final int COPIED_SPLICE_BYTES = 4096;
    /** Above this, a composite would take too many parts of a gathering write. */
    private static final int COMPOSITE_RUNS = 16;
    /** How many frames are looked at in one sweep: with many stalled clients, many are held for long. */
    private static final int SWEEP = 64;

    private static final byte[] HEX = {'0', '1', '2', '3', '4', '5', '6', '7', '8', '9', 'a', 'b', 'c', 'd', 'e', 'f'};
    private static final int LONGEST_CHUNK_HEAD = 8 + 2;
    private static final int CRLF = '\r' << 8 | '\n';

    /** Its duplicates come from a pool; those of the adaptive allocator, Netty's default, are 40 bytes each. */
    private final ByteBufAllocator allocator = PooledByteBufAllocator.DEFAULT;

    private final Ledger ledger;

    /** Frames that the lane is done with and some channel still holds. */
    private final List<NettyFrame> inFlight = new ArrayList<>();

    private long heldBytes;
    private int sweepFrom;
    private final ArrayDeque<NettyFrame> spare = new ArrayDeque<>();

    BatchFramer(Ledger ledger) {
        this.ledger = ledger;
    }

    @Override
    public Frame frame(Batch batch) {
        int bytes = batch.bytes();
        ByteBuf buffer = allocator.directBuffer(LONGEST_CHUNK_HEAD + bytes + 2);
        NettyFrame frame = take();
        frame.set(buffer, writeChunkHead(buffer, bytes), bytes);
        int end = 0;
        for (int i = 0; i < batch.size(); i++) {
            byte[] block = batch.block(i);
            buffer.writeBytes(block);
            end += block.length;
            frame.addBlockEnd(end);
        }
        buffer.writeShort(CRLF);
        return frame;
    }

    @Override
    public Frame splice(Splice splice) {
        int bytes = 0;
        for (int run = 0; run < splice.size(); run++) {
            NettyFrame from = (NettyFrame) splice.frame(run);
            bytes += from.blockStart(splice.to(run)) - from.blockStart(splice.from(run));
        }
        return bytes <= COPIED_SPLICE_BYTES || splice.size() > COMPOSITE_RUNS
                ? copied(splice, bytes)
                : composed(splice, bytes);
    }

    private NettyFrame copied(Splice splice, int bytes) {
        ByteBuf buffer = allocator.directBuffer(LONGEST_CHUNK_HEAD + bytes + 2);
        NettyFrame frame = take();
        frame.set(buffer, writeChunkHead(buffer, bytes), bytes);
        for (int run = 0; run < splice.size(); run++) {
            NettyFrame from = (NettyFrame) splice.frame(run);
            int start = from.blockStart(splice.from(run));
            buffer.writeBytes(from.buffer(), start, from.blockStart(splice.to(run)) - start);
        }
        buffer.writeShort(CRLF);
        return frame;
    }

    private NettyFrame composed(Splice splice, int bytes) {
        CompositeByteBuf buffer = allocator.compositeDirectBuffer(splice.size() + 2);
        ByteBuf head = allocator.directBuffer(LONGEST_CHUNK_HEAD);
        int start = writeChunkHead(head, bytes);
        buffer.addComponent(true, head);
        for (int run = 0; run < splice.size(); run++) {
            NettyFrame from = (NettyFrame) splice.frame(run);
            int begin = from.blockStart(splice.from(run));
            buffer.addComponent(true, from.buffer().retainedSlice(begin, from.blockStart(splice.to(run)) - begin));
        }
        buffer.addComponent(true, allocator.directBuffer(2).writeShort(CRLF));
        NettyFrame frame = take();
        frame.set(buffer, start, bytes);
        return frame;
    }

    @Override
    public void done(Frame done) {
        NettyFrame frame = (NettyFrame) done;
        if (!letGo(frame)) {
            inFlight.add(frame);
            heldBytes += frame.payloadBytes();
            ledger.add(Ledger.Kind.BUFFERS, 1);
        }
    }

    @Override
    public void sweep() {
        for (int i = Math.min(SWEEP, inFlight.size()); i > 0; i--) {
            if (sweepFrom >= inFlight.size()) {
                sweepFrom = 0;
            }
            NettyFrame frame = inFlight.get(sweepFrom);
            if (letGo(frame)) {
                heldBytes -= frame.payloadBytes();
                int last = inFlight.size() - 1;
                inFlight.set(sweepFrom, inFlight.get(last));
                inFlight.remove(last);
                ledger.add(Ledger.Kind.BUFFERS, -1);
            } else {
                sweepFrom++;
            }
        }
    }

    /** Lets everything go that can be, however many. A composite that goes frees the frames that it was put together from. */
    void sweepAll() {
        int before;
        do {
            before = inFlight.size();
            for (int left = before; left > 0; left -= SWEEP) {
                sweep();
            }
        } while (inFlight.size() < before);
    }

    @Override
    public int inFlight() {
        return inFlight.size();
    }

    @Override
    public long heldBytes() {
        return heldBytes;
    }

    /** The whole buffer, for a channel that speaks HTTP/1.1. */
    static ByteBuf forChunked(Frame frame) {
        return ((NettyFrame) frame).shared().retainedDuplicate();
    }

    /** The blocks alone, for a channel that frames them by itself or not at all. */
    static ByteBuf forRaw(Frame frame) {
        return rest((NettyFrame) frame, false, frame.payloadBytes());
    }

    /** The last bytes of what {@link #forChunked} or {@link #forRaw} give. */
    static ByteBuf rest(NettyFrame frame, boolean chunked, int bytes) {
        return frame.shared().retainedSlice(frame.start(chunked) + frame.bytes(chunked) - bytes, bytes);
    }

    private boolean letGo(NettyFrame frame) {
        ByteBuf buffer = frame.buffer();
        if (buffer.refCnt() > 1) {
            return false; // some channel has not sent it yet
        }
        buffer.release();
        frame.clear();
        spare.push(frame);
        return true;
    }

    private NettyFrame take() {
        NettyFrame frame = spare.poll();
        return frame == null ? new NettyFrame() : frame;
    }

    /** @return where the payload begins */
    private static int writeChunkHead(ByteBuf buffer, int bytes) {
        int digits = Math.max(1, (35 - Integer.numberOfLeadingZeros(bytes)) >>> 2);
        for (int shift = (digits - 1) * 4; shift >= 0; shift -= 4) {
            buffer.writeByte(HEX[bytes >>> shift & 15]);
        }
        buffer.writeShort(CRLF);
        return buffer.writerIndex();
    }
}
