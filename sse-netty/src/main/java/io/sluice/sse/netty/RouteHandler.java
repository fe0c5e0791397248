package io.sluice.sse.netty;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFutureListener;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.SimpleChannelInboundHandler;
import io.netty.handler.codec.CodecException;
import io.netty.handler.codec.DecoderResult;
import io.netty.handler.codec.http.DefaultFullHttpResponse;
import io.netty.handler.codec.http.DefaultHttpHeadersFactory;
import io.netty.handler.codec.http.FullHttpRequest;
import io.netty.handler.codec.http.FullHttpResponse;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpHeadersFactory;
import io.netty.handler.codec.http.HttpResponseStatus;
import io.netty.handler.codec.http.HttpUtil;
import io.netty.handler.codec.http.HttpVersion;
import io.netty.handler.codec.http.TooLongHttpHeaderException;
import io.netty.handler.codec.http.TooLongHttpLineException;
import io.netty.handler.flow.FlowControlHandler;
import io.sluice.sse.RejectionCounts;
import java.io.IOException;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Request → a stream, another route's answer, or a problem. One per connection; answers leave in the order of the
 * requests, also when some take longer.
 */
final class RouteHandler extends SimpleChannelInboundHandler<FullHttpRequest> {

    private static final Logger log = LoggerFactory.getLogger(RouteHandler.class);
    private static final byte[] NO_BODY = {};
    /** Those of an answer are checked when they are given ({@link RouteResponse#with}). */
    private static final HttpHeadersFactory CHECKED_HEADERS =
            DefaultHttpHeadersFactory.headersFactory().withValidation(false);

    private final Routes routes;
    private final StreamEndpoint streams;
    private final AllowedHosts hosts;
    private final TrustedProxies proxies;
    private final int maxHeaders;
    private final RequestDeadline deadline;

    /** How many requests of a connection may wait for their answers before no more is read. */
    private static final int MOST_UNANSWERED = 16;

    // Confined to the event loop.

    /** The last answer that is still to come, if any. */
    private @Nullable CompletableFuture<?> pending;

    private int unanswered;

    /** Whether what comes while nothing is read is held back before this handler; none of most connections. */
    private boolean holdsBack;

    /** Whether the connection closes behind an answer that is already here or on its way: what follows is not for us. */
    private boolean isLastAnswered;

    RouteHandler(
            Routes routes,
            StreamEndpoint streams,
            AllowedHosts hosts,
            TrustedProxies proxies,
            int maxHeaders,
            RequestDeadline deadline) {
        this.routes = routes;
        this.streams = streams;
        this.hosts = hosts;
        this.proxies = proxies;
        this.maxHeaders = maxHeaders;
        this.deadline = deadline;
    }

    @Override
    protected void channelRead0(ChannelHandlerContext ctx, FullHttpRequest message) {
        if (isLastAnswered || deadline.hasRefused()) {
            return; // nothing more is answered here, and the connection ends with the answer that it has
        }
        deadline.requestArrived();
        DecoderResult decoded = message.decoderResult();
        if (decoded.isFailure()) {
            refuse(ctx, refusalOfMalformed(decoded.cause()), false);
            return;
        }
        boolean keepAlive = HttpUtil.isKeepAlive(message);
        boolean head = message.method().name().equals("HEAD");
        SseRequest request;
        try {
            if (message.headers().size() > maxHeaders) {
                throw HttpStatusException.of(431, "there are more than " + maxHeaders + " headers");
            }
            request = SseRequest.of(message, ctx.channel(), bytesOf(message.content()), proxies);
        } catch (RuntimeException e) {
            refuse(ctx, refusalOf(e, ctx.channel(), null), head);
            return;
        }
        CompletableFuture<?> before = pending;
        if (before == null || !isStream(request)) {
            handle(ctx, request, keepAlive, head);
            return;
        }
        // A stream takes the connection over, so it has to wait for the answers before it.
        CompletableFuture<Void> opened = new CompletableFuture<>();
        pending = opened;
        before.whenComplete((ignored, never) -> ctx.executor().execute(() -> {
            if (pending == opened) {
                pending = null;
            }
            if (!ctx.isRemoved()) {
                handle(ctx, request, keepAlive, head);
                ctx.flush();
            }
            opened.complete(null);
        }));
    }

    /** Refuses what is no request for us, and closes the connection behind the answer. */
    private void refuse(ChannelHandlerContext ctx, HttpStatusException refusal, boolean head) {
        inTurn(ctx, refusal.response().completed(), false, head, null);
    }

    private boolean isStream(SseRequest request) {
        Routes.Entry entry = routes.find(request.path());
        return entry != null && entry.stream != null && request.method().equals("GET");
    }

