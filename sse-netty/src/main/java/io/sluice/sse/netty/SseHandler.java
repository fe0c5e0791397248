package io.sluice.sse.netty;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.channel.ChannelHandler.Sharable;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.handler.codec.PrematureChannelClosureException;
import io.netty.handler.codec.http.FullHttpRequest;
import io.netty.handler.codec.http.HttpContent;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpRequest;
import io.netty.handler.codec.http.LastHttpContent;
import io.netty.handler.codec.http.cors.CorsHandler;
import io.netty.util.AttributeKey;
import io.netty.util.ReferenceCountUtil;
import io.sluice.sse.hub.Hub;
import io.sluice.sse.hub.lane.HubLane;
import io.sluice.sse.hub.lane.LaneOptions;
import io.sluice.sse.netty.connection.RejectionLog;
import io.sluice.sse.netty.http.HttpCodec;
import io.sluice.sse.netty.http.InvalidRequestException;
import io.sluice.sse.netty.http.PercentDecoder;
import io.sluice.sse.netty.stream.Drain;
import io.sluice.sse.netty.stream.Lanes;
import io.sluice.sse.netty.stream.PipelineUpgrade;
import io.sluice.sse.topic.AccessRules;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import org.jspecify.annotations.Nullable;

/**
 * Serves the streams of a hub in the pipeline of an application. It must come after an HTTP/1.1 codec
 * ({@code HttpServerCodec}); an aggregator may be between the two. Requests for other paths go on to the next handler.
 * A request for a stream removes the codec and every handler after it from the pipeline. Handlers before the codec
 * (TLS, for example) stay.
 *
 * <p>Requests of pages of other sites get status 403, as those of a server without {@link SseServerBuilder#cors}. If
 * the pipeline has a {@link CorsHandler}, that handler decides alone. It rejects other origins only if it is configured
 * with {@code shortCircuit()}.
 *
 * <p>One instance serves all pipelines. Thread-safe.
 */
@Sharable
public final class SseHandler extends ChannelInboundHandlerAdapter {

    static final int MAX_BODY_BYTES = 1 << 20;

    /** Set while the rest of a request that this handler has taken is still arriving. */
    private static final AttributeKey<Boolean> REJECTED = AttributeKey.valueOf(SseHandler.class, "rejected");

    /** Set while user code decides about a request. Later requests of the connection get no response. */
    private static final AttributeKey<Boolean> DECIDING = AttributeKey.valueOf(SseHandler.class, "deciding");

    private final Routes routes = new Routes();
    private final ReachabilityProbe probe = new ReachabilityProbe(routes);
    private final StreamEndpoint streams;
    private final TrustedProxies proxies;
    private final AccessControl access;
    private final String path;
    private final BufferBudget bodies = new BufferBudget(BufferBudget.defaultBytes());

    /** Set once, before the handler is used. */
    private @Nullable StreamRoute route;

    private SseHandler(StreamEndpoint streams, TrustedProxies proxies, AccessControl.Settings access, String path) {
        this.streams = streams;
        this.proxies = proxies;
        this.access = streams.accessControl(access);
        this.path = path;
    }

    /**
     * Serves streams at a path; if the path ends with {@code /**}, at all paths below it, too.
     *
     * @throws IllegalArgumentException if the path does not begin with a slash
     */
    @CheckReturnValue
    public static SseHandler serving(Hub hub, String path, StreamRoute route) {
        return serving(hub, path, route, LaneOptions.DEFAULT);
    }

    /** Like {@link #serving(Hub, String, StreamRoute)}, with options. */
    @CheckReturnValue
    public static SseHandler serving(Hub hub, String path, StreamRoute route, LaneOptions options) {
        return serving(hub, path, route, options, StreamLimits.DEFAULT);
    }

