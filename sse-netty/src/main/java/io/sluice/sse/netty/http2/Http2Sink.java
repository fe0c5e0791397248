package io.sluice.sse.netty.http2;

import io.netty.buffer.ByteBuf;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelFutureListener;
import io.netty.channel.ChannelHandlerContext;
import io.netty.handler.codec.http2.DefaultHttp2DataFrame;
import io.netty.handler.codec.http2.DefaultHttp2ResetFrame;
import io.netty.handler.codec.http2.Http2Error;
import io.netty.handler.codec.http2.Http2Stream;
import io.netty.handler.codec.http2.Http2StreamChannel;
import io.sluice.sse.CloseReason;
import io.sluice.sse.hub.lane.Frame;
import io.sluice.sse.netty.frame.BatchFramer;
import io.sluice.sse.netty.frame.NettyFrame;
import io.sluice.sse.netty.socket.OutboundBuffers;
import io.sluice.sse.netty.stream.ChannelSink;
import io.sluice.sse.netty.stream.Lanes;
import io.sluice.sse.netty.stream.LingeringClose;
import io.sluice.sse.netty.stream.StreamEnd;
import io.sluice.sse.netty.stream.StreamSettings;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * A sink that is one stream of an HTTP/2 connection. Bytes for which the windows have room go into the batch of the
 * connection ({@link Http2Output}). The rest of a frame goes through the codec, which sends it when the client grants
 * more window. Until then the sink accepts no further frame, so a client that grants no window costs one frame.
 *
 * <p>Its own state is confined to the event loop.
 */
public class Http2Sink extends ChannelSink {

    private final Http2Session session;
    /** Null if the client has reset the stream before it became a stream of events. */
    private final @Nullable Http2Stream stream;

    // Confined to the event loop.

    /** The place in the list of the session; -1 outside it. */
    int index = -1;

    /** The bytes that wait in the codec. */
    private int queuedBytes;

    private long sentBytes;
    private long grantedBytes;
    /** Whether something waits for room since the last write. */
    private boolean waits;

    /** @param releasePermit runs exactly once, when the sink ends */
    public Http2Sink(Lanes.Joined lane, Http2StreamChannel channel, StreamSettings settings, Runnable releasePermit) {
        super(lane, channel, settings, releasePermit);
        this.session = Objects.requireNonNull(Http2Session.of(channel.parent()), "session");
        this.stream = session.stream(channel.stream().id());
    }

    /** The stream's handler has been added, and the HTTP handlers have left. */
    void upgraded() {
        assert inEventLoop();
        if (stream != null) {
            session.add(this, stream);
        }
    }

    @Override
    public String protocol() {
        return "HTTP/2";
    }

    private Channel connection() {
        return channel.parent();
    }

    private boolean isWritableStream() {
        return stream != null && stream.state().localSideOpen();
    }

    @Override
    protected long room() {
        Http2Stream to = stream;
        if (to == null || session.hasQueued(to)) {
            return 0;
        }
        long ofConnection = connection().bytesBeforeUnwritable() - session.batchedBytes();
        return Math.max(0, Math.min(session.window(to), ofConnection));
    }

    @Override
    protected boolean canWrite() {
        Http2Stream to = stream;
        boolean can = to != null
                && isWritableStream()
                && !session.hasQueued(to)
                && session.window(to) > 0
                && connection().isWritable();
        if (!can) {
            awaitRoom();
        }
        return can;
    }

    private void awaitRoom() {
        waits = true;
        if (isStalled()) {
            session.setStalled(this);
        }
    }

    /** Whether it waits because its own window is used up. */
    boolean isStalled() {
        return waits && stream != null && session.isStreamWindowUsedUp(stream);
    }

    @Override
    protected void write(Frame frame) {
        assert inEventLoop();
        if (!upgradeBeforeFirstFrame()) {
            return;
        }
        Http2Stream to = stream;
        if (to == null || !isWritableStream()) {
            return; // it has been reset, and its channel is about to report that
        }
        waits = false;
        NettyFrame bytes = (NettyFrame) frame;
        int length = bytes.payloadBytes();
        int now = session.hasQueued(to) ? 0 : Math.max(0, Math.min(length, session.window(to)));
        if (now > 0) {
            session.write(to, bytes.buffer(), bytes.start(false), now);
            sentBytes += now;
        }
        if (now < length) {
            queue(BatchFramer.rest(bytes, false, length - now));
        }
    }