    private void handle(ChannelHandlerContext ctx, SseRequest request, boolean keepAlive, boolean head) {
        try {
            CompletionStage<RouteResponse> answer = answer(ctx, request);
            if (answer != null) {
                inTurn(ctx, answer, keepAlive, head, request);
            }
        } catch (RuntimeException e) {
            RouteResponse answer = refused(ctx, e, request);
            inTurn(ctx, CompletableFuture.completedFuture(answer), keepAlive, head, request);
        }
    }

    /** @return null if the request has become a stream */
    private @Nullable CompletionStage<RouteResponse> answer(ChannelHandlerContext ctx, SseRequest request) {
        hosts.check(request.authority());
        Routes.Entry entry = routes.find(request.path());
        if (entry == null) {
            throw HttpStatusException.of(404, "there is nothing at this path");
        }
        SseRequest here = request.below(entry.path.length());
        String method = request.method().equals("HEAD") ? "GET" : request.method();
        if (entry.stream != null && method.equals("GET")) {
            RouteResponse answer = streams.openOrRefuse(ctx, here, entry.stream);
            return answer == null ? null : answer.completed();
        }
        HttpRoute route = entry.byMethod.get(method);
        if (route == null) {
            throw HttpStatusException.of(
                    405,
                    "this path answers " + String.join(", ", entry.methods()),
                    "allow",
                    String.join(", ", entry.methods()));
        }
        if (!method.equals("GET")) {
            checkOrigin(request);
        }
        return Objects.requireNonNull(route.handle(here), () -> returnedNull(here));
    }

    /** A page elsewhere could otherwise act on a server on its reader's own machine. */
    private static void checkOrigin(SseRequest request) {
        if (request.headerAll("sec-fetch-site").contains("cross-site")) {
            throw HttpStatusException.of(403, "requests from other sites are not allowed here");
        }
        for (String origin : request.headerAll("origin")) {
            if (!SameOrigin.isOwn(origin, request.authority())) {
                throw HttpStatusException.of(403, "requests from another origin are not allowed here");
            }
        }
    }

    /**
     * Writes the answer when those before it have been written.
     *
     * @param request null if it did not come to one
     */
    private void inTurn(
            ChannelHandlerContext ctx,
            CompletionStage<RouteResponse> answer,
            boolean keepAlive,
            boolean head,
            @Nullable SseRequest request) {
        isLastAnswered |= !keepAlive;
        CompletableFuture<?> before = pending;
        CompletableFuture<RouteResponse> mine = answer.toCompletableFuture();
        if (before == null && mine.isDone()) {
            writeInTurn(ctx, result(ctx, mine, request), keepAlive, head);
            return;
        }
        CompletableFuture<?> both = before == null ? mine : CompletableFuture.allOf(before, mine);
        CompletableFuture<Void> written = new CompletableFuture<>();
        pending = written;
        unanswered++;
        readWhileAnswered(ctx);
        both.whenComplete((ignored, failure) -> ctx.executor().execute(() -> {
            unanswered--;
            if (!ctx.isRemoved()) { // else the connection has become a stream, or is gone
                writeInTurn(ctx, result(ctx, mine, request), keepAlive, head);
                ctx.flush();
                readWhileAnswered(ctx);
            }
            if (pending == written) {
                pending = null;
            }
            written.complete(null);
        }));
    }

    private RouteResponse result(
            ChannelHandlerContext ctx, CompletableFuture<RouteResponse> answer, @Nullable SseRequest request) {
        try {
            return Objects.requireNonNull(answer.join(), () -> returnedNull(request));
        } catch (RuntimeException e) {
            return refused(ctx, e, request);
        }
    }

    private RouteResponse refused(ChannelHandlerContext ctx, RuntimeException thrown, @Nullable SseRequest request) {
        HttpStatusException refusal = refusalOf(thrown, ctx.channel(), request);
        streams.count(refusal, request == null ? ctx.channel().remoteAddress() : request.remoteAddress());
        return refusal.response();
    }

    /** What is wrong with a route that has nothing to say. */
    static String returnedNull(@Nullable SseRequest request) {
        return "the route of " + nameOf(request) + " returned null";
    }

    /** Method and path for the log; never the query, which may hold a token. */
    private static String nameOf(@Nullable SseRequest request) {
        if (request == null) {
            return "a request";
        }
        String quoted = Problem.quoted(request.path()); // it may hold anything, line breaks among it
        return request.method() + " " + quoted.substring(1, quoted.length() - 1);
    }

    private void writeInTurn(ChannelHandlerContext ctx, RouteResponse answer, boolean keepAlive, boolean head) {
        write(ctx, answer, keepAlive, head);
        deadline.answered();
    }