    /**
     * Like {@link #serving(Hub, String, StreamRoute)}, with options and limits.
     *
     * @throws IllegalArgumentException if the path does not begin with a slash
     */
    @CheckReturnValue
    public static SseHandler serving(
            Hub hub, String path, StreamRoute route, LaneOptions options, StreamLimits limits) {
        Objects.requireNonNull(options, "options");
        Objects.requireNonNull(limits, "limits");
        RejectionLog rejections =
                new RejectionLog(Objects.requireNonNull(hub, "hub").rejections());
        StreamCompression compression =
                new StreamCompression(Compression.OFF, StreamCompression.DEFAULT_MAX_COMPRESSORS);
        StreamEndpoint streams = new StreamEndpoint(new Lanes(hub, options), limits, compression, rejections, null);
        SseHandler handler = new SseHandler(
                streams, TrustedProxies.NONE, AccessControl.Settings.NONE, Objects.requireNonNull(path, "path"));
        handler.route = Objects.requireNonNull(route, "route");
        handler.routes.addStream(path, route, List.of("GET"));
        return handler;
    }

    /**
     * Returns a handler whose streams are opened by requests of these methods. It shares the streams and their limits
     * with this handler. A request of another method than GET may have a body of up to 1 MiB, which reaches the route.
     *
     * @param methods in upper case; GET also serves HEAD
     * @throws IllegalArgumentException if there is no method, or one is not in upper case
     */
    @CheckReturnValue
    public SseHandler methods(String... methods) {
        if (Objects.requireNonNull(methods, "methods").length == 0) {
            throw new IllegalArgumentException("methods: none (expected: at least one)");
        }
        SseHandler handler = new SseHandler(streams, proxies, access.settings(), path);
        handler.route = route;
        handler.routes.addStream(path, Objects.requireNonNull(route), List.of(methods));
        return handler;
    }

    /**
     * Returns a handler for a server after trusted proxies. It shares the streams and their limits with this handler.
     *
     * @throws IllegalArgumentException unless the proxies report the client's address only by a header; the PROXY
     *     protocol is up to the owner of the pipeline
     */
    @CheckReturnValue
    public SseHandler trustedProxies(TrustedProxies trusted) {
        if (Objects.requireNonNull(trusted, "trustedProxies").isByProxyProtocol() || !trusted.hasSource()) {
            throw new IllegalArgumentException("trustedProxies: not by a header alone (expected: byForwarded() or"
                    + " byXForwardedFor(); the owner of the pipeline handles the PROXY protocol)");
        }
        return copy(trusted, access.settings());
    }

    /**
     * Returns a handler that identifies the client of each request for a stream, as {@link
     * SseServerBuilder#authenticator} does. It shares the streams and their limits with this handler.
     */
    @CheckReturnValue
    public SseHandler authenticator(Authenticator authenticator) {
        return copy(proxies, access.settings().authenticator(authenticator));
    }

    /**
     * Returns a handler with access rules for all of its streams, as {@link SseServerBuilder#access}. It shares the
     * streams and their limits with this handler.
     */
    @CheckReturnValue
    public SseHandler access(AccessRules rules) {
        return copy(proxies, access.settings().rules(rules));
    }

    /**
     * Returns a handler with another time for the authenticator and for asynchronous routes, as {@link
     * SseServerBuilder#decisionTimeout}. It shares the streams and their limits with this handler. Default: 10 seconds.
     *
     * @throws IllegalArgumentException if it is negative, or longer than 365 days
     */
    @CheckReturnValue
    public SseHandler decisionTimeout(Duration time) {
        return copy(proxies, access.settings().timeout(Checks.inRange("decisionTimeout", time)));
    }

    private SseHandler copy(TrustedProxies newProxies, AccessControl.Settings newAccess) {
        SseHandler handler = new SseHandler(streams, newProxies, newAccess, path);
        handler.route = route;
        handler.routes.addAll(routes);
        return handler;
    }

    /** The path, as it was given. */
    String path() {
        return path;
    }

    /** @throws IllegalStateException if it cannot serve streams there; the message contains what to change */
    @Override
    public void handlerAdded(ChannelHandlerContext ctx) {
        Placement.checkAdded(ctx, this);
        probe.addTo(ctx, HttpCodec.around(ctx));
    }

