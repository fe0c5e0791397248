package io.sluice.sse.netty;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelPipeline;
import io.netty.channel.SimpleChannelInboundHandler;
import io.netty.handler.codec.CodecException;
import io.netty.handler.codec.DecoderResult;
import io.netty.handler.codec.http.FullHttpRequest;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpUtil;
import io.sluice.sse.RejectionCounts;
import io.sluice.sse.netty.OrderedResponses.Exchange;
import io.sluice.sse.netty.connection.ClientAddress;
import io.sluice.sse.netty.connection.FailureLog;
import io.sluice.sse.netty.http.AllowedHosts;
import io.sluice.sse.netty.http.RequestCodec;
import io.sluice.sse.netty.http.RequestDeadline;
import java.io.IOException;
import java.util.ArrayDeque;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Routes a request: it becomes a stream, gets the response of another route, or is rejected. While user code decides
 * about a request (who its client is, and whether it becomes a stream), later requests of the connection wait. One per
 * connection, confined to its event loop. {@link OrderedResponses} keeps the responses in order.
 */
final class RouteHandler extends SimpleChannelInboundHandler<FullHttpRequest> {

    private static final Logger log = LoggerFactory.getLogger(RouteHandler.class);
    /** Methods that change nothing (RFC 9110, section 9.2.1), and QUERY, which is a GET with a body. */
    private static final Set<String> SAFE_METHODS = Set.of("GET", "HEAD", "OPTIONS", "TRACE", "QUERY");

    private static final byte[] NO_BODY = {};

    /** What the connections of a server share. Immutable, except for the streams, which are thread-safe. */
    record Shared(
            Routes routes,
            StreamEndpoint streams,
            AllowedHosts hosts,
            TrustedProxies proxies,
            Cors cors,
            AccessControl access,
            int maxHeaders,
            BufferBudget budget) {}

    private final Shared shared;
    private final RequestDeadline deadline;
    private final OrderedResponses responses;

    /** Whether an earlier request of the connection is not decided yet. */
    private boolean deciding;
    /** The latest request whose decision has begun; null before the first one. */
    private @Nullable Turn current;
    /** The requests that have arrived meanwhile; null if there were none. */
    private @Nullable ArrayDeque<Turn> waiting;

    /** A request, from its arrival until it is decided. */
    private final class Turn {

        private final Exchange exchange;
        private final Consumer<Turn> work;
        /** Whether its response comes before all other work, so that a stream can take over the connection. */
        private final boolean isStream;
        /** The bytes of its body, if it is held until user code has decided. */
        private int heldBytes;

        private boolean isDecided;
        /** Whether it is decided in a later turn of the event loop. */
        private boolean isLate;

        Turn(Exchange exchange, boolean isStream, Consumer<Turn> work) {
            this.exchange = exchange;
            this.isStream = isStream;
            this.work = work;
        }

        boolean isSafe() {
            SseRequest request = exchange.request();
            return request == null || SAFE_METHODS.contains(request.method());
        }

        /** The budget bounds what all connections hold, so clients that are not known yet cannot fill the memory. */
        void hold() {
            SseRequest request = exchange.request();
            if (heldBytes == 0 && request != null) {
                heldBytes = request.body().length;
                shared.budget().reserve(heldBytes);
            }
        }

        void release() {
            shared.budget().release(heldBytes);
            heldBytes = 0;
        }
    }

    RouteHandler(Shared shared, RequestDeadline deadline) {
        this.shared = shared;
        this.deadline = deadline;
        this.responses = new OrderedResponses(deadline, shared.streams().rejections(), shared.budget(), shared.cors());
    }

