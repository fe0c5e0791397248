package io.sluice.sse.netty;

import io.netty.channel.ChannelHandler.Sharable;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.handler.codec.http.HttpContent;
import io.netty.handler.codec.http.HttpRequest;
import io.netty.handler.codec.http.LastHttpContent;
import io.netty.util.AttributeKey;
import io.netty.util.ReferenceCountUtil;
import io.sluice.sse.hub.Hub;
import io.sluice.sse.hub.lane.HubLane;
import io.sluice.sse.hub.lane.LaneOptions;
import java.time.Duration;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;

/**
 * The streams of a hub for a pipeline that somebody else owns. Stands behind an HTTP/1.1 codec
 * ({@code HttpServerCodec}), with or without an aggregator between; requests for other paths go on to the next handler.
 * A request for a stream takes the codec and everything behind it out of the pipeline; what stands before it (TLS, say)
 * stays.
 *
 * <p>One instance for all pipelines. Thread-safe.
 */
@Sharable
public final class SseHandler extends ChannelInboundHandlerAdapter {

    /** Set while the rest of a refused request's body is still to come. */
    private static final AttributeKey<Boolean> REFUSED = AttributeKey.valueOf(SseHandler.class, "refused");

    private final Routes routes = new Routes();
    private final StreamEndpoint streams;
    private final TrustedProxies proxies;

    private SseHandler(StreamEndpoint streams, TrustedProxies proxies) {
        this.streams = streams;
        this.proxies = proxies;
    }

    /**
     * Serves streams at a path; with {@code /**} at its end, below it as well.
     *
     * @throws IllegalArgumentException if the path is not one
     */
    public static SseHandler serving(Hub hub, String path, StreamRoute route) {
        return serving(hub, path, route, LaneOptions.DEFAULT);
    }

    /** As {@link #serving(Hub, String, StreamRoute)}, with options of its own. */
    public static SseHandler serving(Hub hub, String path, StreamRoute route, LaneOptions options) {
        return serving(hub, path, route, options, StreamLimits.DEFAULT);
    }

    /** As {@link #serving(Hub, String, StreamRoute)}, with options and limits of its own. */
    public static SseHandler serving(
            Hub hub, String path, StreamRoute route, LaneOptions options, StreamLimits limits) {
        Lanes lanes = new Lanes(hub, options);
        StreamEndpoint streams = new StreamEndpoint(lanes, options.retry(), limits, new RejectionLog(hub.rejections()));
        SseHandler handler = new SseHandler(streams, TrustedProxies.NONE);
        handler.routes.addStream(path, Objects.requireNonNull(route, "route"));
        return handler;
    }

    /**
     * This handler for a server behind proxies; it shares the streams and their limits with the one it is made from.
     *
     * @throws IllegalArgumentException unless they tell it by a header alone: how a connection begins is for the
     *     pipeline's owner to read
     */
    public SseHandler trustedProxies(TrustedProxies trusted) {
        if (trusted.isByProxyProtocol() || !trusted.believesAnything()) {
            throw new IllegalArgumentException("trustedProxies: not by a header alone (expected: byForwarded() or"
                    + " byXForwardedFor(); how a connection begins is for the pipeline's owner to read)");
        }
        SseHandler handler = new SseHandler(streams, trusted);
        handler.routes.addAll(routes);
        return handler;
    }

    @Override
    public void channelRead(ChannelHandlerContext ctx, Object message) {
        if (!(message instanceof HttpRequest request)) {
            if (message instanceof HttpContent && ctx.channel().hasAttr(REFUSED)) {
                swallow(ctx, message);
            } else {
                ctx.fireChannelRead(message);
            }
            return;
        }
        Routes.Entry entry = request.decoderResult().isSuccess() ? routes.find(pathOf(request)) : null;
        if (entry == null) {
            ctx.fireChannelRead(message);
            return;
        }
        try {
            open(ctx, request, entry);
        } finally {
            ReferenceCountUtil.release(message);
        }
    }

    private void open(ChannelHandlerContext ctx, HttpRequest message, Routes.Entry entry) {
        RouteResponse answer;
        try {
            SseRequest request =
                    SseRequest.of(message, ctx.channel(), new byte[0], proxies).below(entry.path.length());
            answer = streams.openOrRefuse(ctx, request, Objects.requireNonNull(entry.stream));
        } catch (RuntimeException e) {
            answer = RouteHandler.refusalOf(e, ctx.channel(), null).response();
        }
        if (answer != null) {
            if (!(message instanceof LastHttpContent)) {
                ctx.channel().attr(REFUSED).set(Boolean.TRUE);
            }
            RouteHandler.write(ctx, answer, false, message.method().name().equals("HEAD"));
        }
    }

    private static void swallow(ChannelHandlerContext ctx, Object content) {
        if (content instanceof LastHttpContent) {
            ctx.channel().attr(REFUSED).set(null);
        }
        ReferenceCountUtil.release(content);
    }

    /** Good enough to tell whose request it is; what is wrong with it is said when it is ours. */
    private static String pathOf(HttpRequest request) {
        try {
            String target = request.uri();
            int mark = target.indexOf('?');
            return PercentDecoder.decodePath(mark < 0 ? target : target.substring(0, mark));
        } catch (HttpStatusException e) {
            return request.uri();
        }
    }

    /**
     * Refuses new streams and ends the open ones, spread over {@code drain}. The channels' owner closes the rest.
     *
     * @return completes when the streams have ended
     * @throws IllegalArgumentException if the time is not from 0 to 365 days; nothing ends then
     */
    public CompletionStage<Void> drain(Duration drain) {
        Checks.inRange("drain", drain);
        streams.drain();
        CompletableFuture<?>[] drains = streams.lanes().all().stream()
                .map((HubLane lane) -> Drain.start(lane, drain).toCompletableFuture())
                .toArray(CompletableFuture<?>[]::new);
        return CompletableFuture.allOf(drains);
    }
}
