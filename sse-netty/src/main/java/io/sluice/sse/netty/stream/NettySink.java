package io.sluice.sse.netty.stream;

import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelOutboundBuffer;
import io.netty.channel.unix.Socket;
import io.sluice.sse.CloseReason;
import io.sluice.sse.hub.lane.Frame;
import io.sluice.sse.netty.frame.BatchFramer;
import io.sluice.sse.netty.frame.NettyFrame;
import io.sluice.sse.netty.socket.OutboundBuffers;
import java.io.IOException;
import org.jspecify.annotations.Nullable;

/**
 * A sink that writes to a channel, either through its pipeline or directly to its socket.
 *
 * <p>Its own state is confined to the event loop of the channel, which is the sink's lane. Each client has one sink, so
 * every field costs memory for every client.
 */
public class NettySink extends ChannelSink {

    /** How the next frame reaches the client. */
    private enum Path {
        /** Through the pipeline. Earlier bytes may still wait in the channel, and later ones must not overtake them. */
        PIPELINE,
        /** Directly to the socket. The fast path is enabled and no bytes wait in the channel. */
        SOCKET
    }

    private final boolean chunked;

    // Confined to the event loop.

    /** The socket for {@link Path#SOCKET}; null if the fast path is not enabled. */
    private @Nullable Socket socket;

    private Path path = Path.PIPELINE;

    /** @param releasePermit runs exactly once, when the sink ends */
    public NettySink(
            Lanes.Joined lane, Channel channel, boolean chunked, StreamSettings settings, Runnable releasePermit) {
        super(lane, channel, settings, releasePermit);
        this.chunked = chunked;
    }

    boolean isChunked() {
        return chunked;
    }

    /** Allows direct writes to the socket. Only if no handler is added before the stream's from now on. */
    void enableFastPath() {
        assert inEventLoop();
        socket = SocketFastPath.socketOf(context());
    }

    @Override
    public String protocol() {
        return chunked ? "HTTP/1.1" : "HTTP/1.0";
    }

    @Override
    protected long room() {
        return channel.bytesBeforeUnwritable();
    }

    @Override
    protected boolean canWrite() {
        Socket direct = directSocket();
        return direct != null ? direct.isOpen() : channel.isWritable();
    }

    /** The socket if the next frame goes directly to it; null if it goes through the pipeline. */
    private @Nullable Socket directSocket() {
        return path == Path.SOCKET ? socket : null;
    }

    private void setPath(Path newPath) {
        assert newPath == Path.PIPELINE || socket != null;
        path = newPath;
    }

    /** Reads each object that a write will touch, so that it is in the cache by then. The sum itself means nothing. */
    @Override
    protected long prefetch() {
        ChannelHandlerContext stream = contextOrNull();
        if (stream == null) {
            return 0;
        }
        Socket direct = directSocket();
        if (direct != null) {
            return direct.isOpen() ? 1 : 0;
        }
        // One term per object: outbound buffer, channel, pipeline and its head, options, context, promise.
        ChannelOutboundBuffer buffer = channel.unsafe().outboundBuffer();
        return (buffer == null ? 0 : buffer.totalPendingWriteBytes())
                + (channel.isOpen() ? 1 : 0)
                + (channel.pipeline().firstContext() == stream ? 1 : 0)
                + channel.config().getWriteSpinCount()
                + (stream.isRemoved() ? 1 : 0)
                + (stream.voidPromise().channel() == channel ? 1 : 0);
    }

    @Override
    protected void write(Frame frame) {
        assert inEventLoop();
        if (!upgradeBeforeFirstFrame()) {
            return; // a handler of the application has answered the request instead
        }
        ChannelHandlerContext stream = context();
        setPath(Path.PIPELINE);
        // A void promise saves an object per client and frame. If a write fails, StreamHandler ends the stream.
        stream.write(chunked ? BatchFramer.forChunked(frame) : BatchFramer.forRaw(frame), stream.voidPromise());
    }

    @Override
    protected boolean tryWriteDirect(Frame frame) {
        assert inEventLoop();
        Socket direct = socket;
        if (direct == null || (path == Path.PIPELINE && !OutboundBuffers.isEmpty(channel))) {
            return false;
        }
        NettyFrame bytes = (NettyFrame) frame;
        int sent;
        try {
            sent = SocketFastPath.send(direct, bytes, chunked);
        } catch (IOException e) {
            channel.pipeline().fireExceptionCaught(e); // as the channel does after a failed write
            return false;
        }
        int left = bytes.bytes(chunked) - sent;
        setPath(left > 0 ? Path.PIPELINE : Path.SOCKET);
        if (sent > 0 && left > 0) {
            writeRest(bytes, left);
        }
        return sent > 0;
    }

    private void writeRest(NettyFrame frame, int left) {
        try {
            ChannelHandlerContext stream = context();
            stream.write(BatchFramer.rest(frame, chunked, left), stream.voidPromise());
        } catch (RuntimeException | Error e) { // no memory, for example
            channel.close(); // no byte may follow half an event, not even the last bytes of the stream
            throw e;
        }
    }

    @Override
    protected void flush() {
        ChannelHandlerContext stream = contextOrNull();
        if (path == Path.PIPELINE && stream != null) { // null if a handler of the application has answered instead
            stream.flush();
        }
    }

    @Override
    protected long pendingBytes() {
        return OutboundBuffers.pendingBytes(channel);
    }

    @Override
    protected long progress() {
        // Linux wakes a channel when a large part of its buffer is free, so the channel alone shows a slow reader as
        // idle.
        return OutboundBuffers.progressMark(channel) + 31 * lane.tcpInfo().acknowledgedBytes(channel);
    }

    @Override
    protected long unacknowledgedNanos() {
        return lane.tcpInfo().unacknowledgedNanos(channel);
    }

    @Override
    protected void end(ChannelHandlerContext stream, CloseReason reason, boolean orderly) {
        if (reason == CloseReason.WRITE_TIMEOUT) {
            StreamEnd.reset(channel);
        } else if (!orderly) {
            channel.close();
        } else {
            setPath(Path.PIPELINE);
            byte[] last = lastBytes(lastText(reason));
            StreamEnd.Last framed = new StreamEnd.Last(last, chunked, isCutAfter(reason));
            StreamEnd.finish(stream, framed, hubLane().options(), this::progress);
        }
    }
}