    @Override
    protected void channelRead0(ChannelHandlerContext ctx, FullHttpRequest message) {
        if (responses.isClosing() || deadline.isExpired()) {
            return;
        }
        deadline.requestArrived();
        List<String> origins = message.headers().getAll(HttpHeaderNames.ORIGIN);
        DecoderResult decoded = message.decoderResult();
        if (decoded.isFailure()) {
            HttpStatusException malformed = Responses.ofMalformed(decoded.cause());
            inTurn(ctx, new Turn(new Exchange(null, origins, false, false), false, turn -> fail(ctx, turn, malformed)));
            return;
        }
        boolean head = message.method().name().equals("HEAD");
        SseRequest request;
        try {
            if (message.headers().size() > shared.maxHeaders()) {
                throw HttpStatusException.of(431, "there are more than " + shared.maxHeaders() + " headers");
            }
            request = SseRequest.of(message, ctx.channel(), bytesOf(message.content()), shared.proxies());
        } catch (Throwable e) {
            HttpStatusException rejection = Responses.toStatusException(e, ctx.channel(), null);
            inTurn(ctx, new Turn(new Exchange(null, origins, false, head), false, turn -> fail(ctx, turn, rejection)));
            return;
        }
        Exchange exchange = new Exchange(request, origins, HttpUtil.isKeepAlive(message), head);
        Routes.Entry entry;
        try {
            int bodyBytes = request.body().length;
            if (bodyBytes > 0 && shared.budget().isExhausted(bodyBytes)) {
                throw shared.budget().rejection(); // before the route acts: there may be no room for its response
            }
            entry = entryOf(request);
        } catch (Throwable e) {
            inTurn(ctx, new Turn(exchange, false, turn -> fail(ctx, turn, e)));
            return;
        }
        boolean isStream = entry.streamOf(request.method()) != null && !head;
        inTurn(ctx, new Turn(exchange, isStream, turn -> handle(ctx, turn, request, entry)));
    }

    private void inTurn(ChannelHandlerContext ctx, Turn turn) {
        if (!deciding && (waiting == null || waiting.isEmpty())) {
            begin(ctx, turn);
            return;
        }
        if (waiting == null) {
            waiting = new ArrayDeque<>();
        }
        waiting.add(turn);
        turn.hold();
        responses.requestWaits(ctx);
    }

    private void begin(ChannelHandlerContext ctx, Turn turn) {
        deciding = true;
        current = turn;
        if (turn.isStream) {
            // A stream takes over the connection, so the responses before it must be written first.
            responses.runAfterPending(ctx, () -> turn.work.accept(turn));
        } else {
            turn.work.accept(turn);
        }
        if (!turn.isDecided && !ctx.isRemoved()) {
            turn.isLate = true;
            turn.hold();
        }
    }

    /** The response of the turn was sent, or waits for the stage of its route. */
    private void decided(ChannelHandlerContext ctx, Turn turn) {
        turn.isDecided = true;
        turn.release();
        deciding = false;
        while (!deciding && waiting != null && !waiting.isEmpty()) {
            Turn next = waiting.remove();
            next.release();
            deciding = true; // reading may bring further requests at once, which come after this one
            responses.requestProceeds(ctx);
            if (responses.isClosing()) {
                deciding = false;
            } else {
                begin(ctx, next);
            }
        }
        if (turn.isLate) {
            ctx.flush();
        }
    }

    @Override
    public void handlerRemoved(ChannelHandlerContext ctx) {
        if (current != null) {
            current.release();
        }
        if (waiting != null) {
            waiting.forEach(Turn::release);
            waiting = null;
        }
    }

    /** Finds the routes of a request's path, once per request, and only if the request is for a host of this server. */
    private Routes.Entry entryOf(SseRequest request) {
        if (!shared.hosts().allows(request.authority())) {
            throw HttpStatusException.of(421, "this server does not answer for that host");
        }
        Routes.Entry entry = shared.routes().find(request.path());
        if (entry == null) {
            throw HttpStatusException.of(404, "there is nothing at this path");
        }
        return entry;
    }

    private void handle(ChannelHandlerContext ctx, Turn turn, SseRequest request, Routes.Entry entry) {
        if (shared.cors().isPreflight(request)) {
            send(
                    ctx,
                    turn,
                    () -> shared.cors().preflight(request, entry.methods()).completed());
            return;
        }
        String method = request.method().equals("HEAD") ? "GET" : request.method();
        boolean isStream = entry.streamOf(method) != null;
        try {
            // First, so that a foreign page cannot use up a permit, a rate or a ticket of the user.
            if (!isStream && !entry.byMethod.containsKey(method)) {
                String methods = String.join(", ", entry.methods());
                throw HttpStatusException.of(405, "this path answers " + methods, "allow", methods);
            }
            shared.cors().checkOrigin(request, isStream);
        } catch (HttpStatusException e) {
            fail(ctx, turn, e);
            return;
        }
        AccessControl access = shared.access();
        access.identify(ctx, request, new AccessControl.Continuation() {
            @Override
            public void next(SseRequest identified, @Nullable Throwable failure) {
                handle(ctx, turn, identified.below(entry.path.length()), entry, failure);
            }

            @Override
            public void left() {
                // The pipeline of a closed channel removes this handler.
            }
        });
    }

