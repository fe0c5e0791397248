package io.sluice.sse.netty;

import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.sluice.sse.CloseReason;
import io.sluice.sse.ClosedException;
import io.sluice.sse.RejectionCounts;
import io.sluice.sse.topic.TopicLimitException;
import java.net.SocketAddress;
import java.time.Duration;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * What a request for a stream passes before it is one, and the upgrade: shared by the server and by the handler for
 * foreign pipelines. Thread-safe.
 */
final class StreamEndpoint {

    private final Lanes lanes;
    private final Duration retry;
    private final StreamPermits places;
    private final RejectionLog refusals;

    private volatile boolean draining;

    StreamEndpoint(Lanes lanes, Duration retry, StreamLimits limits, RejectionLog refusals) {
        this.lanes = lanes;
        this.retry = retry;
        this.places = new StreamPermits(limits, retry);
        this.refusals = refusals;
    }

    RejectionLog refusals() {
        return refusals;
    }

    StreamPermits places() {
        return places;
    }

    Lanes lanes() {
        return lanes;
    }

    /** From now on new streams are refused, with a hint to come back. */
    void drain() {
        draining = true;
    }

    /**
     * Grants the request a stream, or answers otherwise.
     *
     * @return the answer, or null if the stream is open
     * @throws HttpStatusException if it is not granted
     */
    private @Nullable RouteResponse open(ChannelHandlerContext ctx, SseRequest request, StreamRoute route) {
        boolean head = request.method().equals("HEAD");
        if (!head && !request.method().equals("GET")) {
            throw HttpStatusException.of(405, "a stream is opened by GET", "allow", "GET, HEAD");
        }
        if (!AcceptHeader.eventStream(request.headerAll("accept"))) {
            throw HttpStatusException.of(
                    406, "this is a text/event-stream, which the request's Accept header excludes");
        }
        if (request.hasBody()) {
            throw HttpStatusException.of(413, "a request for a stream has no body");
        }
        String lastEventId = request.lastEventId();
        if (lastEventId != null && lastEventId.startsWith(CloseReason.END_ID_PREFIX)) {
            return RouteResponse.empty(204); // it was told to stay away: an EventSource does so on this status
        }
        places.checkRate(request.remoteAddress());
        if (head) {
            route.open(request);
            return RouteResponse.of(200, "text/event-stream", new byte[0])
                    .with("cache-control", "no-store, no-transform")
                    .with("x-accel-buffering", "no");
        }
        if (draining) {
            throw drains(); // as below, but cheap
        }
        // No code of the route's runs for whom there is no place, but for its check of the request.
        Runnable place = places.take(request);
        SseStream stream;
        NettySink sink;
        try {
            stream = Objects.requireNonNull(route.open(request), () -> RouteHandler.returnedNull(request));
            // In this order: a drain that begins behind the question finds the lane, and on it this stream.
            Lanes.Joined lane = lanes.on(ctx.channel().eventLoop());
            if (draining) {
                throw drains();
            }
            sink = new NettySink(lane, ctx.channel(), request.isChunkable(), stream.settings(), place);
        } catch (Throwable t) {
            place.run();
            throw t;
        }
        upgrade(ctx, request, stream, sink); // from here on the place goes with the sink
        return null;
    }

    private HttpStatusException drains() {
        return HttpStatusException.limit(RejectionCounts.Kind.DRAINING, 503, "the server is shutting down", retry);
    }

    private void upgrade(ChannelHandlerContext ctx, SseRequest request, SseStream stream, NettySink sink) {
        sink.beforeFirstFrame(() -> {
            // Not before: a connection that stays with HTTP may have its next request from somebody else.
            ClientAddress.set(ctx.channel(), request.remoteAddress());
            Upgrade.run(ctx, sink);
        });
        try {
            sink.open(stream.selector(), stream.start(), stream.source());
        } catch (TopicLimitException e) {
            sink.close(CloseReason.REJECTED);
            throw HttpStatusException.limit(RejectionCounts.Kind.TOPICS, 503, String.valueOf(e.getMessage()), retry);
        } catch (ClosedException e) {
            sink.close(CloseReason.REJECTED);
            if (sink.hasUpgraded()) {
                return; // an observer has ended it in good order as it opened: it was a stream, if a short one
            }
            throw HttpStatusException.retryable(503, "the stream, or its hub, is closed", retry);
        } catch (RuntimeException | Error e) { // no memory for the first block, say
            sink.close(CloseReason.REJECTED);
            throw e;
        }
    }

    /** As {@link #open}, with a refusal as an answer: one that a browser's EventSource survives, if it passes. */
    @Nullable
    RouteResponse openOrRefuse(ChannelHandlerContext ctx, SseRequest request, StreamRoute route) {
        try {
            return open(ctx, request, route);
        } catch (RuntimeException e) {
            HttpStatusException refusal = RouteHandler.refusalOf(e, ctx.channel(), request);
            return refusal.isRetryable() ? answerForNow(ctx.channel(), request, route, refusal) : refusal.response();
        }
    }

    /** The connection is not kept: a client that is refused has no claim on one until it comes back. */
    private RouteResponse answerForNow(
            Channel channel, SseRequest request, StreamRoute route, HttpStatusException refusal) {
        HttpStatusException forGood = refusedForGood(request, route, channel);
        if (forGood != null) {
            return forGood.response().with("connection", "close");
        }
        count(refusal, request.remoteAddress());
        return request.isOfBrowser()
                ? Problem.comeBack(Math.max(retry.toMillis(), refusal.waitMillis()))
                : refusal.response().with("connection", "close");
    }

    /** Nobody is told to come back with what will be refused then, too. */
    private static @Nullable HttpStatusException refusedForGood(
            SseRequest request, StreamRoute route, Channel channel) {
        try {
            route.check(request);
            return null;
        } catch (RuntimeException e) {
            HttpStatusException refusal = RouteHandler.refusalOf(e, channel, request);
            return refusal.isRetryable() ? null : refusal;
        }
    }

    /** Counts a refusal, if it was a limit that refused. */
    void count(HttpStatusException refusal, SocketAddress client) {
        RejectionCounts.Kind kind = refusal.kind();
        if (kind != null) {
            refusals.refused(kind, client);
        }
    }
}
