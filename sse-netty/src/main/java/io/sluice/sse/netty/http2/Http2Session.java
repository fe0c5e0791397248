package io.sluice.sse.netty.http2;

import io.netty.buffer.ByteBuf;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.handler.codec.CodecException;
import io.netty.handler.codec.http2.DefaultHttp2GoAwayFrame;
import io.netty.handler.codec.http2.DefaultHttp2PingFrame;
import io.netty.handler.codec.http2.Http2CodecUtil;
import io.netty.handler.codec.http2.Http2Connection;
import io.netty.handler.codec.http2.Http2ConnectionAdapter;
import io.netty.handler.codec.http2.Http2Error;
import io.netty.handler.codec.http2.Http2Exception;
import io.netty.handler.codec.http2.Http2FrameListener;
import io.netty.handler.codec.http2.Http2FrameListenerDecorator;
import io.netty.handler.codec.http2.Http2GoAwayFrame;
import io.netty.handler.codec.http2.Http2PingFrame;
import io.netty.handler.codec.http2.Http2RemoteFlowController;
import io.netty.handler.codec.http2.Http2Settings;
import io.netty.handler.codec.http2.Http2Stream;
import io.netty.util.ReferenceCountUtil;
import io.sluice.sse.netty.connection.FailureLog;
import io.sluice.sse.netty.connection.PendingConnections;
import io.sluice.sse.netty.http.Deadlines;
import io.sluice.sse.netty.socket.OutboundBuffers;
import io.sluice.sse.netty.stream.Flushes;
import io.sluice.sse.netty.stream.StreamEnd;
import io.sluice.sse.netty.stream.StreamHandler;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What the streams of an HTTP/2 connection share: the windows of flow control, the time that the connection may be
 * idle, and its orderly end. It is the last handler of the connection's pipeline. Confined to the event loop.
 */
public final class Http2Session extends ChannelInboundHandlerAdapter {

    private static final Logger log = LoggerFactory.getLogger("io.sluice.sse.netty.Http2Session");

    private final Http2Connection connection;
    private final Http2Codec codec;
    private final Http2RemoteFlowController windows;
    private final Http2Connection.PropertyKey sinkKey;
    private final Http2Output output;
    private final Deadlines.OnLoop deadlines;
    private final PendingConnections pending;
    private final Deadlines.Waiter waiter = new Deadlines.Waiter(this::idleTooLong);
    private final List<Http2Sink> sinks = new ArrayList<>();

    private @Nullable ChannelHandlerContext context;
    private boolean first = true;
    private long progress;
    /** Whose turn it is when the connection has room again. */
    private int nextSink;
    /** The window that the client has granted to the whole connection. */
    private long grantedBytes;
    /** A stream that waits because its own window is used up. It may hold up the others. */
    private @Nullable Http2Sink stalled;

    private boolean draining;
    private boolean askedToLeave;
    private boolean closesWhenEmpty;

    public Http2Session(Http2Codec codec, Http2Output output, Deadlines.OnLoop deadlines, PendingConnections pending) {
        this.codec = codec;
        this.connection = codec.connection();
        this.windows = connection.remote().flowController();
        this.sinkKey = connection.newKey();
        this.output = output;
        this.deadlines = deadlines;
        this.pending = pending;
        connection.addListener(new StreamCounter());
        codec.decoder().frameListener(new WindowListener(codec.decoder().frameListener()));
    }

    /** The session of a connection; null if it does not speak HTTP/2. */
    public static @Nullable Http2Session of(Channel connection) {
        return connection.pipeline().get(Http2Session.class);
    }

    // ---- the windows

    /** Notices when windows grow. The codec has applied the frames by then. */
    private final class WindowListener extends Http2FrameListenerDecorator {
        WindowListener(Http2FrameListener codec) {
            super(codec);
        }

        @Override
        public void onWindowUpdateRead(ChannelHandlerContext ctx, int streamId, int increment) throws Http2Exception {
            super.onWindowUpdateRead(ctx, streamId, increment);
            if (streamId == Http2CodecUtil.CONNECTION_STREAM_ID) {
                grantedBytes += increment;
                if (connectionWindow() - increment <= 0) {
                    resume();
                }
                return;
            }
            Http2Stream stream = connection.stream(streamId);
            Http2Sink sink = stream == null ? null : stream.getProperty(sinkKey);
            if (sink != null) {
                sink.windowGranted(increment);
            }
        }

