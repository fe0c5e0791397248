package io.sluice.sse.netty;

import io.netty.channel.Channel;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.ChannelPipeline;
import io.netty.handler.codec.http.HttpDecoderConfig;
import io.netty.handler.ssl.SslContext;
import io.netty.handler.ssl.SslHandler;
import io.sluice.sse.RejectionCounts;
import io.sluice.sse.netty.connection.PendingConnections;
import io.sluice.sse.netty.connection.RejectionLog;
import io.sluice.sse.netty.http.Deadlines;
import io.sluice.sse.netty.http.ProxyHeaderHandler;
import io.sluice.sse.netty.http.RequestCodec;
import io.sluice.sse.netty.http.RequestDeadline;
import io.sluice.sse.netty.http.RequestHeaders;
import io.sluice.sse.netty.stream.Upgrade;
import java.net.SocketAddress;
import java.util.List;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * The pipeline of a server's connection while it speaks HTTP, in the order from the wire to the routes. {@link Upgrade}
 * removes these handlers when the connection becomes a stream, and {@link ProtocolDetector} when the client speaks
 * HTTP/2. One instance for all connections. Thread-safe.
 */
final class HttpPipeline extends ChannelInitializer<Channel> {

    private static final List<String> HTTP_1 = List.of("deadline", "http", "body", "route");

    /**
     * How many times their maximum the request line and the headers may have until the codec stops to read them. Below
     * that the header Origin is known, so that a page can read why its request is rejected.
     */
    private static final int READ_FACTOR = 2;

    private final HttpDecoderConfig codec;
    private final int maxLineBytes;
    private final int maxHeaderBytes;
    private final int maxBodyBytes;
    private final Deadlines deadlines;
    private final PendingConnections pending;
    private final RouteHandler.Shared routing;
    private final @Nullable Supplier<SslContext> tls;
    private final long handshakeMillis;
    /** Null if the server speaks HTTP/1.1 only. */
    private final @Nullable Http2Pipeline http2;
    /** The rate of handshakes per address: twice that of streams, so that a rejected client can read its 429. */
    private final @Nullable AddressRates handshakes;

    private final RejectionLog rejections;

    HttpPipeline(ServerOptions options, StreamEndpoint streams, PendingConnections pending, BufferBudget budget) {
        this.codec = new HttpDecoderConfig()
                .setHeadersFactory(RequestHeaders.FACTORY)
                .setMaxInitialLineLength(READ_FACTOR * options.maxRequestLineBytes)
                .setMaxHeaderSize(READ_FACTOR * options.maxHeaderBytes);
        this.maxLineBytes = options.maxRequestLineBytes;
        this.maxHeaderBytes = options.maxHeaderBytes;
        this.maxBodyBytes = options.maxBodyBytes;
        this.deadlines = new Deadlines(options.requestTimeout, options.idleTimeout);
        this.pending = pending;
        this.tls = options.tls;
        this.handshakeMillis = options.requestTimeout.toMillis();
        Rate streamRate = options.limits.connectRate;
        this.handshakes = tls == null || streamRate == null ? null : new AddressRates(streamRate.twice());
        this.rejections = streams.rejections();
        this.routing = new RouteHandler.Shared(
                options.routes,
                streams,
                options.allowedHosts(),
                options.proxies,
                options.cors,
                streams.accessControl(options.access),
                options.maxHeaders,
                budget);
        this.http2 = options.http2 ? new Http2Pipeline(options, deadlines, pending, routing) : null;
    }

    @Override
    protected void initChannel(Channel channel) {
        if (isAboveHandshakeRate(channel.remoteAddress())) {
            rejections.rejected(RejectionCounts.Kind.CONNECT_RATE, channel.remoteAddress());
            channel.close(); // without a handshake, which is what costs
            return;
        }
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
        pipeline.addLast("deadline", deadline);
        if (http2 != null) {
            pipeline.addLast("protocol", new ProtocolDetector(http2, HTTP_1));
        }
        pipeline.addLast("http", new RequestCodec(codec, routing.budget()))
                .addLast("body", new BodyAggregator(maxLineBytes, maxHeaderBytes, maxBodyBytes, routing.budget()))
                .addLast("route", new RouteHandler(routing, deadline));
    }

    /** Proxies have connections for many clients. */
    private boolean isAboveHandshakeRate(@Nullable SocketAddress peer) {
        AddressRates rates = handshakes;
        return rates != null && peer != null && !routing.proxies().trusts(peer) && rates.take(peer) > 0;
    }
}