    /** Leaves the bytes to the codec, which sends them when the windows have room, and releases them if it closes. */
    private void queue(ByteBuf rest) {
        int bytes = rest.readableBytes();
        queuedBytes += bytes;
        awaitRoom();
        context().write(new DefaultHttp2DataFrame(rest)).addListener(sent -> {
            queuedBytes -= bytes;
            sentBytes += bytes;
            roomChanged();
        });
    }

    @Override
    protected void flush() {
        session.flush(lane.flushes());
    }

    /** The client has granted more window to this stream. */
    void windowGranted(int bytes) {
        grantedBytes += bytes;
        roomChanged();
    }

    /** The windows, the codec or the connection may have more room. */
    void roomChanged() {
        if (isOpen() && room() > 0) {
            waits = false; // it may have nothing left to write, and must not look like a client that takes nothing
            channelWritable();
        }
    }

    /** At least 1 while something waits for room: a client that grants no window must not look like an idle one. */
    @Override
    protected long pendingBytes() {
        long bytes = queuedBytes + session.batchedBytes() + OutboundBuffers.pendingBytes(connection());
        return waits && bytes == 0 ? 1 : bytes;
    }

    /**
     * What counts depends on what the stream waits for: its own window, that of the connection, or the socket. If only
     * the connection's window is used up while another stream is stalled, that stream is to blame. When it has timed
     * out, its client gets the connection's window back.
     */
    @Override
    protected long progress() {
        Http2Stream to = stream;
        if (to != null && (waits || queuedBytes > 0)) {
            if (session.isStreamWindowUsedUp(to)) {
                session.setStalled(this);
                return mark(1, sentBytes + grantedBytes);
            }
            if (session.isConnectionWindowUsedUp()) {
                return session.isAnyStalled()
                        ? mark(2, hubLane().lane().nanoTime())
                        : mark(3, sentBytes + grantedBytes + session.grantedBytes());
            }
        }
        return mark(
                4,
                OutboundBuffers.progressMark(connection()) + 31 * lane.tcpInfo().acknowledgedBytes(connection()));
    }

    private static long mark(int kind, long value) {
        return value * 4 + kind;
    }

    @Override
    protected long unacknowledgedNanos() {
        return lane.tcpInfo().unacknowledgedNanos(connection());
    }

    @Override
    protected void end(ChannelHandlerContext handler, CloseReason reason, boolean orderly) {
        session.remove(this);
        if (!orderly || !isWritableStream()) {
            channel.close(); // which sends RST_STREAM if the client does not know yet
            session.ended();
            return;
        }
        byte[] last = lastBytes(lastText(reason));
        boolean cut = isCutAfter(reason);
        ByteBuf bytes = handler.alloc().directBuffer(last.length).writeBytes(last);
        ChannelFuture written = handler.writeAndFlush(new DefaultHttp2DataFrame(bytes, !cut));
        session.ended(); // after the end, because some clients take a GOAWAY for the end of all streams
        written.addListener(cut ? sent -> reset(Http2Error.INTERNAL_ERROR) : ChannelFutureListener.CLOSE);
        if (!written.isDone()) {
            LingeringClose.start(channel, StreamEnd.maxLingerNanos(hubLane().options()), this::progress, this::giveUp);
        }
    }

    /** The channel has closed. The client has left, or the server has closed the connection of a hostile client. */
    void streamClosed() {
        if (session.isViolated()) {
            close(CloseReason.PROTOCOL_ERROR);
        } else {
            channelClosed();
        }
    }

    /** The client has not taken the last bytes in time. */
    private void giveUp() {
        reset(Http2Error.CANCEL);
    }

    /** Resets the stream, also if its end was written and waits for the client. */
    void reset(Http2Error error) {
        context().writeAndFlush(new DefaultHttp2ResetFrame(error));
        channel.close();
    }
}