    /** A request was begun and did not arrive in time. */
    @Override
    public void userEventTriggered(ChannelHandlerContext ctx, Object event) {
        if (event != RequestDeadline.EXPIRED) {
            ctx.fireUserEventTriggered(event);
            return;
        }
        HttpStatusException late = HttpStatusException.of(408, "the request did not arrive in time");
        streams.refusals().refused(RejectionCounts.Kind.REQUEST_TIMEOUT, ClientAddress.of(ctx.channel()));
        write(ctx, late.response(), false, false);
    }

    /** @param failure what the codec, or who reads the body, has against the request */
    private static HttpStatusException refusalOfMalformed(Throwable failure) {
        if (failure instanceof HttpStatusException refusal) {
            return refusal;
        }
        if (failure instanceof TooLongHttpLineException) {
            return HttpStatusException.of(414, "the request line is too long");
        }
        if (failure instanceof TooLongHttpHeaderException) {
            return HttpStatusException.of(431, "the headers are too long");
        }
        return HttpStatusException.of(400, "this is not HTTP as this server speaks it");
    }

    /**
     * @param thrown by a route, or by what stands before it
     * @param request null if it did not come to one
     */
    static HttpStatusException refusalOf(Throwable thrown, Channel channel, @Nullable SseRequest request) {
        Throwable failure =
                thrown instanceof CompletionException && thrown.getCause() != null ? thrown.getCause() : thrown;
        if (failure instanceof HttpStatusException refusal) {
            return refusal;
        }
        if (failure instanceof IllegalArgumentException) {
            return HttpStatusException.of(400, String.valueOf(failure.getMessage()));
        }
        log.warn(
                "the route of {} failed, asked by {}",
                nameOf(request),
                request == null ? channel.remoteAddress() : request.remoteAddress(),
                failure);
        return HttpStatusException.of(500, "the server failed to answer; its log says why");
    }

    /** Writes an answer through the HTTP codec; the flush follows when what was read has been handled. */
    static void write(ChannelHandlerContext ctx, RouteResponse answer, boolean keepAlive, boolean head) {
        FullHttpResponse response = response(answer, keepAlive, head);
        if (HttpUtil.isKeepAlive(response)) {
            ctx.write(response, ctx.voidPromise());
        } else {
            ctx.writeAndFlush(response).addListener(ChannelFutureListener.CLOSE);
        }
    }

    static FullHttpResponse response(RouteResponse answer, boolean keepAlive, boolean head) {
        byte[] body = answer.body();
        FullHttpResponse response = new DefaultFullHttpResponse(
                HttpVersion.HTTP_1_1,
                HttpResponseStatus.valueOf(answer.status()),
                head ? Unpooled.EMPTY_BUFFER : Unpooled.wrappedBuffer(body),
                CHECKED_HEADERS,
                CHECKED_HEADERS);
        answer.headers().forEach(response.headers()::set);
        response.headers().set("x-content-type-options", "nosniff");
        boolean stream = "text/event-stream".equals(answer.headers().get("content-type"));
        if (answer.status() != 204 && answer.status() != 304 && !(head && stream)) {
            response.headers().setInt(HttpHeaderNames.CONTENT_LENGTH, body.length);
        }
        boolean stays = keepAlive
                && !(stream && !head)
                && !"close".equals(answer.headers().get("connection"));
        HttpUtil.setKeepAlive(response, stays);
        return response;
    }

    /** Who sends requests and does not read the answers gets no more of them: they would fill the memory of all. */
    @Override
    public void channelWritabilityChanged(ChannelHandlerContext ctx) {
        if (!ctx.channel().isWritable()) {
            ctx.flush();
        }
        readWhileAnswered(ctx);
        ctx.fireChannelWritabilityChanged();
    }

    private void readWhileAnswered(ChannelHandlerContext ctx) {
        boolean reads = unanswered < MOST_UNANSWERED && ctx.channel().isWritable();
        if (ctx.channel().config().isAutoRead() != reads) {
            if (!reads && !holdsBack) {
                holdsBack = true;
                // What this read has decoded still comes.
                ctx.pipeline().addBefore(ctx.name(), null, new FlowControlHandler());
            }
            ctx.channel().config().setAutoRead(reads);
            if (!reads) {
                ctx.flush(); // the end of this read may come to whoever holds back, and not here
            }
        }
    }

    @Override
    public void channelReadComplete(ChannelHandlerContext ctx) {
        ctx.flush();
    }

    @Override
    public void exceptionCaught(ChannelHandlerContext ctx, Throwable failure) {
        if (failure instanceof CodecException) { // gone in the middle of a body, say, or too many requests at once
            log.debug("a connection is closed for what it sent: {}", failure.toString());
        } else if (!(failure instanceof IOException)) {
            log.warn("a connection failed before its stream", failure);
        }
        ctx.close();
    }

    private static byte[] bytesOf(ByteBuf content) {
        return content.isReadable() ? ByteBufUtil.getBytes(content) : NO_BODY;
    }
}