        @Override
        public void onSettingsRead(ChannelHandlerContext ctx, Http2Settings settings) throws Http2Exception {
            super.onSettingsRead(ctx, settings);
            if (settings.initialWindowSize() != null) {
                resume();
            }
        }
    }

    private int connectionWindow() {
        return windows.windowSize(connection.connectionStream());
    }

    /** How many bytes the stream may send. Negative after a change of the client's settings. */
    int window(Http2Stream stream) {
        return Math.min(windows.windowSize(stream), connectionWindow());
    }

    /** Whether the stream's own window is used up, whatever the window of the connection. */
    boolean isStreamWindowUsedUp(Http2Stream stream) {
        return windows.windowSize(stream) <= 0;
    }

    boolean isConnectionWindowUsedUp() {
        return connectionWindow() <= 0;
    }

    /** Whether the codec holds bytes of the stream. Bytes that bypass the codec would overtake them. */
    boolean hasQueued(Http2Stream stream) {
        return windows.hasFlowControlled(stream);
    }

    /** Writes bytes of a stream, for which the windows have room. The caller flushes. */
    void write(Http2Stream stream, ByteBuf from, int start, int length) {
        try {
            windows.incrementWindowSize(stream, -length);
            windows.incrementWindowSize(connection.connectionStream(), -length);
        } catch (Http2Exception e) { // only an increase can overflow
            throw new IllegalStateException(e);
        }
        int maxFrame = codec.encoder().configuration().frameSizePolicy().maxFrameSize();
        output.append(stream.id(), from, start, length, maxFrame);
    }

    /** With one stream there is nothing to wait for. */
    void flush(Flushes flushes) {
        if (sinks.size() == 1) {
            output.flushNow();
        } else {
            output.flushSoon(flushes);
        }
    }

    /** The bytes that are collected for the next flush. Any thread; another thread may see an old value. */
    int batchedBytes() {
        return output.batchedBytes();
    }

    long grantedBytes() {
        return grantedBytes;
    }

    /** The connection has room again. Each time another stream is the first to use it. */
    private void resume() {
        nextSink++;
        for (int left = sinks.size(); left > 0 && !isConnectionWindowUsedUp(); left--) {
            if (nextSink >= sinks.size()) {
                nextSink = 0;
            }
            if (!sinks.isEmpty()) {
                sinks.get(nextSink++).roomChanged();
            }
        }
    }

    /** The sink has something to send, and its own window is used up. */
    void setStalled(Http2Sink sink) {
        if (!isAnyStalled()) {
            stalled = sink;
        }
    }

    /** Whether a stream with a window of its own may lack the connection's window because of another stream. */
    boolean isAnyStalled() {
        Http2Sink sink = stalled;
        return sink != null && sink.isStalled();
    }

    // ---- the streams

    @Nullable
    Http2Stream stream(int id) {
        return connection.stream(id);
    }

    /** A request has become a stream of events. */
    void add(Http2Sink sink, Http2Stream stream) {
        stream.setProperty(sinkKey, sink);
        sink.index = sinks.size();
        sinks.add(sink);
    }

    /** The stream of events has ended, although its last bytes may still wait. */
    void remove(Http2Sink sink) {
        int index = sink.index;
        if (index < 0) {
            return;
        }
        sink.index = -1;
        Http2Sink last = sinks.remove(sinks.size() - 1);
        if (last != sink) {
            sinks.set(index, last);
            last.index = index;
        }
        if (stalled == sink) {
            stalled = null;
        }
    }

    private final class StreamCounter extends Http2ConnectionAdapter {
        @Override
        public void onStreamActive(Http2Stream stream) {
            identified();
            waiter.stopWaiting();
        }