    @Override
    public void channelRead(ChannelHandlerContext ctx, Object message) {
        if (message instanceof HttpRequest request) {
            Routes.Entry entry = request.decoderResult().isSuccess() ? routes.find(pathOf(request)) : null;
            if (isTaken(ctx)) {
                ReferenceCountUtil.release(message);
            } else if (entry != null && needsBody(request, entry)) {
                collectBody(ctx, request);
            } else if (entry != null) {
                open(ctx, request, entry);
            } else if (isFailedBody(ctx, request)) {
                ReferenceCountUtil.release(message);
                HttpStatusException rejection =
                        Responses.ofMalformed(request.decoderResult().cause());
                // Later, since the response closes the connection, and the aggregator still writes in this turn.
                ctx.executor().execute(() -> Responses.writeLast(ctx, rejection.response(), false));
            } else {
                probe.passed(ctx);
                ctx.fireChannelRead(message);
            }
        } else if (message instanceof HttpContent && (ctx.channel().hasAttr(REJECTED) || isTaken(ctx))) {
            discard(ctx, message);
        } else {
            passOn(ctx, message);
        }
    }

    private static void passOn(ChannelHandlerContext ctx, Object message) {
        if (message instanceof ByteBuf) {
            try {
                Placement.checkForeignMessage(ctx);
            } catch (IllegalStateException e) {
                ReferenceCountUtil.release(message);
                throw e;
            }
        }
        ctx.fireChannelRead(message);
    }

    /** Whether user code decides about an earlier request, or the connection is about to become a stream. */
    private static boolean isTaken(ChannelHandlerContext ctx) {
        return PipelineUpgrade.isOnItsWay(ctx)
                || (ctx.channel().hasAttr(DECIDING)
                        && Boolean.TRUE.equals(ctx.channel().attr(DECIDING).get()));
    }

    /** Whether the request has a body that belongs to its stream and that no handler has collected. */
    private static boolean needsBody(HttpRequest request, Routes.Entry entry) {
        String method = request.method().name();
        return !(request instanceof LastHttpContent)
                && !method.equals("GET")
                && !method.equals("HEAD")
                && entry.streamOf(method) != null;
    }

    /** From here on the bodies of this connection are collected. After the next response it closes, or is a stream. */
    private void collectBody(ChannelHandlerContext ctx, HttpRequest request) {
        BodyAggregator aggregator = new BodyAggregator(Integer.MAX_VALUE, Integer.MAX_VALUE, MAX_BODY_BYTES, bodies);
        ctx.pipeline().addBefore(ctx.name(), null, aggregator);
        try {
            aggregator.channelRead(ctx.pipeline().context(aggregator), request);
        } catch (Exception e) {
            ctx.fireExceptionCaught(e);
        }
    }

