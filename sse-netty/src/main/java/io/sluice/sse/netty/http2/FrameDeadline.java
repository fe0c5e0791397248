package io.sluice.sse.netty.http2;

import io.netty.buffer.ByteBuf;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.handler.codec.http2.Http2CodecUtil;
import io.netty.handler.codec.http2.Http2FrameTypes;
import io.sluice.sse.RejectionCounts;
import io.sluice.sse.netty.connection.ClientAddress;
import io.sluice.sse.netty.connection.RejectionLog;
import io.sluice.sse.netty.http.Deadlines;
import org.jspecify.annotations.Nullable;

/**
 * Closes an HTTP/2 connection whose client begins a frame or a header block and does not complete it in time. The codec
 * holds what has arrived, and it creates no stream before a header block is complete. So no other deadline applies
 * while the connection has an open stream.
 *
 * <p>It comes before the codec, and looks at the headers of the frames only. Confined to the event loop.
 */
public final class FrameDeadline extends ChannelInboundHandlerAdapter {

    private static final int HEADER_BYTES = Http2CodecUtil.FRAME_HEADER_LENGTH;
    private static final int TYPE_AT = 3;
    private static final int END_HEADERS = 4;

    private final Deadlines.OnLoop deadlines;
    private final RejectionLog rejections;
    private final Deadlines.Waiter waiter = new Deadlines.Waiter(this::deadlinePassed);

    private @Nullable ChannelHandlerContext context;
    /** How many bytes of the header of the next frame have arrived. */
    private int headerBytes;
    /** What is left of the payload of the frame, or at first of the preface. */
    private int payloadLeft = Http2CodecUtil.connectionPrefaceBuf().readableBytes();

    private int length;
    private int type;
    private boolean inHeaderBlock;
    private boolean waits;

    public FrameDeadline(Deadlines.OnLoop deadlines, RejectionLog rejections) {
        this.deadlines = deadlines;
        this.rejections = rejections;
    }

    private void deadlinePassed() {
        ChannelHandlerContext ctx = context;
        if (ctx != null) {
            rejections.rejected(RejectionCounts.Kind.REQUEST_TIMEOUT, ClientAddress.of(ctx.channel()));
            ctx.channel().close(); // from the end of the pipeline, so that the codec sends a GOAWAY
        }
    }

    @Override
    public void handlerAdded(ChannelHandlerContext ctx) {
        context = ctx;
    }

    @Override
    public void handlerRemoved(ChannelHandlerContext ctx) {
        context = null;
        waiter.stopWaiting();
    }

    @Override
    public void channelRead(ChannelHandlerContext ctx, Object message) {
        if (message instanceof ByteBuf bytes) {
            boolean completed = scan(bytes);
            boolean unfinished = inHeaderBlock || headerBytes > 0 || payloadLeft > 0;
            if (!unfinished && waits) {
                waiter.stopWaiting();
            } else if (unfinished && (completed || !waits)) {
                deadlines.request().begin(waiter);
            }
            waits = unfinished;
        }
        ctx.fireChannelRead(message);
    }

    /** @return whether a frame outside a header block, or a whole header block, has been completed */
    private boolean scan(ByteBuf bytes) {
        boolean completed = false;
        for (int at = bytes.readerIndex(), end = bytes.writerIndex(); at < end; ) {
            if (payloadLeft > 0) {
                int skipped = Math.min(payloadLeft, end - at);
                payloadLeft -= skipped;
                at += skipped;
            } else {
                readHeader(bytes.getUnsignedByte(at++));
            }
            completed |= headerBytes == 0 && payloadLeft == 0 && !inHeaderBlock;
        }
        return completed;
    }

    private void readHeader(int next) {
        int index = headerBytes++;
        if (index < TYPE_AT) {
            length = length << 8 | next;
        } else if (index == TYPE_AT) {
            type = next;
        } else if (index == TYPE_AT + 1 && (type == Http2FrameTypes.HEADERS || type == Http2FrameTypes.CONTINUATION)) {
            inHeaderBlock = (next & END_HEADERS) == 0;
        }
        if (headerBytes == HEADER_BYTES) {
            payloadLeft = length;
            headerBytes = 0;
            length = 0;
        }
    }
}
