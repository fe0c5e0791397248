package io.sluice.sse.netty;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.SimpleChannelInboundHandler;
import io.netty.handler.codec.CodecException;
import io.netty.handler.codec.DecoderResult;
import io.netty.handler.codec.http.FullHttpRequest;
import io.netty.handler.codec.http.HttpUtil;
import io.sluice.sse.RejectionCounts;
import io.sluice.sse.netty.OrderedResponses.Exchange;
import java.io.IOException;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.CompletionStage;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Routes a request: it becomes a stream, gets the response of another route, or is rejected. One per connection,
 * confined to its event loop. {@link OrderedResponses} keeps the responses in order.
 */
final class RouteHandler extends SimpleChannelInboundHandler<FullHttpRequest> {

    private static final Logger log = LoggerFactory.getLogger(RouteHandler.class);
    private static final byte[] NO_BODY = {};

    /** What the connections of a server share. Immutable, except for the streams, which are thread-safe. */
    record Shared(
            Routes routes,
            StreamEndpoint streams,
            AllowedHosts hosts,
            TrustedProxies proxies,
            Cors cors,
            int maxHeaders,
            BufferBudget budget) {}

    private final Shared shared;
    private final RequestDeadline deadline;
    private final OrderedResponses responses;

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
        DecoderResult decoded = message.decoderResult();
        if (decoded.isFailure()) {
            responses.reject(ctx, Responses.ofMalformed(decoded.cause()), false);
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
            responses.reject(ctx, Responses.toStatusException(e, ctx.channel(), null), head);
            return;
        }
        Exchange exchange = new Exchange(request, HttpUtil.isKeepAlive(message), head);
        Routes.Entry entry;
        try {
            if (request.body().length > 0 && shared.budget().isExhausted()) {
                throw BufferBudget.rejection(); // before the route acts: there may be no room for its response
            }
            entry = entryOf(request);
        } catch (Throwable e) {
            responses.fail(ctx, e, exchange);
            return;
        }
        if (entry.streamOf(request.method()) != null && !head) {
            // A stream takes over the connection, so the responses before it must be written first.
            responses.runAfterPending(ctx, () -> handle(ctx, request, entry, exchange));
        } else {
            handle(ctx, request, entry, exchange);
        }
    }

    /** Finds the routes of a request's path, once per request, and only if the request is for a host of this server. */
    private Routes.Entry entryOf(SseRequest request) {
        shared.hosts().check(request.authority());
        Routes.Entry entry = shared.routes().find(request.path());
        if (entry == null) {
            throw HttpStatusException.of(404, "there is nothing at this path");
        }
        return entry;
    }

    private void handle(ChannelHandlerContext ctx, SseRequest request, Routes.Entry entry, Exchange exchange) {
        try {
            CompletionStage<RouteResponse> response = route(ctx, request, entry);
            if (response != null) {
                responses.send(ctx, response, exchange);
            }
        } catch (Throwable e) {
            responses.fail(ctx, e, exchange);
        }
    }

    /** @return null if the request has become a stream */
    private @Nullable CompletionStage<RouteResponse> route(
            ChannelHandlerContext ctx, SseRequest request, Routes.Entry entry) {
        if (shared.cors().isPreflight(request)) {
            return shared.cors().preflight(request, entry.methods()).completed();
        }
        SseRequest relative = request.below(entry.path.length());
        String method = request.method().equals("HEAD") ? "GET" : request.method();
        StreamRoute stream = entry.streamOf(method);
        if (stream != null) {
            if (!method.equals("GET")) {
                checkOrigin(request);
            }
            RouteResponse response = shared.streams().openOrReject(ctx, relative, stream);
            return response == null ? null : response.completed();
        }
        HttpRoute route = entry.byMethod.get(method);
        if (route == null) {
            String methods = String.join(", ", entry.methods());
            throw HttpStatusException.of(405, "this path answers " + methods, "allow", methods);
        }
        if (!method.equals("GET")) {
            checkOrigin(request);
        }
        return Objects.requireNonNull(route.handle(relative), () -> Responses.returnedNull(relative));
    }

    /** Rejects requests of foreign pages, which could otherwise act on a server on the user's own machine. */
    private void checkOrigin(SseRequest request) {
        if (!request.isCrossOrigin()) {
            return;
        }
        List<String> origins = request.headerAll("origin");
        if (origins.size() != 1 || !shared.cors().permitsAction(origins.get(0), request)) {
            boolean crossSite = request.headerAll("sec-fetch-site").contains("cross-site");
            throw HttpStatusException.of(
                    403, "requests from " + (crossSite ? "other sites" : "another origin") + " are not allowed here");
        }
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
        Responses.write(ctx, rejection.response(), false, false);
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
