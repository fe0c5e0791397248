package io.sluice.sse.netty;

import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.sluice.sse.CloseReason;
import io.sluice.sse.ClosedException;
import io.sluice.sse.hub.Hub;
import io.sluice.sse.hub.TopicLimitException;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/**
 * What a request for a stream passes before it is one, and the upgrade: shared by the server and by the handler for
 * foreign pipelines. Thread-safe.
 */
final class StreamEndpoint {

    private final Lanes lanes;
    private final Duration retry;
    private final int maxStreams;
    private final AtomicInteger streams = new AtomicInteger();
    /** One object for all sinks. */
    private final Runnable givePlaceBack = streams::decrementAndGet;

    private volatile boolean draining;

    StreamEndpoint(Lanes lanes, Duration retry, int maxStreams) {
        this.lanes = lanes;
        this.retry = retry;
        this.maxStreams = maxStreams;
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
     * @throws Refusal if it is not granted
     */
    private @Nullable HttpAnswer open(ChannelHandlerContext ctx, SseRequest request, StreamRoute route) {
        boolean head = request.method().equals("HEAD");
        if (!head && !request.method().equals("GET")) {
            throw Refusal.of(405, "a stream is opened by GET", "allow", "GET, HEAD");
        }
        if (!Accepts.eventStream(request.header("accept"))) {
            throw Refusal.of(406, "this is a text/event-stream, which the request's Accept header excludes");
        }
        if (request.hasBody()) {
            throw Refusal.of(413, "a request for a stream has no body");
        }
        String lastEventId = request.lastEventId();
        if (lastEventId != null && lastEventId.startsWith(Hub.END_ID_PREFIX)) {
            return HttpAnswer.empty(204); // it was told to stay away: an EventSource does so on this status
        }
        SseStream stream = route.open(request);
        if (head) {
            return HttpAnswer.of(200, "text/event-stream", new byte[0])
                    .with("cache-control", "no-store, no-transform")
                    .with("x-accel-buffering", "no");
        }
        // In this order: a drain that begins behind the question finds the lane, and on it this stream.
        Lanes.Joined lane = lanes.on(ctx.channel().eventLoop());
        if (draining) {
            throw Refusal.passing(503, "the server is shutting down", retry);
        }
        if (streams.incrementAndGet() > maxStreams) {
            streams.decrementAndGet();
            throw Refusal.passing(503, "the server has its maximum of " + maxStreams + " streams", retry);
        }
        upgrade(ctx, request, stream, lane);
        return null;
    }

    private void upgrade(ChannelHandlerContext ctx, SseRequest request, SseStream stream, Lanes.Joined lane) {
        Channel channel = ctx.channel();
        NettySink sink = new NettySink(lane, channel, request.isChunkable(), givePlaceBack);
        sink.beforeFirstFrame(() -> Upgrade.run(ctx, sink));
        try {
            sink.open(stream.selector(), stream.start(), stream.source());
        } catch (TopicLimitException e) {
            sink.close(CloseReason.REJECTED);
            throw Refusal.passing(503, String.valueOf(e.getMessage()), retry);
        } catch (ClosedException e) {
            sink.close(CloseReason.REJECTED);
            throw Refusal.passing(503, "the hub is closed", retry);
        } catch (RuntimeException | Error e) { // no memory for the first block, say
            sink.close(CloseReason.REJECTED);
            throw e;
        }
    }

    /** As {@link #open}, with a refusal as an answer: one that a browser's EventSource survives, if it passes. */
    @Nullable
    HttpAnswer openOrRefuse(ChannelHandlerContext ctx, SseRequest request, StreamRoute route) {
        try {
            return open(ctx, request, route);
        } catch (RuntimeException e) {
            return answer(request, RouteHandler.refusalOf(e));
        }
    }

    private HttpAnswer answer(SseRequest request, Refusal refusal) {
        return refusal.isPassing() && request.isOfBrowser()
                ? Problem.comeBack(retry.toMillis())
                : Problem.answer(refusal);
    }
}
