package io.sluice.sse.netty;

import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.sluice.sse.CloseReason;
import io.sluice.sse.ClosedException;
import io.sluice.sse.RejectionCounts;
import io.sluice.sse.hub.TransportAccess;
import io.sluice.sse.netty.connection.ClientAddress;
import io.sluice.sse.netty.connection.RejectionLog;
import io.sluice.sse.netty.http.HttpCodec;
import io.sluice.sse.netty.http2.Http2Sink;
import io.sluice.sse.netty.http2.Http2Upgrade;
import io.sluice.sse.netty.stream.ChannelSink;
import io.sluice.sse.netty.stream.Lanes;
import io.sluice.sse.netty.stream.NettySink;
import io.sluice.sse.netty.stream.PipelineUpgrade;
import io.sluice.sse.netty.stream.Upgrade;
import io.sluice.sse.topic.TopicLimitException;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.CompletionStage;
import org.jspecify.annotations.Nullable;

/**
 * Checks a request for a stream, lets its route decide, and upgrades the connection. {@link SseServer} and
 * {@link SseHandler} share it. Thread-safe.
 */
final class StreamEndpoint {

    private final Lanes lanes;
    /** How long a client waits after a rejection by a limit or a drain. */
    private final Duration retry;

    private final StreamPermits permits;
    private final RejectionLog rejections;
    private final StreamCompression compression;
    /** Null in the pipeline of an application, whose handlers add such headers. */
    private final @Nullable Cors cors;

    private volatile boolean draining;