        @Override
        public void onStreamClosed(Http2Stream stream) {
            ChannelHandlerContext ctx = context;
            if (ctx != null
                    && connection.numActiveStreams() == 0
                    && ctx.channel().isActive()) {
                deadlines.idle().begin(waiter);
                closeIfEmpty(ctx);
            }
        }
    }

    private void identified() {
        if (first) {
            first = false;
            pending.identified();
        }
    }

    // ---- the connection

    /** As {@link Http2Codec#isViolated}. */
    boolean isViolated() {
        return codec.isViolated();
    }

    @Override
    public void handlerAdded(ChannelHandlerContext ctx) {
        context = ctx;
        pending.accepted();
        deadlines.request().begin(waiter);
    }

    @Override
    public void handlerRemoved(ChannelHandlerContext ctx) {
        context = null;
        identified();
        waiter.stopWaiting();
    }

    private void idleTooLong() {
        ChannelHandlerContext ctx = context;
        if (ctx == null) {
            return;
        }
        if (connection.numActiveStreams() > 0) {
            return;
        }
        long left = OutboundBuffers.pendingBytes(ctx.channel());
        long before = progress;
        progress = OutboundBuffers.progressMark(ctx.channel());
        if (left == 0) {
            ctx.close(); // the codec sends a GOAWAY first
        } else if (progress != before) {
            (deadlines.idle().isUnlimited() ? deadlines.request() : deadlines.idle()).begin(waiter);
        } else {
            StreamEnd.reset(ctx.channel());
        }
    }

    /**
     * The server drains. A connection with streams of events is asked to close when the first of them ends, so that
     * clients that give up all streams at once then do not reconnect together. Until then new streams are rejected.
     */
    public void drain() {
        draining = true;
        if (sinks.isEmpty()) {
            askToLeave();
        }
    }

    /** The end of a stream of events is written. */
    void ended() {
        if (draining) {
            askToLeave();
        }
    }

    /**
     * The first GOAWAY asks the client to open no more streams here. Its answer to the PING shows that it has read the
     * GOAWAY; only then the second one names the last stream that is served. So no request that is on its way is lost.
     * The connection closes when its last stream has ended.
     */
    private void askToLeave() {
        ChannelHandlerContext ctx = context;
        if (ctx == null || askedToLeave) {
            return;
        }
        askedToLeave = true;
        ctx.write(new DefaultHttp2GoAwayFrame(Http2Error.NO_ERROR).setExtraStreamIds(Integer.MAX_VALUE));
        ctx.writeAndFlush(new DefaultHttp2PingFrame(0));
    }

    @Override
    public void channelRead(ChannelHandlerContext ctx, Object message) {
        if (message instanceof Http2GoAwayFrame) {
            closesWhenEmpty = true; // the client opens no more streams
            closeIfEmpty(ctx);
        } else if (message instanceof Http2PingFrame ping && ping.ack() && askedToLeave && !closesWhenEmpty) {
            ctx.writeAndFlush(new DefaultHttp2GoAwayFrame(Http2Error.NO_ERROR));
            closesWhenEmpty = true;
            closeIfEmpty(ctx);
        }
        ReferenceCountUtil.release(message);
    }

    private void closeIfEmpty(ChannelHandlerContext ctx) {
        if (closesWhenEmpty && connection.numActiveStreams() == 0) {
            ctx.executor().execute(ctx::close); // not within the codec, which reports the end of the stream
        }
    }

    @Override
    public void channelWritabilityChanged(ChannelHandlerContext ctx) {
        if (ctx.channel().isWritable()) {
            resume();
        }
    }

    @Override
    public void exceptionCaught(ChannelHandlerContext ctx, Throwable failure) {
        if (Http2CodecUtil.getEmbeddedHttp2Exception(failure) != null) {
            return; // the client has violated HTTP/2; the codec logs that, and closes the connection
        }
        if (failure instanceof CodecException) {
            log.debug("closing a connection because of its input: {}", failure.toString());
        } else if (!(failure instanceof IOException)) {
            FailureLog.of(ctx.channel()).warn(log, "an HTTP/2 connection failed", failure);
        }
        for (Http2Sink sink : List.copyOf(sinks)) {
            StreamHandler.reportFailure(sink, failure);
        }
        ctx.close();
    }
}
