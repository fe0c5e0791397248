package io.sluice.sse.netty;

import io.netty.channel.Channel;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.ChannelPipeline;
import io.netty.handler.codec.http.HttpDecoderConfig;
import io.netty.handler.codec.http.HttpServerCodec;

/**
 * What stands in the pipeline of a server's connection while it speaks HTTP, from the wire to the routes. A request for a stream takes
 * all of it out again ({@link Upgrade}). One for all connections; thread-safe.
 */
final class HttpPipeline extends ChannelInitializer<Channel> {

    private final HttpDecoderConfig codec;
    private final int maxBodyBytes;
    private final int maxHeaders;
    private final Deadlines deadlines;
    private final PendingConnections newcomers;
    private final StreamEndpoint streams;
    private final AllowedHosts hosts;
    private final Routes routes;
    private final TrustedProxies proxies;

    HttpPipeline(SseServerBuilder options, StreamEndpoint streams, PendingConnections newcomers) {
        this.codec = new HttpDecoderConfig()
                .setMaxInitialLineLength(options.maxRequestLineBytes)
                .setMaxHeaderSize(options.maxHeaderBytes);
        this.maxBodyBytes = options.maxBodyBytes;
        this.maxHeaders = options.maxHeaders;
        this.deadlines = new Deadlines(options.requestTimeout, options.idleTimeout);
        this.newcomers = newcomers;
        this.streams = streams;
        this.hosts = options.hostRule();
        this.routes = new Routes(options.routes);
        this.proxies = options.proxies;
    }

    @Override
    protected void initChannel(Channel channel) {
        RequestDeadline deadline = new RequestDeadline(deadlines.on(channel.eventLoop()), newcomers);
        ChannelPipeline pipeline = channel.pipeline();
        if (proxies.expectsProxyHeader(channel.remoteAddress())) {
            ProxyHeaderHandler.addTo(pipeline);
        }
        pipeline.addLast("deadline", deadline)
                .addLast("http", new HttpServerCodec(codec))
                .addLast("body", new BodyAggregator(maxBodyBytes))
                .addLast("route", new RouteHandler(routes, streams, hosts, proxies, maxHeaders, deadline));
    }
}