    /**
     * @param cors null if the pipelines of the connections belong to an application, which adds handlers of its own
     */
    StreamEndpoint(
            Lanes lanes,
            StreamLimits limits,
            StreamCompression compression,
            RejectionLog rejections,
            @Nullable Cors cors) {
        this.lanes = lanes;
        this.retry = lanes.options().retry();
        this.compression = compression;
        this.permits = new StreamPermits(
                limits, retry, limits.perPrincipal == 0 ? null : TransportAccess.streams(lanes.hub()));
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

    AccessControl accessControl(AccessControl.Settings settings) {
        return new AccessControl(settings, lanes.hub());
    }

    /** From now on new streams are rejected, with a time after which to retry. */
    void drain() {
        draining = true;
    }

    /** What follows. Exactly one of the methods is called, on the event loop. */
    interface Continuation {
        /** @param response which a browser's EventSource survives if the rejection is retryable */
        void rejected(RouteResponse response);

        /** The stream is open, or the client has left while the route decided. */
        void gone();
    }

    /**
     * Opens a stream for the request, or rejects it. On the event loop of the connection.
     *
     * @param access decides about the topics of the stream
     */
    void open(
            ChannelHandlerContext ctx,
            SseRequest request,
            StreamRoute route,
            AccessControl access,
            Continuation continuation) {
        assert ctx.executor().inEventLoop();
        new Opening(ctx, request, route, access).begin(continuation);
    }

    /** A request for a stream, from its first check to its response. Confined to the event loop of the connection. */
    private final class Opening {

        private final ChannelHandlerContext ctx;
        private final SseRequest request;
        private final StreamRoute route;
        private final AccessControl access;
        private final boolean head;
        /** Releases the permit of the stream until the sink owns it. */
        private Runnable release = () -> {};

        Opening(ChannelHandlerContext ctx, SseRequest request, StreamRoute route, AccessControl access) {
            this.ctx = ctx;
            this.request = request;
            this.route = route;
            this.access = access;
            this.head = request.method().equals("HEAD");
        }

        void begin(Continuation continuation) {
            @Nullable CompletionStage<SseStream> stage;
            try {
                checkForm(request);
                stage = isAfterEnd(request.lastEventId()) ? null : requested();
            } catch (Throwable e) {
                release.run();
                continuation.rejected(responseOf(e));
                return;
            }
            if (stage == null) {
                continuation.rejected(RouteResponse.empty(204)); // an EventSource stops on this status
                return;
            }
            StageWait.then(
                    ctx, stage, access.settings().timeout(), AccessControl::late, new StageWait.Continuation<>() {
                        @Override
                        public void next(@Nullable SseStream stream, @Nullable Throwable failure) {
                            RouteResponse response = decided(stream, failure);
                            if (response != null) {
                                continuation.rejected(response);
                            } else {
                                continuation.gone();
                            }
                        }

                        @Override
                        public void left() {
                            release.run();
                            continuation.gone();
                        }
                    });
        }

        private CompletionStage<SseStream> requested() {
            permits.checkRate(request.remoteAddress());
            if (!head) {
                if (draining) {
                    throw drainRejection(); // the check after the route decides; this one is cheap
                }
                // First the permit, so that above a limit no code of the route runs except its check of the request.
                release = permits.acquire(request);
            }
            return Objects.requireNonNull(route.openAsync(request), () -> Responses.returnedNull(request));
        }

        /** @return null if the stream is open; otherwise the response */
        private @Nullable RouteResponse decided(@Nullable SseStream opened, @Nullable Throwable failure) {
            SseStream stream;
            ChannelSink sink;
            try {
                if (failure != null) {
                    throw failure;
                }
                stream = access.permitted(
                        request, Objects.requireNonNull(opened, () -> Responses.returnedNull(request)));
                if (!stream.settings().options().isBare()) { // clients of other protocols may ask for JSON
                    request.checkAcceptsEventStream();
                }
                if (head) {
                    return described(request, stream);
                }
                if (isAfterEnd(stream.startPosition().lastEventId())) { // an id that the route has read from the body
                    release.run();
                    return RouteResponse.empty(204);
                }
                // The lane before the flag: a drain that begins after this check finds the lane, and this stream on it.
                Lanes.Joined lane = lanes.on(ctx.channel().eventLoop());
                if (draining || lane == null) {
                    throw drainRejection();
                }
                // After the lane, too: a revocation visits the lanes that the hub has.
                access.checkNotRevoked(request, stream);
                stream.runLastCheck();
                sink = compression.sinkFor(lane, ctx.channel(), request, stream, release);
            } catch (Throwable e) {
                release.run();
                return responseOf(e);
            }
            try {
                upgrade(ctx, request, stream, sink); // from here on the sink owns the permit
                permits.opened(release, sink);
                return null;
            } catch (Throwable e) {
                sink.close(CloseReason.REJECTED);
                return responseOf(e);
            }
        }

        private RouteResponse responseOf(Throwable failure) {
            return response(ctx.channel(), request, route, failure);
        }
    }

    private RouteResponse described(SseRequest request, SseStream stream) {
        return RouteResponse.of(200, "text/event-stream", new byte[0])
                .with("cache-control", "no-store, no-transform")
                .with("x-accel-buffering", "no")
                .withAdded(compression.headersOf(request, stream));
    }

    /** The response to a request whose route has failed, or that was rejected before. */
    private RouteResponse response(Channel channel, SseRequest request, StreamRoute route, Throwable failure) {
        HttpStatusException rejection = Responses.toStatusException(failure, channel, request);
        if (!rejection.isRetryable()) {
            return rejection.response();
        }
        HttpStatusException permanent = permanentRejection(request, route, channel);
        return permanent != null
                ? permanent.response().with("connection", "close")
                : retryableResponse(request, rejection);
    }

    /** The response to a request for a stream whose client could not be identified. */
    RouteResponse unidentified(Channel channel, SseRequest request, Throwable failure) {
        HttpStatusException rejection = Responses.toStatusException(failure, channel, request);
        return rejection.isRetryable() ? retryableResponse(request, rejection) : rejection.response();
    }

    /** The headers of the route, of the compression, and for a page of another origin. */
    private List<Map.Entry<String, String>> headersOf(SseRequest request, SseStream stream) {
        List<Map.Entry<String, String>> headers = compression.headersOf(request, stream);
        return cors == null ? headers : cors.addTo(headers, request.headerAll("origin"));
    }

    /** Whether the last stream of the client has ended for good. */
    private static boolean isAfterEnd(@Nullable String lastEventId) {
        return lastEventId != null && lastEventId.startsWith(CloseReason.END_ID_PREFIX);
    }

    private static boolean mayHaveBody(SseRequest request) {
        return !request.method().equals("GET") && !request.method().equals("HEAD");
    }

    private static void checkForm(SseRequest request) {
        if (request.hasBody() && !mayHaveBody(request)) {
            throw HttpStatusException.of(413, "a request for a stream has no body");
        }
    }

    private HttpStatusException drainRejection() {
        return HttpStatusException.limit(RejectionCounts.Kind.DRAINING, 503, "the server is shutting down", retry);
    }

    /** The caller closes the sink if this fails. */
    private void upgrade(ChannelHandlerContext ctx, SseRequest request, SseStream stream, ChannelSink sink) {
        List<Map.Entry<String, String>> headers = headersOf(request, stream);
        PipelineUpgrade throughPipeline = cors == null && sink instanceof NettySink ofPipeline
                ? new PipelineUpgrade(
                        ctx, HttpCodec.around(ctx).encoder(), ofPipeline, request.remoteAddress(), headers)
                : null;
        sink.beforeFirstFrame(
                throughPipeline != null
                        ? throughPipeline
                        : () -> {
                            // Only here: if the connection stays with HTTP, its next request may come from another
                            // client.
                            ClientAddress.set(ctx.channel(), request.remoteAddress());
                            if (sink instanceof Http2Sink overHttp2) {
                                Http2Upgrade.run(ctx, overHttp2, headers);
                            } else {
                                Upgrade.run(ctx, (NettySink) sink, headers);
                            }
                        });
        try {
            sink.open(stream.selector(), stream.startPosition(), stream.source());
        } catch (TopicLimitException e) {
            throw HttpStatusException.limit(RejectionCounts.Kind.TOPICS, 503, String.valueOf(e.getMessage()), retry);
        } catch (ClosedException e) {
            sink.close(CloseReason.REJECTED);
            if (sink.hasUpgraded() || (throughPipeline != null && throughPipeline.isEnded())) {
                // An observer closed the sink while it opened, after the response head, so it was a short stream. Or
                // another handler has answered the request.
                return;
            }
            if (e.reason() == CloseReason.SLOW_CONSUMER) { // a bare stream that begins with a gap
                throw HttpStatusException.of(410, "events after the last event id are not kept any more");
            }
            throw HttpStatusException.retryable(503, "the stream, or its hub, is closed", retry);
        }
    }

    /** Closes the connection after the response: a rejected client gets no connection kept for its retry. */
    private RouteResponse retryableResponse(SseRequest request, HttpStatusException rejection) {
        rejections.count(rejection.kind(), request.remoteAddress());
        return request.isOfEventSource()
                ? Problem.retryLater(Math.max(retry.toMillis(), rejection.waitMillis()))
                : rejection.response().with("connection", "close");
    }

    /** A client must not be asked to retry a request that can never succeed, so the route may reject it for good. */
    private @Nullable HttpStatusException permanentRejection(SseRequest request, StreamRoute route, Channel channel) {
        try {
            route.check(request);
            return null;
        } catch (Throwable e) {
            HttpStatusException rejection = Responses.toStatusException(e, channel, request);
            return rejection.isRetryable() ? null : rejection;
        }
    }
}
