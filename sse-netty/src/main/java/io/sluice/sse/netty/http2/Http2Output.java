package io.sluice.sse.netty.http2;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import io.netty.buffer.PooledByteBufAllocator;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelOutboundHandlerAdapter;
import io.netty.channel.ChannelPromise;
import io.sluice.sse.netty.stream.Flushes;
import org.jspecify.annotations.Nullable;

/**
 * The outbound side of an HTTP/2 connection, between the socket and the codec. It collects the DATA frames of all
 * streams of the connection in one buffer, so that a pass costs one write, one flush and few TLS records per connection
 * and not per stream.
 *
 * <p>These frames bypass the codec. Every write of the codec passes this handler, which writes the collected frames
 * first. So frames leave in the order in which they were written, whichever way they take. The caller has checked and
 * charged the windows of flow control.
 *
 * <p>Confined to the event loop.
 */
public final class Http2Output extends ChannelOutboundHandlerAdapter implements Runnable {

    /**
     * At this size the batch is sent before the pass ends. It is below the high-water mark of the channel, so that a
     * connection whose socket accepts everything stays writable.
     */
    public static final int MAX_BATCH_BYTES = 32 * 1024;

    private static final int FRAME_HEADER_BYTES = 9;
    private static final int SMALLEST_BUFFER = 256;

    /** Copies between its buffers by address. Those of the adaptive allocator create two NIO buffers for each copy. */
    private final ByteBufAllocator allocator = PooledByteBufAllocator.DEFAULT;

    private @Nullable ChannelHandlerContext context;
    private @Nullable ByteBuf batch;
    /** The size of the last batch. The next one is probably similar. */
    private int usualBytes = SMALLEST_BUFFER;

    private boolean flushPosted;

    @Override
    public void handlerAdded(ChannelHandlerContext ctx) {
        context = ctx;
    }

    @Override
    public void handlerRemoved(ChannelHandlerContext ctx) {
        context = null;
        discardBatch();
    }

    /**
     * Adds DATA frames of a stream to the batch. The caller flushes.
     *
     * @param maxFrameBytes the largest payload of a frame that the peer accepts
     */
    void append(int streamId, ByteBuf from, int start, int length, int maxFrameBytes) {
        ChannelHandlerContext ctx = context;
        if (ctx == null) {
            return; // the connection has closed
        }
        assert ctx.executor().inEventLoop();
        int end = start + length;
        for (int at = start; at < end; at += maxFrameBytes) {
            int bytes = Math.min(maxFrameBytes, end - at);
            ByteBuf to = batch(FRAME_HEADER_BYTES + bytes);
            to.writeMedium(bytes).writeShort(0).writeInt(streamId).writeBytes(from, at, bytes); // type 0, no flags
            if (to.readableBytes() >= MAX_BATCH_BYTES) {
                flushNow();
            }
        }
    }

    private ByteBuf batch(int more) {
        ByteBuf current = batch;
        if (current == null) {
            current = allocator.directBuffer(Math.max(usualBytes, more));
            batch = current;
        }
        return current;
    }

    /** The bytes that are collected. Any thread; another thread may see an old value. */
    int batchedBytes() {
        ByteBuf current = batch;
        return current == null ? 0 : current.writerIndex();
    }

    /** Flushes after the task that runs now, together with what other streams of the connection still write. */
    void flushSoon(Flushes flushes) {
        if (!flushPosted) {
            flushPosted = true;
            flushes.add(this);
        }
    }

    /** Called by {@link Flushes}. */
    @Override
    public void run() {
        flushNow();
    }

    void flushNow() {
        flushPosted = false;
        ChannelHandlerContext ctx = context;
        if (ctx != null) {
            flush(ctx);
        }
    }

    private void writeBatch(ChannelHandlerContext ctx) {
        ByteBuf current = batch;
        if (current != null) {
            batch = null;
            usualBytes = Math.max(SMALLEST_BUFFER, current.readableBytes());
            // If the write fails, the channel reports the failure and closes.
            ctx.write(current, ctx.voidPromise());
        }
    }

    private void discardBatch() {
        ByteBuf current = batch;
        if (current != null) {
            batch = null;
            current.release();
        }
    }

    @Override
    public void write(ChannelHandlerContext ctx, Object message, ChannelPromise promise) {
        writeBatch(ctx);
        ctx.write(message, promise);
    }

    @Override
    public void flush(ChannelHandlerContext ctx) {
        writeBatch(ctx);
        ctx.flush();
    }
}
