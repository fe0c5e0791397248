package io.sluice.sse.netty.stream;

import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.sluice.sse.CloseReason;
import io.sluice.sse.Identity;
import io.sluice.sse.hub.lane.LaneSink;
import io.sluice.sse.hub.lane.SinkOptions;
import io.sluice.sse.netty.connection.ClientAddress;
import io.sluice.sse.topic.AccessRules;
import java.net.SocketAddress;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A sink whose client has a channel: a connection of HTTP/1.1 ({@link NettySink}), or one stream of an HTTP/2
 * connection ({@code Http2Sink}). It holds what both have in common: the upgrade, and what the channel reports.
 *
 * <p>Its own state is confined to the event loop of the channel, which is the sink's lane. Each client has one sink, so
 * every field costs memory for every client.
 */
public abstract class ChannelSink extends LaneSink {

    private static final Logger log = LoggerFactory.getLogger("io.sluice.sse.netty.Connection");

    protected final Channel channel;
    protected final Lanes.Joined lane;
    private final StreamSettings settings;
    private final Runnable releasePermit;

    // Confined to the event loop.

    /** Removes the HTTP handlers and writes the response head, before the first frame. Null once it has run. */
    private @Nullable Runnable upgrade;

    /** The context of the stream's handler; null before the upgrade. */
    private @Nullable ChannelHandlerContext context;

    private boolean reset;

    /** @param releasePermit runs exactly once, when the sink ends */
    protected ChannelSink(Lanes.Joined lane, Channel channel, StreamSettings settings, Runnable releasePermit) {
        super(lane.lane(), null);
        this.lane = lane;
        this.channel = channel;
        this.settings = settings;
        this.releasePermit = releasePermit;
    }

    public final Channel channel() {
        return channel;
    }

    /** Whether the client gets the stream as gzip. */
    protected boolean isCompressed() {
        return false;
    }

    /**
     * The last bytes of the stream, without the transport's framing. Called once, after the last frame.
     *
     * @param text the last text that the client gets; may be empty
     */
    protected byte[] lastBytes(byte[] text) {
        return text;
    }

    public final void beforeFirstFrame(Runnable newUpgrade) {
        assert inEventLoop();
        upgrade = newUpgrade;
    }

    /** Whether the channel is a stream. No HTTP response can be written to it then. */
    public final boolean hasUpgraded() {
        return context != null;
    }

    /**
     * Runs the upgrade before the first frame.
     *
     * @return whether the channel is a stream; if not, a handler of the application has answered the request instead
     */
    protected final boolean upgradeBeforeFirstFrame() {
        Runnable first = upgrade;
        if (first != null) {
            upgrade = null;
            first.run();
            if (context == null) {
                return false;
            }
            if (log.isDebugEnabled()) {
                log.debug("[{}] open from {}", id(), ClientAddress.of(channel));
            }
        }
        return true;
    }

    /** The stream's handler has been added to the pipeline. */
    final void handlerAdded(ChannelHandlerContext newContext) {
        assert inEventLoop();
        context = newContext;
    }

    /** The connection stays with HTTP: a handler of the application has answered the request, or has failed. */
    final void upgradeFailed() {
        assert inEventLoop();
        context = null;
        close(CloseReason.REJECTED);
    }

    /** The context of the stream's handler; null before the upgrade. */
    protected final @Nullable ChannelHandlerContext contextOrNull() {
        return context;
    }

    protected final ChannelHandlerContext context() {
        ChannelHandlerContext stream = context;
        if (stream == null) {
            throw new IllegalStateException("sink " + id() + " writes before its upgrade");
        }
        return stream;
    }

    @Override
    public final String remoteAddress() {
        // Over io_uring the channel of a client that has already left may have no address.
        SocketAddress address = ClientAddress.of(channel);
        return address == null ? "" : address.toString().replaceFirst("^/", "");
    }

    @Override
    public final Identity identity() {
        return settings.identity();
    }

    @Override
    protected final @Nullable AccessRules accessRules() {
        return settings.access();
    }

    @Override
    protected final SinkOptions options() {
        return settings.options();
    }

    @Override
    protected final void begin() {
        upgradeBeforeFirstFrame();
    }

    final Drain.Mode drainMode() {
        return settings.drain();
    }

    public final void channelWritable() {
        becameWritable();
    }

    /** The channel has closed. */
    public final void channelClosed() {
        close(reset ? CloseReason.RESET : CloseReason.CLIENT_LEFT);
    }

    /** The channel reported a failure. */
    public final void channelFailed() {
        assert inEventLoop();
        reset = true;
        close(CloseReason.RESET);
    }

    /** The kernel has given up on the peer, which acknowledged nothing for longer than it may. */
    final void channelTimedOut() {
        close(CloseReason.WRITE_TIMEOUT);
    }

    /**
     * The channel has released all frames. It may have outlived the sink; if the lane has no sinks left, the lane does
     * not check its frames any more, so this releases every frame that is free.
     */
    final void channelReleased() {
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
        if (stream != null) { // before the upgrade the channel belongs to the HTTP handlers, which send a response
            end(stream, reason, orderly && channel.isActive());
        }
    }

    /** Whether the response stays incomplete, so that the client takes its end for an error and resumes. */
    protected final boolean isCutAfter(CloseReason reason) {
        return (settings.cut() || settings.options().isBare()) && reason.isClientExpectedBack();
    }

    /** The last text that the client gets: when to reconnect, if it should. */
    protected final byte[] lastText(CloseReason reason) {
        return settings.options().sendsRetry()
                ? StreamEnd.lastText(reason, hubLane().options().retry())
                : new byte[0];
    }

    /** Ends the stream after its upgrade. If {@code orderly}, the last bytes are sent first. */
    protected abstract void end(ChannelHandlerContext stream, CloseReason reason, boolean orderly);

    protected final boolean inEventLoop() {
        return channel.eventLoop().inEventLoop();
    }

    @Override
    public final String toString() {
        return "sink " + id() + " of " + ClientAddress.of(channel);
    }
}
