package io.sluice.sse.netty;

import io.netty.channel.Channel;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.ChannelPipeline;
import io.netty.handler.codec.http2.Http2MultiplexHandler;
import io.sluice.sse.netty.connection.PendingConnections;
import io.sluice.sse.netty.http.Deadlines;
import io.sluice.sse.netty.http.RequestDeadline;
import io.sluice.sse.netty.http2.FrameDeadline;
import io.sluice.sse.netty.http2.Http2Codec;
import io.sluice.sse.netty.http2.Http2Limits;
import io.sluice.sse.netty.http2.Http2Output;
import io.sluice.sse.netty.http2.Http2RequestCodec;
import io.sluice.sse.netty.http2.Http2Session;
import io.sluice.sse.netty.http2.Http2Upgrade;

/**
 * The pipelines of an HTTP/2 connection and of its streams. Each request has a channel of its own with the handlers of
 * HTTP/1.1, so every route and every limit of a request is the same. {@link Http2Upgrade} removes these handlers when
 * the request becomes a stream of events. One instance for all connections. Thread-safe.
 */
final class Http2Pipeline extends ChannelInitializer<Channel> {

    /** What a header counts in addition to its bytes (RFC 9113, section 6.5.2). */
    private static final int BYTES_PER_HEADER = 32;

    /** Requests of a connection that has sent one before do not slow down the accepting of others. */
    private static final PendingConnections UNUSED = new PendingConnections();

    private final Http2Limits limits;
    private final int maxHeaderListBytes;
    private final Http2RequestCodec codec;
    private final int maxLineBytes;
    private final int maxHeaderBytes;
    private final int maxBodyBytes;
    private final Deadlines deadlines;
    private final PendingConnections pending;
    private final RouteHandler.Shared routing;

    Http2Pipeline(ServerOptions options, Deadlines deadlines, PendingConnections pending, RouteHandler.Shared routing) {
        this.limits = options.http2Limits();
        this.maxHeaderListBytes =
                options.maxRequestLineBytes + options.maxHeaderBytes + BYTES_PER_HEADER * options.maxHeaders;
        this.codec = new Http2RequestCodec(options.maxRequestLineBytes, options.maxHeaderBytes);
        this.maxLineBytes = options.maxRequestLineBytes;
        this.maxHeaderBytes = options.maxHeaderBytes;
        this.maxBodyBytes = options.maxBodyBytes;
        this.deadlines = deadlines;
        this.pending = pending;
        this.routing = routing;
    }

    /** Adds the handlers of a connection. */
    void addTo(ChannelPipeline pipeline) {
        Http2Output output = new Http2Output();
        Http2Codec frames =
                Http2Codec.create(limits, maxHeaderListBytes, routing.streams().rejections());
        Deadlines.OnLoop ofLoop = deadlines.on(pipeline.channel().eventLoop());
        Http2Session session = new Http2Session(frames, output, ofLoop, pending);
        pipeline.addLast("output", output)
                .addLast("frames", new FrameDeadline(ofLoop, routing.streams().rejections()))
                .addLast("http2", frames)
                .addLast("streams", new Http2MultiplexHandler(this))
                .addLast("session", session);
    }

    /** Adds the handlers of one request. */
    @Override
    protected void initChannel(Channel stream) {
        RequestDeadline deadline = new RequestDeadline(deadlines.on(stream.eventLoop()), UNUSED);
        stream.pipeline()
                .addLast("deadline", deadline)
                .addLast("http", codec)
                .addLast("body", new BodyAggregator(maxLineBytes, maxHeaderBytes, maxBodyBytes, routing.budget()))
                .addLast("route", new RouteHandler(routing, deadline));
    }
}
