package io.sluice.sse.netty;

import io.netty.buffer.ByteBuf;
import io.netty.channel.Channel;
import io.netty.channel.ChannelException;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelFutureListener;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelOption;
import io.netty.channel.ChannelOutboundBuffer;
import io.netty.channel.unix.Socket;
import io.sluice.sse.CloseReason;
import io.sluice.sse.Heartbeat;
import io.sluice.sse.Identity;
import io.sluice.sse.hub.lane.Frame;
import io.sluice.sse.hub.lane.LaneOptions;
import io.sluice.sse.hub.lane.LaneSink;
import java.io.IOException;
import java.net.SocketAddress;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.concurrent.ThreadLocalRandom;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** A sink over a channel. */
final class NettySink extends LaneSink {

    private static final Logger log = LoggerFactory.getLogger("io.sluice.sse.netty.Connection");

    private final Channel channel;
    private final BatchFramer framer;
    private final boolean chunked;
    private final StreamSettings settings;
    private final Runnable releasePermit;

    // Confined to the event loop.

    /** What goes before the first frame: the HTTP handlers leave, the response head is written. Null once done. */
    private @Nullable Runnable upgrade;

    private @Nullable ChannelHandlerContext context;
    private boolean reset;

    /** Where a frame can go past the pipeline if nothing waits; null if it cannot. */
    private @Nullable Socket socket;

    /** Whether bytes may wait in the channel, which later ones must not overtake. */
    private boolean waits = true;

    /** @param releasePermit runs once, when the sink ends */
    NettySink(Lanes.Joined lane, Channel channel, boolean chunked, StreamSettings settings, Runnable releasePermit) {
        super(lane.lane(), null);
        this.framer = lane.framer();
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
        upgrade = newUpgrade;
    }

    /** Whether its connection is a stream, and no HTTP answer can be written to it. */
    boolean hasUpgraded() {
        return context != null;
    }

    void streamsThrough(ChannelHandlerContext newContext) {
        context = newContext;
    }

    /** Its pipeline is the server's own, so whatever may stand before the stream does so already. */
    void enableFastPath() {
        socket = SocketFastPath.socketOf(context());
    }

    @Override
    public String remoteAddress() {
        // Over io_uring a client that has already gone may have none.
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
        return (waits || socket == null) ? channel.isWritable() : socket.isOpen();
    }

    @Override
    protected long prefetch() {
        ChannelHandlerContext stream = context;
        if (stream == null) {
            return 0;
        }
        if (!waits && socket != null) {
            return socket.isOpen() ? 1 : 0; // all that a write comes by then
        }
        // An object that a write comes by for each term: buffer, socket, pipeline and its head, options, context,
        // promise.
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
        Runnable first = upgrade;
        if (first != null) {
            upgrade = null;
            first.run();
            if (log.isDebugEnabled()) {
                log.debug("[{}] open from {}", id(), ClientAddress.of(channel));
            }
        }
        ChannelHandlerContext stream = context();
        waits = true;
        // A void promise: no object per client and frame. A failed write closes the channel by StreamHandler.
        stream.write(chunked ? BatchFramer.forChunked(frame) : BatchFramer.forRaw(frame), stream.voidPromise());
    }

    @Override
    protected boolean tryWriteDirect(Frame frame) {
        Socket straight = socket;
        if (straight == null || (waits && !OutboundBuffers.isEmpty(channel))) {
            return false;
        }
        NettyFrame bytes = (NettyFrame) frame;
        int sent;
        try {
            sent = SocketFastPath.send(straight, bytes, chunked);
        } catch (IOException e) {
            channel.pipeline().fireExceptionCaught(e); // as of a write by the channel
            return false;
        }
        int left = bytes.bytes(chunked) - sent;
        waits = left > 0;
        if (sent > 0 && left > 0) {
            writeRest(bytes, left);
        }
        return sent > 0;
    }

    private void writeRest(NettyFrame frame, int left) {
        try {
            ChannelHandlerContext stream = context();
            stream.write(BatchFramer.rest(frame, chunked, left), stream.voidPromise());
        } catch (RuntimeException | Error e) { // no memory, say
            channel.close(); // nothing may follow half an event, not even the stream's last bytes
            throw e;
        }
    }

    @Override
    protected void flush() {
        if (waits) {
            context().flush();
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
        return OutboundBuffers.progressMark(channel);
    }

    void writable() {
        becameWritable();
    }

    /** The channel has closed, or failed. */
    void connectionEnded() {
        close(reset ? CloseReason.RESET : CloseReason.CLIENT_LEFT);
    }

    void connectionFailed() {
        reset = true;
        close(CloseReason.RESET);
    }

    /** The kernel has given the peer up: it has acknowledged nothing for as long as it may. */
    void connectionTimedOut() {
        close(CloseReason.WRITE_TIMEOUT);
    }

    /** The channel holds no frame any more. It may have outlived the sink, and with the last one the lane's sweeping. */
    void connectionGone() {
        if (hubLane().sinkCount() == 0) {
            framer.sweepAll();
        } else {
            framer.sweep();
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
            return; // never upgraded: whoever holds the channel answers
        }
        if (reason == CloseReason.WRITE_TIMEOUT) {
            reset();
            return;
        }
        if (!orderly || !channel.isActive()) {
            channel.close();
            return;
        }
        ChannelFuture last;
        waits = true;
        try {
            last = stream.writeAndFlush(lastBytes(stream, reason));
        } catch (RuntimeException | Error e) { // no memory for them, say
            channel.close();
            throw e;
        }
        if (last.isDone()) {
            channel.close();
            return;
        }
        last.addListener(ChannelFutureListener.CLOSE);
        LingeringClose.over(channel, lingerNanos(), this::reset);
    }

    /** The write timeout; also where that is off, since nothing but this ends a connection that trickles to its end. */
    private long lingerNanos() {
        Duration writeTimeout = hubLane().options().writeTimeout();
        return (writeTimeout.isZero() ? LaneOptions.DEFAULT.writeTimeout() : writeTimeout).toNanos();
    }

    /**
     * Closes with an RST. After a FIN the kernel would keep what the client has not taken, megabytes at times, and offer
     * it for minutes more to somebody who takes nothing.
     */
    private void reset() {
        try {
            channel.config().setOption(ChannelOption.SO_LINGER, 0);
        } catch (ChannelException e) {
            // The kernel was faster: it has found the peer gone, and the channel is closed, or as good as that.
        }
        channel.close();
    }

    /** A hint when to come back, apart from the others, and the end of the body. */
    private ByteBuf lastBytes(ChannelHandlerContext stream, CloseReason reason) {
        String text = "";
        if (reason == CloseReason.SERVER_DRAINING || reason == CloseReason.LIFETIME_ENDED) {
            text = "retry: " + jitteredRetryMillis() + "\n\n";
            if (chunked) {
                text = Integer.toHexString(text.length()) + "\r\n" + text + "\r\n";
            }
        }
        if (chunked) {
            text += "0\r\n\r\n";
        }
        byte[] bytes = text.getBytes(StandardCharsets.US_ASCII);
        return stream.alloc().directBuffer(bytes.length).writeBytes(bytes);
    }

    /** From half to one and a half of the usual time, so that clients that ended together come back apart. */
    private long jitteredRetryMillis() {
        long millis = Math.max(1, hubLane().options().retry().toMillis());
        return millis / 2 + ThreadLocalRandom.current().nextLong(millis);
    }

    @Override
    public String toString() {
        return "sink " + id() + " of " + ClientAddress.of(channel);
    }
}
