package io.sluice.sse.netty;

import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelFutureListener;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelPromise;
import io.netty.handler.codec.http.DefaultFullHttpResponse;
import io.netty.handler.codec.http.DefaultHttpHeadersFactory;
import io.netty.handler.codec.http.FullHttpResponse;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpHeadersFactory;
import io.netty.handler.codec.http.HttpResponseStatus;
import io.netty.handler.codec.http.HttpUtil;
import io.netty.handler.codec.http.HttpVersion;
import io.netty.handler.codec.http.TooLongHttpHeaderException;
import io.netty.handler.codec.http.TooLongHttpLineException;
import io.sluice.sse.netty.connection.FailureLog;
import io.sluice.sse.netty.http.InvalidRequestException;
import io.sluice.sse.netty.http.JsonText;
import io.sluice.sse.netty.http.RestOfRequest;
import java.util.concurrent.CompletionException;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Turns failures into rejections, and renders and writes responses. */
final class Responses {

    /** The category of request handling, which is named after its handler. */
    private static final Logger log = LoggerFactory.getLogger("io.sluice.sse.netty.RouteHandler");

    /** Without validation, because {@link RouteResponse#with} has validated the headers. */
    private static final HttpHeadersFactory VALIDATED_HEADERS =
            DefaultHttpHeadersFactory.headersFactory().withValidation(false);

    private Responses() {}

    /**
     * Writes a response through the HTTP codec. The caller flushes, unless the connection closes after this response.
     */
    static void write(ChannelHandlerContext ctx, RouteResponse response, boolean keepAlive, boolean head) {
        write(ctx, response, keepAlive, head, ctx.voidPromise());
    }

    /** As {@link #write(ChannelHandlerContext, RouteResponse, boolean, boolean)}, with a promise of its own. */
    static ChannelFuture write(
            ChannelHandlerContext ctx,
            RouteResponse response,
            boolean keepAlive,
            boolean head,
            ChannelPromise promise) {
        assert ctx.executor().inEventLoop();
        FullHttpResponse rendered = render(response, keepAlive, head);
        if (HttpUtil.isKeepAlive(rendered)) {
            return ctx.write(rendered, promise);
        }
        ChannelPromise listened = promise.isVoid() ? ctx.newPromise() : promise;
        return ctx.writeAndFlush(rendered, listened).addListener(ChannelFutureListener.CLOSE);
    }

    /**
     * Writes the last response of a connection whose request may not have arrived completely. Then the connection
     * closes, and what still arrives is discarded.
     */
    static void writeLast(ChannelHandlerContext ctx, RouteResponse response, boolean head) {
        assert ctx.executor().inEventLoop();
        ctx.writeAndFlush(render(response, false, head))
                .addListener((ChannelFutureListener) sent -> RestOfRequest.discard(sent.channel()));
    }

    /**
     * Renders a response for the HTTP codec.
     *
     * @param keepAlive whether the request allows the connection to stay open; the response may still close it
     * @param head whether the request is a HEAD, so that the body is omitted
     */
    static FullHttpResponse render(RouteResponse response, boolean keepAlive, boolean head) {
        byte[] body = response.body();
        FullHttpResponse rendered = new DefaultFullHttpResponse(
                HttpVersion.HTTP_1_1,
                HttpResponseStatus.valueOf(response.status()),
                head ? Unpooled.EMPTY_BUFFER : Unpooled.wrappedBuffer(body),
                VALIDATED_HEADERS,
                VALIDATED_HEADERS);
        response.headers().forEach(rendered.headers()::set);
        response.added().forEach(header -> rendered.headers().add(header.getKey(), header.getValue()));
        rendered.headers().set("x-content-type-options", "nosniff");
        if (response.status() != 204 && response.status() != 304 && !(head && isStream(response))) {
            rendered.headers().setInt(HttpHeaderNames.CONTENT_LENGTH, body.length);
        }
        HttpUtil.setKeepAlive(rendered, keepAlive && !closes(response, head));
        return rendered;
    }

    /** Whether the connection closes after this response, whatever the request allows. */
    static boolean closes(RouteResponse response, boolean head) {
        return "close".equals(response.headers().get("connection")) || (isStream(response) && !head);
    }

    private static boolean isStream(RouteResponse response) {
        return "text/event-stream".equals(response.headers().get("content-type"));
    }

    /** The rejection of a request that the HTTP codec or {@link BodyAggregator} could not accept. */
    static HttpStatusException ofMalformed(Throwable failure) {
        if (failure instanceof HttpStatusException rejection) {
            return rejection;
        }
        if (failure instanceof InvalidRequestException invalid) {
            return HttpStatusException.of(invalid);
        }
        if (failure instanceof TooLongHttpLineException) {
            return lineTooLong();
        }
        if (failure instanceof TooLongHttpHeaderException) {
            return headersTooLong();
        }
        return HttpStatusException.of(400, "this is not HTTP as this server speaks it");
    }

    static HttpStatusException lineTooLong() {
        return HttpStatusException.of(414, "the request line is too long");
    }

    static HttpStatusException headersTooLong() {
        return HttpStatusException.of(431, "the headers are too long");
    }

    /**
     * Maps a failure to a rejection. A failure that is not a rejection is logged and becomes a 500. Its message may
     * contain anything, for example a password, so the client does not get it.
     *
     * @param thrown by a route, or by a check before it; the cause of a {@link CompletionException} counts instead
     * @param request null if it could not be read
     */
    static HttpStatusException toStatusException(Throwable thrown, Channel channel, @Nullable SseRequest request) {
        Throwable failure =
                thrown instanceof CompletionException && thrown.getCause() != null ? thrown.getCause() : thrown;
        if (failure instanceof HttpStatusException rejection) {
            return rejection;
        }
        FailureLog.of(channel)
                .warn(
                        log,
                        "the route of " + nameOf(request) + " failed for a request from "
                                + (request == null ? channel.remoteAddress() : request.remoteAddress()),
                        failure);
        return HttpStatusException.of(500, "the server failed to answer; its log says why");
    }

    /** The error message for a route that returned null. */
    static String returnedNull(@Nullable SseRequest request) {
        return "the route of " + nameOf(request) + " returned null";
    }

    /** Method and path for the log. Never the query, which may contain a token. */
    private static String nameOf(@Nullable SseRequest request) {
        if (request == null) {
            return "a request";
        }
        String quoted = JsonText.quote(request.path()); // the path may contain any character, including line breaks
        return request.method() + " " + quoted.substring(1, quoted.length() - 1);
    }
}
