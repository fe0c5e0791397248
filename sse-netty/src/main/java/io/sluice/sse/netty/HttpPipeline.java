package io.sluice.sse.netty;

import io.netty.channel.Channel;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.ChannelPipeline;
import io.netty.handler.codec.http.HttpDecoderConfig;
import io.netty.handler.codec.http.HttpServerCodec;
import io.netty.handler.ssl.SslContext;
import io.netty.handler.ssl.SslHandler;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * The pipeline of a server's connection while it speaks HTTP, in the order from the wire to the routes. {@link Upgrade}
 * removes these handlers when the connection becomes a stream. One instance for all connections. Thread-safe.
 */
final class HttpPipeline extends ChannelInitializer<Channel> {

    private final HttpDecoderConfig codec;
    private final int maxBodyBytes;
    private final Deadlines deadlines;
    private final PendingConnections pending;
    private final RouteHandler.Shared routing;
    private final @Nullable Supplier<SslContext> tls;
    private final long handshakeMillis;

    HttpPipeline(ServerOptions options, StreamEndpoint streams, PendingConnections pending) {
        this.codec = new HttpDecoderConfig()
                .setMaxInitialLineLength(options.maxRequestLineBytes)
                .setMaxHeaderSize(options.maxHeaderBytes);
        this.maxBodyBytes = options.maxBodyBytes;
        this.deadlines = new Deadlines(options.requestTimeout, options.idleTimeout);
        this.pending = pending;
        this.tls = options.tls;
        this.handshakeMillis = options.requestTimeout.toMillis();
        this.routing = new RouteHandler.Shared(
                options.routes,
                streams,
                options.allowedHosts(),
                options.proxies,
                options.cors,
                streams.accessControl(options.access),
                options.maxHeaders,
                new BufferBudget(options.maxBufferedBytes));
    }

    @Override
    protected void initChannel(Channel channel) {
        RequestDeadline deadline = new RequestDeadline(deadlines.on(channel.eventLoop()), pending);
        ChannelPipeline pipeline = channel.pipeline();
        if (routing.proxies().expectsProxyHeader(channel.remoteAddress())) {
            ProxyHeaderHandler.addTo(pipeline);
        }
        if (tls != null) {
            SslHandler handler = tls.get().newHandler(channel.alloc());
            handler.setHandshakeTimeoutMillis(handshakeMillis);
            pipeline.addLast("tls", handler);
        }
        pipeline.addLast("deadline", deadline)
                .addLast("http", new HttpServerCodec(codec))
                .addLast("body", new BodyAggregator(maxBodyBytes, routing.budget()))
                .addLast("route", new RouteHandler(routing, deadline));
    }
}