    /** @param failure to identify the client, or null */
    private void handle(
            ChannelHandlerContext ctx, Turn turn, SseRequest request, Routes.Entry entry, @Nullable Throwable failure) {
        String method = request.method().equals("HEAD") ? "GET" : request.method();
        StreamRoute stream = entry.streamOf(method);
        if (stream == null) {
            if (failure != null) {
                fail(ctx, turn, failure);
            } else {
                send(ctx, turn, () -> response(request, method, entry));
            }
            return;
        }
        if (failure != null) {
            RouteResponse rejection = shared.streams().unidentified(ctx.channel(), request, failure);
            send(ctx, turn, rejection::completed);
            return;
        }
        shared.streams().open(ctx, request, stream, shared.access(), new StreamEndpoint.Continuation() {
            @Override
            public void rejected(RouteResponse response) {
                send(ctx, turn, response::completed);
            }

            @Override
            public void gone() {
                // This handler is removed, by the stream or with the pipeline of the closed channel.
            }
        });
    }

    private CompletionStage<RouteResponse> response(SseRequest request, String method, Routes.Entry entry) {
        HttpRoute route = Objects.requireNonNull(entry.byMethod.get(method), method);
        return Objects.requireNonNull(route.handle(request), () -> Responses.returnedNull(request));
    }

    /**
     * Sends the response as soon as it is there. Only requests with a safe method are worked off beside each other: a
     * publish that follows another one on its connection waits for it (RFC 9112, section 9.3.2).
     */
    private void send(ChannelHandlerContext ctx, Turn turn, Supplier<CompletionStage<RouteResponse>> response) {
        CompletableFuture<RouteResponse> stage;
        try {
            stage = response.get().toCompletableFuture();
            responses.send(ctx, stage, turn.exchange);
        } catch (Throwable e) {
            fail(ctx, turn, e);
            return;
        }
        if (stage.isDone() || turn.isSafe()) {
            decided(ctx, turn);
            return;
        }
        turn.hold();
        stage.whenComplete((result, failure) -> ctx.executor().execute(() -> {
            if (!ctx.isRemoved()) {
                decided(ctx, turn);
            }
        }));
    }

    private void fail(ChannelHandlerContext ctx, Turn turn, Throwable failure) {
        responses.fail(ctx, failure, turn.exchange);
        decided(ctx, turn);
    }

    /** Sends a 408 if the request has begun and did not arrive in time. */
    @Override
    public void userEventTriggered(ChannelHandlerContext ctx, Object event) {
        if (event != RequestDeadline.EXPIRED) {
            ctx.fireUserEventTriggered(event);
            return;
        }
        HttpStatusException rejection = HttpStatusException.of(408, "the request did not arrive in time");
        shared.streams().rejections().rejected(RejectionCounts.Kind.REQUEST_TIMEOUT, ClientAddress.of(ctx.channel()));
        Responses.writeLast(ctx, shared.cors().addTo(rejection.response(), originsSoFar(ctx.pipeline())), false);
    }

    /** The header Origin of a request that has not arrived completely. */
    private static List<String> originsSoFar(ChannelPipeline pipeline) {
        RequestCodec head = pipeline.get(RequestCodec.class);
        List<String> ofHead = head == null ? List.of() : head.origins();
        BodyAggregator body = pipeline.get(BodyAggregator.class);
        return ofHead.isEmpty() && body != null ? body.origins() : ofHead;
    }

    @Override
    public void channelWritabilityChanged(ChannelHandlerContext ctx) {
        if (!ctx.channel().isWritable()) {
            ctx.flush();
        }
        responses.updateReading(ctx);
        ctx.fireChannelWritabilityChanged();
    }

    @Override
    public void channelReadComplete(ChannelHandlerContext ctx) {
        ctx.flush();
    }

    @Override
    public void exceptionCaught(ChannelHandlerContext ctx, Throwable failure) {
        if (failure instanceof CodecException) { // the client left inside a body, or sent too many requests at once
            log.debug("closing a connection because of its input: {}", failure.toString());
        } else if (!(failure instanceof IOException)) {
            FailureLog.of(ctx.channel()).warn(log, "a connection failed before it became a stream", failure);
        }
        ctx.close();
    }

    private static byte[] bytesOf(ByteBuf content) {
        return content.isReadable() ? ByteBufUtil.getBytes(content) : NO_BODY;
    }
}
