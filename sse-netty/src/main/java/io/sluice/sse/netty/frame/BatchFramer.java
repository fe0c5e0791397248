package io.sluice.sse.netty.frame;

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
 * Frames blocks: it copies them into one pooled direct buffer, with the framing of an HTTP/1.1 chunk. It is the only
 * class that retains or releases the buffers of streams.
 *
 * <p>Ownership: unless a frame goes directly to the socket, the write of each sink gets a retained duplicate
 * ({@link #forChunked}, {@link #forRaw}), which the channel releases when it has sent the bytes. The framer releases
 * its own reference when the lane has released the frame and no channel holds the buffer any more. Until then the frame
 * counts as in flight.
 *
 * <p>Confined to its event loop.
 */
public final class BatchFramer implements Framer {

    /** Up to this size, copying a splice is cheaper than the objects of a composite buffer. */
    private static final int COPIED_SPLICE_BYTES = 4096;
    /** With more runs, a composite would use up too many entries of a gathering write. */
    private static final int COMPOSITE_RUNS = 16;
    /** The maximum of frames checked in one call, because many stalled clients hold many frames for long. */
    private static final int MAX_CHECKED = 64;

    private static final byte[] HEX = {'0', '1', '2', '3', '4', '5', '6', '7', '8', '9', 'a', 'b', 'c', 'd', 'e', 'f'};
    private static final int MAX_CHUNK_HEAD = 8 + 2;
    private static final int CRLF = '\r' << 8 | '\n';

    /** Recycles its duplicates. The adaptive allocator, Netty's default, allocates 40 bytes for each. */
    private final ByteBufAllocator allocator = PooledByteBufAllocator.DEFAULT;

    private final Ledger ledger;

    /** The frames that the lane has released while a channel still holds them. */
    private final List<NettyFrame> inFlight = new ArrayList<>();

    private long heldBytes;
    private int checkFrom;
    private final ArrayDeque<NettyFrame> spare = new ArrayDeque<>();
    private final GzipFrames gzip;

    public BatchFramer(Ledger ledger) {
        this.ledger = ledger;
        this.gzip = new GzipFrames(this, ledger);
    }

    /** Makes the compressed forms of this framer's frames. */
    public GzipFrames gzip() {
        return gzip;
    }

    @Override
    public Frame frame(Batch batch) {
        int bytes = batch.bytes();
        ByteBuf buffer = allocator.directBuffer(MAX_CHUNK_HEAD + bytes + 2);
        NettyFrame frame = obtainFrame();
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

    /** Frames bytes that were made from another frame. The caller releases the frame. */
    public NettyFrame frame(byte[] bytes, int length) {
        ByteBuf buffer = allocator.directBuffer(MAX_CHUNK_HEAD + length + 2);
        NettyFrame frame = obtainFrame();
        frame.set(buffer, writeChunkHead(buffer, length), length);
        buffer.writeBytes(bytes, 0, length).writeShort(CRLF);
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
        ByteBuf buffer = allocator.directBuffer(MAX_CHUNK_HEAD + bytes + 2);
        NettyFrame frame = obtainFrame();
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
        ByteBuf head = allocator.directBuffer(MAX_CHUNK_HEAD);
        int start = writeChunkHead(head, bytes);
        buffer.addComponent(true, head);
        for (int run = 0; run < splice.size(); run++) {
            NettyFrame from = (NettyFrame) splice.frame(run);
            int begin = from.blockStart(splice.from(run));
            buffer.addComponent(true, from.buffer().retainedSlice(begin, from.blockStart(splice.to(run)) - begin));
        }
        buffer.addComponent(true, allocator.directBuffer(2).writeShort(CRLF));
        NettyFrame frame = obtainFrame();
        frame.set(buffer, start, bytes);
        return frame;
    }

    @Override
    public void release(Frame released) {
        NettyFrame frame = (NettyFrame) released;
        GzipFrame compressed = frame.gzip();
        try {
            if (compressed != null) {
                gzip.release(frame, compressed);
            }
        } finally {
            releaseOne(frame);
        }
    }

    private void releaseOne(NettyFrame frame) {
        if (!tryRelease(frame)) {
            inFlight.add(frame);
            heldBytes += frame.payloadBytes();
            ledger.add(Ledger.Kind.BUFFERS, 1);
        }
    }

    @Override
    public void releaseSent() {
        for (int i = Math.min(MAX_CHECKED, inFlight.size()); i > 0; i--) {
            if (checkFrom >= inFlight.size()) {
                checkFrom = 0;
            }
            NettyFrame frame = inFlight.get(checkFrom);
            if (tryRelease(frame)) {
                heldBytes -= frame.payloadBytes();
                int last = inFlight.size() - 1;
                inFlight.set(checkFrom, inFlight.get(last));
                inFlight.remove(last);
                ledger.add(Ledger.Kind.BUFFERS, -1);
            } else {
                checkFrom++;
            }
        }
    }

    /** Releases all frames that no channel holds. Repeats, because the release of a composite frees its components. */
    public void releaseAllSent() {
        int before;
        do {
            before = inFlight.size();
            for (int left = before; left > 0; left -= MAX_CHECKED) {
                releaseSent();
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

    /** The whole buffer, for a client with chunked encoding. The caller owns the duplicate. */
    public static ByteBuf forChunked(Frame frame) {
        return ((NettyFrame) frame).shared().retainedDuplicate();
    }

    /** The blocks only, for a client without chunked encoding. The caller owns the slice. */
    public static ByteBuf forRaw(Frame frame) {
        return rest((NettyFrame) frame, false, frame.payloadBytes());
    }

    /** The last {@code bytes} of {@link #forChunked} or {@link #forRaw}. The caller owns the slice. */
    public static ByteBuf rest(NettyFrame frame, boolean chunked, int bytes) {
        return frame.shared().retainedSlice(frame.start(chunked) + frame.bytes(chunked) - bytes, bytes);
    }

    private boolean tryRelease(NettyFrame frame) {
        ByteBuf buffer = frame.buffer();
        if (buffer.refCnt() > 1) {
            return false; // a channel has not sent it yet
        }
        buffer.release();
        frame.clear();
        spare.push(frame);
        return true;
    }

    private NettyFrame obtainFrame() {
        NettyFrame frame = spare.poll();
        return frame == null ? new NettyFrame() : frame;
    }

    /** @return the index of the payload */
    private static int writeChunkHead(ByteBuf buffer, int bytes) {
        int digits = Math.max(1, (35 - Integer.numberOfLeadingZeros(bytes)) >>> 2);
        for (int shift = (digits - 1) * 4; shift >= 0; shift -= 4) {
            buffer.writeByte(HEX[bytes >>> shift & 15]);
        }
        buffer.writeShort(CRLF);
        return buffer.writerIndex();
    }
}