    @Override
    public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
        // A client that leaves while it sends a body is no failure, and its body is released.
        if (!(cause instanceof PrematureChannelClosureException)
                || ctx.pipeline().get(BodyAggregator.class) == null) {
            ctx.fireExceptionCaught(cause);
        }
    }

    /** Whether {@link #collectBody} has found the request too large or malformed. */
    private static boolean isFailedBody(ChannelHandlerContext ctx, HttpRequest request) {
        return request.decoderResult().isFailure() && ctx.pipeline().get(BodyAggregator.class) != null;
    }

    /** Whether a body follows that nobody collects. */
    private static boolean hasRest(HttpRequest message) {
        return !(message instanceof LastHttpContent)
                && (message.headers().contains(HttpHeaderNames.CONTENT_LENGTH)
                        || message.headers().contains(HttpHeaderNames.TRANSFER_ENCODING));
    }

    private void open(ChannelHandlerContext ctx, HttpRequest message, Routes.Entry entry) {
        try {
            Placement.checkRequest(ctx);
            probe.reached(ctx);
            Decision decision = new Decision(ctx, message.method().name().equals("HEAD"), hasRest(message));
            try {
                StreamRoute stream = streamOf(message, entry);
                SseRequest request = requestOf(ctx, message, entry);
                if (ctx.pipeline().get(CorsHandler.class) == null) { // it does not reveal which origins it allows
                    Cors.NONE.checkOrigin(request, true);
                }
                decision.begin(request, stream);
            } catch (HttpStatusException e) {
                decision.rejected(e.response());
            }
            if (!ctx.isRemoved() && !(message instanceof LastHttpContent)) {
                ctx.channel().attr(REJECTED).set(Boolean.TRUE);
            }
        } finally {
            ReferenceCountUtil.release(message);
        }
    }

    private SseRequest requestOf(ChannelHandlerContext ctx, HttpRequest message, Routes.Entry entry) {
        byte[] body = {};
        if (message instanceof FullHttpRequest full) {
            if (full.content().readableBytes() > MAX_BODY_BYTES) { // of an aggregator of the application
                throw HttpStatusException.of(413, "the body is larger than " + MAX_BODY_BYTES + " bytes");
            }
            body = ByteBufUtil.getBytes(full.content());
        }
        return SseRequest.of(message, ctx.channel(), body, proxies).below(entry.path.length());
    }

    private static StreamRoute streamOf(HttpRequest message, Routes.Entry entry) {
        StreamRoute stream = entry.streamOf(message.method().name());
        if (stream == null) {
            String methods = String.join(", ", entry.methods());
            throw HttpStatusException.of(405, "a stream is opened by " + methods, "allow", methods);
        }
        return stream;
    }

    /** Decides about one request, perhaps in a later turn of the event loop. Confined to it. */
    private final class Decision implements AccessControl.Continuation, StreamEndpoint.Continuation {

        private final ChannelHandlerContext ctx;
        private final boolean head;
        private final boolean hasRest;
        private @Nullable StreamRoute route;
        private boolean isOver;

        Decision(ChannelHandlerContext ctx, boolean head, boolean hasRest) {
            this.ctx = ctx;
            this.head = head;
            this.hasRest = hasRest;
        }

        void begin(SseRequest request, StreamRoute newRoute) {
            route = newRoute;
            access.identify(ctx, request, this);
            if (!isOver && !ctx.isRemoved()) {
                ctx.channel().attr(DECIDING).set(Boolean.TRUE); // most channels never have this attribute
            }
        }

        @Override
        public void next(SseRequest identified, @Nullable Throwable failure) {
            if (failure != null) {
                rejected(streams.unidentified(ctx.channel(), identified, failure));
            } else {
                streams.open(ctx, identified, Objects.requireNonNull(route), access, this);
            }
        }

        @Override
        public void rejected(RouteResponse response) {
            gone();
            if (!ctx.isRemoved()) {
                if (hasRest) {
                    Responses.writeLast(ctx, response, head);
                } else {
                    Responses.write(ctx, response, false, head);
                }
            }
        }

        @Override
        public void gone() {
            isOver = true;
            if (ctx.channel().hasAttr(DECIDING)) {
                ctx.channel().attr(DECIDING).set(null);
            }
        }

        @Override
        public void left() {
            gone();
        }
    }

    /** Drops the body of a request, up to its end. */
    private static void discard(ChannelHandlerContext ctx, Object content) {
        if (content instanceof LastHttpContent) {
            ctx.channel().attr(REJECTED).set(null);
        }
        ReferenceCountUtil.release(content);
    }

    /** The path to select the handler by. If it cannot be decoded, {@link SseRequest#of} reports what is wrong. */
    static String pathOf(HttpRequest request) {
        try {
            String target = request.uri();
            int mark = target.indexOf('?');
            return PercentDecoder.decodePath(mark < 0 ? target : target.substring(0, mark));
        } catch (InvalidRequestException e) {
            return request.uri();
        }
    }

    /**
     * Rejects new streams from now on and ends the open ones, spread over {@code drain}. Then the handler leaves the
     * hub: each event loop does as soon as its last stream has ended, or when the loop itself ends. The owner of the
     * channels closes everything else. Any thread may call; the call does not block. A drained handler never serves
     * streams again.
     *
     * @return completes when the streams have ended
     * @throws IllegalArgumentException if the time is not from 0 to 365 days; no stream is ended then
     */
    public CompletionStage<Void> drain(Duration drain) {
        Checks.inRange("drain", drain);
        streams.drain();
        CompletableFuture<?>[] drains = streams.lanes().all().stream()
                .map((HubLane lane) -> Drain.start(lane, drain).toCompletableFuture())
                .toArray(CompletableFuture<?>[]::new);
        return CompletableFuture.allOf(drains)
                .whenComplete((ignored, never) -> streams.lanes().leaveWhenEmpty());
    }
}
