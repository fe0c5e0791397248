package io.sluice.sse.netty;

import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.sluice.sse.CloseReason;
import io.sluice.sse.ClosedException;
import io.sluice.sse.RejectionCounts;
import io.sluice.sse.topic.TopicLimitException;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * Checks a request for a stream, lets its route decide, and upgrades the connection. {@link SseServer} and
 * {@link SseHandler} share it. Thread-safe.
 */
final class StreamEndpoint {

    private final Lanes lanes;
    private final Duration retry;
    private final StreamPermits permits;
    private final RejectionLog rejections;
    /** Null in the pipeline of an application, whose handlers add such headers. */
    private final @Nullable Cors cors;

    private volatile boolean draining;

    /**
     * @param retry how long a client waits after a rejection by a limit or a drain
     * @param cors null if the pipelines of the connections belong to an application, which adds handlers of its own
     */
    StreamEndpoint(Lanes lanes, Duration retry, StreamLimits limits, RejectionLog rejections, @Nullable Cors cors) {
        this.lanes = lanes;
        this.retry = retry;
        this.permits = new StreamPermits(limits, retry);
        this.rejections = rejections;
        this.cors = cors;
    }

    RejectionLog rejections() {
        return rejections;
    }

    StreamPermits permits() {
        return permits;
    }

    Lanes lanes() {
        return lanes;
    }

    /** From now on new streams are rejected, with a time after which to retry. */
    void drain() {
        draining = true;
    }

    /**
     * Opens a stream for the request, or rejects it. On the event loop of the connection.
     *
     * @return null if the stream is open; otherwise the response, which a browser's EventSource survives if the
     *     rejection is retryable
     */
    @Nullable
    RouteResponse openOrReject(ChannelHandlerContext ctx, SseRequest request, StreamRoute route) {
        assert ctx.executor().inEventLoop();
        try {
            return open(ctx, request, route);
        } catch (Throwable e) {
            HttpStatusException rejection = Responses.toStatusException(e, ctx.channel(), request);
            return rejection.isRetryable()
                    ? retryableResponse(ctx.channel(), request, route, rejection)
                    : rejection.response();
        }
    }

    /**
     * @return null if the stream is open; otherwise the response
     * @throws HttpStatusException if the request is rejected
     */
    private @Nullable RouteResponse open(ChannelHandlerContext ctx, SseRequest request, StreamRoute route) {
        boolean head = request.method().equals("HEAD");
        checkForm(request);
        if (isAfterEnd(request.lastEventId())) {
            return RouteResponse.empty(204); // its last stream has ended for good; an EventSource stops on this status
        }
        permits.checkRate(request.remoteAddress());
        if (head) {
            SseStream described = openedBy(route, request);
            return RouteResponse.of(200, "text/event-stream", new byte[0])
                    .with("cache-control", "no-store, no-transform")
                    .with("x-accel-buffering", "no")
                    .withAdded(described.headers());
        }
        if (draining) {
            throw drainRejection(); // the check below decides; this one is cheap
        }
        // First the permit, so that above a limit no code of the route runs except its check of the request.
        Runnable release = permits.acquire(request);
        SseStream stream;
        NettySink sink;
        try {
            stream = openedBy(route, request);
            if (isAfterEnd(stream.startPosition().lastEventId())) { // an id that the route has read from the body
                release.run();
                return RouteResponse.empty(204);
            }
            // The lane before the flag: a drain that begins after this check finds the lane, and this stream on it.
            Lanes.Joined lane = lanes.on(ctx.channel().eventLoop());
            if (draining || lane == null) {
                throw drainRejection();
            }
            sink = new NettySink(lane, ctx.channel(), request.isChunkable(), stream.settings(), release);
        } catch (Throwable t) {
            release.run();
            throw t;
        }
        upgrade(ctx, request, stream, sink); // from here on the sink owns the permit
        return null;
    }

    /** The headers of the route, and those for a page of another origin. */
    private List<Map.Entry<String, String>> headersOf(SseRequest request, SseStream stream) {
        return cors == null ? stream.headers() : cors.addTo(stream.headers(), request);
    }

    private static SseStream openedBy(StreamRoute route, SseRequest request) {
        return Objects.requireNonNull(route.open(request), () -> Responses.returnedNull(request));
    }

    private static boolean isAfterEnd(@Nullable String lastEventId) {
        return lastEventId != null && lastEventId.startsWith(CloseReason.END_ID_PREFIX);
    }

    private static void checkForm(SseRequest request) {
        if (!AcceptHeader.acceptsEventStream(request.headerAll("accept"))) {
            throw HttpStatusException.of(
                    406, "this is a text/event-stream, which the request's Accept header excludes");
        }
        boolean mayHaveBody =
                !request.method().equals("GET") && !request.method().equals("HEAD");
        if (request.hasBody() && !mayHaveBody) {
            throw HttpStatusException.of(413, "a request for a stream has no body");
        }
    }

    private HttpStatusException drainRejection() {
        return HttpStatusException.limit(RejectionCounts.Kind.DRAINING, 503, "the server is shutting down", retry);
    }

    private void upgrade(ChannelHandlerContext ctx, SseRequest request, SseStream stream, NettySink sink) {
        List<Map.Entry<String, String>> headers = headersOf(request, stream);
        PipelineUpgrade throughPipeline = cors != null
                ? null
                : new PipelineUpgrade(ctx, HttpCodec.around(ctx).encoder(), sink, request.remoteAddress(), headers);
        sink.beforeFirstFrame(
                throughPipeline != null
                        ? throughPipeline
                        : () -> {
                            // Only here: if the connection stays with HTTP, its next request may come from another
                            // client.
                            ClientAddress.set(ctx.channel(), request.remoteAddress());
                            Upgrade.run(ctx, sink, headers);
                        });
        try {
            sink.open(stream.selector(), stream.startPosition(), stream.source());
        } catch (TopicLimitException e) {
            sink.close(CloseReason.REJECTED);
            throw HttpStatusException.limit(RejectionCounts.Kind.TOPICS, 503, String.valueOf(e.getMessage()), retry);
        } catch (ClosedException e) {
            sink.close(CloseReason.REJECTED);
            if (sink.hasUpgraded() || (throughPipeline != null && throughPipeline.isEnded())) {
                // An observer closed the sink while it opened, after the response head, so it was a short stream. Or
                // another handler has answered the request.
                return;
            }
            throw HttpStatusException.retryable(503, "the stream, or its hub, is closed", retry);
        } catch (RuntimeException | Error e) { // no memory for the first block, for example
            sink.close(CloseReason.REJECTED);
            throw e;
        }
    }

    /** Closes the connection after the response: a rejected client gets no connection kept for its retry. */
    private RouteResponse retryableResponse(
            Channel channel, SseRequest request, StreamRoute route, HttpStatusException rejection) {
        HttpStatusException permanent = permanentRejection(request, route, channel);
        if (permanent != null) {
            return permanent.response().with("connection", "close");
        }
        rejections.count(rejection, request.remoteAddress());
        return request.isOfBrowser()
                ? Problem.retryLater(Math.max(retry.toMillis(), rejection.waitMillis()))
                : rejection.response().with("connection", "close");
    }

    /** A client must not be asked to retry a request that can never succeed, so the route may reject it for good. */
    private static @Nullable HttpStatusException permanentRejection(
            SseRequest request, StreamRoute route, Channel channel) {
        try {
            route.check(request);
            return null;
        } catch (Throwable e) {
            HttpStatusException rejection = Responses.toStatusException(e, channel, request);
            return rejection.isRetryable() ? null : rejection;
        }
    }
}
