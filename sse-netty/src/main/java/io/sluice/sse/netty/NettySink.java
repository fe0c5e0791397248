package io.sluice.sse.netty;

import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelOutboundBuffer;
import io.netty.channel.unix.Socket;
import io.sluice.sse.CloseReason;
import io.sluice.sse.Heartbeat;
import io.sluice.sse.Identity;
import io.sluice.sse.hub.lane.Frame;
import io.sluice.sse.hub.lane.LaneSink;
import io.sluice.sse.topic.AccessRules;
import java.io.IOException;
import java.net.SocketAddress;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A sink that writes to a channel, either through its pipeline or directly to its socket.
 *
 * <p>Its own state is confined to the event loop of the channel, which is the sink's lane. Each client has one sink, so
 * every field costs memory for every client.
 */
final class NettySink extends LaneSink {

    private static final Logger log = LoggerFactory.getLogger("io.sluice.sse.netty.Connection");

    /** How the next frame reaches the client. */
    private enum Path {
        /** Through the pipeline. Earlier bytes may still wait in the channel, and later ones must not overtake them. */
        PIPELINE,
        /** Directly to the socket. The fast path is enabled and no bytes wait in the channel. */
        SOCKET
    }

    private final Channel channel;
    private final Lanes.Joined lane;
    private final boolean chunked;
    private final StreamSettings settings;
    private final Runnable releasePermit;

    // Confined to the event loop.

    /** Removes the HTTP handlers and writes the response head, before the first frame. Null once it has run. */
    private @Nullable Runnable upgrade;

    /** The context of the stream's handler; null before the upgrade. */
    private @Nullable ChannelHandlerContext context;

    private boolean reset;

    /** The socket for {@link Path#SOCKET}; null if the fast path is not enabled. */
    private @Nullable Socket socket;

    private Path path = Path.PIPELINE;

    /** @param releasePermit runs exactly once, when the sink ends */
    NettySink(Lanes.Joined lane, Channel channel, boolean chunked, StreamSettings settings, Runnable releasePermit) {
        super(lane.lane(), null);
        this.lane = lane;
        this.channel = channel;
        this.chunked = chunked;
        this.settings = settings;
        this.releasePermit = releasePermit;
    }

    Channel channel() {
        return channel;
    }

    boolean isChunked() {
        return chunked;
    }

    void beforeFirstFrame(Runnable newUpgrade) {
        assert inEventLoop();
        upgrade = newUpgrade;
    }

    /** Whether the connection is a stream. No HTTP response can be written to it then. */
    boolean hasUpgraded() {
        return context != null;
    }

    /** The stream's handler has been added to the pipeline. */
    void handlerAdded(ChannelHandlerContext newContext) {
        assert inEventLoop();
        context = newContext;
    }

    /** The connection stays with HTTP: a handler of the application has answered the request, or has failed. */
    void upgradeFailed() {
        assert inEventLoop();
        context = null;
        close(CloseReason.REJECTED);
    }

    /** Allows direct writes to the socket. Only if no handler is added before the stream's from now on. */
    void enableFastPath() {
        assert inEventLoop();
        socket = SocketFastPath.socketOf(context());
    }

    @Override
    public String remoteAddress() {
        // Over io_uring the channel of a client that has already left may have no address.
        SocketAddress address = ClientAddress.of(channel);
        return address == null ? "" : address.toString().replaceFirst("^/", "");
    }

    @Override
    public String protocol() {
        return chunked ? "HTTP/1.1" : "HTTP/1.0";
    }

    @Override
    public Identity identity() {
        return settings.identity();
    }

    @Override
    protected @Nullable AccessRules accessRules() {
        return settings.access();
    }

    @Override
    protected Heartbeat heartbeat() {
        return settings.heartbeat();
    }

    DrainMode drainMode() {
        return settings.drain();
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
        ChannelHandlerContext stream = context;
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
        Runnable first = upgrade;
        if (first != null) {
            upgrade = null;
            first.run();
            if (context == null) {
                return; // a handler of the application has answered the request instead
            }
            if (log.isDebugEnabled()) {
                log.debug("[{}] open from {}", id(), ClientAddress.of(channel));
            }
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
        ChannelHandlerContext stream = context;
        if (path == Path.PIPELINE && stream != null) { // null if a handler of the application has answered instead
            stream.flush();
        }
    }

    private ChannelHandlerContext context() {
        ChannelHandlerContext stream = context;
        if (stream == null) {
            throw new IllegalStateException("sink " + id() + " writes before its upgrade");
        }
        return stream;
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

    void channelWritable() {
        becameWritable();
    }

    /** The channel has closed. */
    void channelClosed() {
        close(reset ? CloseReason.RESET : CloseReason.CLIENT_LEFT);
    }

    /** The channel reported a failure. */
    void channelFailed() {
        assert inEventLoop();
        reset = true;
        close(CloseReason.RESET);
    }

    /** The kernel has given up on the peer, which acknowledged nothing for longer than it may. */
    void channelTimedOut() {
        close(CloseReason.WRITE_TIMEOUT);
    }

    /**
     * The channel has released all frames. It may have outlived the sink; if the lane has no sinks left, the lane does
     * not check its frames any more, so this releases every frame that is free.
     */
    void channelReleased() {
        assert inEventLoop();
        if (hubLane().sinkCount() == 0) {
            lane.framer().releaseAllSent();
        } else {
            lane.framer().releaseSent();
        }
    }

    @Override
    protected void end(CloseReason reason, boolean orderly) {
        releasePermit.run();
        if (log.isDebugEnabled()) {
            log.debug("[{}] closed: {}", id(), reason);
        }
        ChannelHandlerContext stream = context;
        if (stream == null) {
            return; // before the upgrade the channel belongs to the HTTP handlers, which send a response
        }
        if (reason == CloseReason.WRITE_TIMEOUT) {
            StreamEnd.reset(channel);
        } else if (!orderly || !channel.isActive()) {
            channel.close();
        } else {
            setPath(Path.PIPELINE);
            StreamEnd.finish(stream, reason, chunked, hubLane().options(), this::progress);
        }
    }

    private boolean inEventLoop() {
        return channel.eventLoop().inEventLoop();
    }

    @Override
    public String toString() {
        return "sink " + id() + " of " + ClientAddress.of(channel);
    }
}
