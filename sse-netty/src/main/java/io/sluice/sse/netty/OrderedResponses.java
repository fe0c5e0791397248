package io.sluice.sse.netty;

import io.netty.channel.ChannelHandlerContext;
import io.netty.handler.flow.FlowControlHandler;
import io.sluice.sse.netty.connection.RejectionLog;
import io.sluice.sse.netty.http.RequestDeadline;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import org.jspecify.annotations.Nullable;

/**
 * Sends the responses of one connection in the order of its requests, as HTTP/1.1 pipelining requires, even if a later
 * response is ready first. It stops reading while too many responses are pending or the client does not read them.
 *
 * <p>One per connection. Confined to the event loop of the given contexts, all of which belong to {@link RouteHandler}.
 */
final class OrderedResponses {

    /** Above this number of pending responses the connection is not read. */
    private static final int MAX_PENDING = 16;

    /** Smaller responses do not count: {@link #MAX_PENDING} and the high-water mark bound them. */
    private static final int COUNTED_BYTES = 4 * 1024;

    /**
     * The properties of a request that its response depends on.
     *
     * @param request null if the request could not be read
     * @param origins the values of the header Origin, as far as the request could be read
     * @param keepAlive whether the connection may stay open after the response
     * @param head whether the response has no body because the method is HEAD
     */
    record Exchange(@Nullable SseRequest request, List<String> origins, boolean keepAlive, boolean head) {}

    private final RequestDeadline deadline;
    private final RejectionLog rejections;
    private final BufferBudget budget;
    private final Cors cors;

    /** Completes when the last pending response is written; null if none is pending. */
    private @Nullable CompletableFuture<?> lastPending;

    private int pending;

    /** Whether the pipeline has a {@link FlowControlHandler}. Most connections never need one. */
    private boolean flowControlled;

    private boolean closing;

    /** Whether the last response is written. From then on {@link Responses#writeLast} decides what is read. */
    private boolean ended;

    OrderedResponses(RequestDeadline deadline, RejectionLog rejections, BufferBudget budget, Cors cors) {
        this.cors = cors;
        this.budget = budget;
        this.deadline = deadline;
        this.rejections = rejections;
    }

    /** Whether the connection closes after a response that is written or pending. Later requests are then ignored. */
    boolean isClosing() {
        return closing;
    }

    /**
     * Runs the task after all pending responses are written: at once if there are none, never if the handler leaves.
     */
    void runAfterPending(ChannelHandlerContext ctx, Runnable task) {
        assert ctx.executor().inEventLoop();
        CompletableFuture<?> before = lastPending;
        if (before == null) {
            task.run();
            return;
        }
        CompletableFuture<Void> ran = new CompletableFuture<>();
        lastPending = ran;
        before.whenComplete((ignored, never) -> ctx.executor().execute(() -> {
            if (lastPending == ran) {
                lastPending = null;
            }
            if (!ctx.isRemoved()) {
                task.run();
                ctx.flush();
            }
            ran.complete(null);
        }));
    }

    /** A request waits for an earlier one, and counts as one whose response is pending. */
    void requestWaits(ChannelHandlerContext ctx) {
        pending++;
        updateReading(ctx);
    }

    /** The request does not wait any more. */
    void requestProceeds(ChannelHandlerContext ctx) {
        pending--;
        updateReading(ctx);
    }

    /** Sends the rejection that a failure of the request's route maps to, in its turn. */
    void fail(ChannelHandlerContext ctx, Throwable failure, Exchange exchange) {
        send(ctx, rejectionOf(ctx, failure, exchange.request()).completed(), exchange);
    }

    /** Writes the response after all earlier ones, as soon as its stage is complete. A failed stage is a rejection. */
    void send(ChannelHandlerContext ctx, CompletionStage<RouteResponse> stage, Exchange exchange) {
        assert ctx.executor().inEventLoop();
        closing |= !exchange.keepAlive();
        CompletableFuture<?> before = lastPending;
        CompletableFuture<RouteResponse> response = stage.toCompletableFuture();
        if (before == null && response.isDone()) {
            write(ctx, response, exchange, reserve(response, exchange));
            return;
        }
        // The thread that makes the response reserves its bytes, so that it sees them before it makes the next one.
        CompletableFuture<Integer> reserved = response.handle((result, failure) -> reserve(response, exchange));
        CompletableFuture<?> turn = before == null ? reserved : CompletableFuture.allOf(before, reserved);
        CompletableFuture<Void> written = new CompletableFuture<>();
        lastPending = written;
        pending++;
        updateReading(ctx);
        turn.whenComplete((ignored, failure) -> ctx.executor().execute(() -> {
            pending--;
            if (!ctx.isRemoved()) { // a removed handler means that the connection is now a stream, or closed
                write(ctx, response, exchange, reserved.join());
                ctx.flush();
                updateReading(ctx);
            } else {
                budget.release(reserved.join());
            }
            if (lastPending == written) {
                lastPending = null;
            }
            written.complete(null);
        }));
    }

    /** Reserves the bytes of a response. @return how many */
    private int reserve(CompletableFuture<RouteResponse> response, Exchange exchange) {
        if (exchange.head() || response.isCompletedExceptionally()) {
            return 0;
        }
        RouteResponse result = response.join();
        int bytes = result == null || result.body().length < COUNTED_BYTES ? 0 : result.body().length;
        budget.reserve(bytes);
        return bytes;
    }

    /** @param reserved the bytes of the response in the budget */
    private void write(
            ChannelHandlerContext ctx, CompletableFuture<RouteResponse> response, Exchange exchange, int reserved) {
        RouteResponse result = cors.addTo(resultOf(ctx, response, exchange.request()), exchange.origins());
        closing |= Responses.closes(result, exchange.head()); // before it is sent: its client may take its time
        if (exchange.request() == null) {
            ended = true; // before the write: it may end the connection at once
            Responses.writeLast(ctx, result, exchange.head());
        } else if (reserved == 0) {
            Responses.write(ctx, result, exchange.keepAlive(), exchange.head());
        } else {
            Responses.write(ctx, result, exchange.keepAlive(), false, ctx.newPromise())
                    .addListener(written -> budget.release(reserved));
        }
        deadline.responseWritten();
    }

    private RouteResponse resultOf(
            ChannelHandlerContext ctx, CompletableFuture<RouteResponse> response, @Nullable SseRequest request) {
        try {
            return Objects.requireNonNull(response.join(), () -> Responses.returnedNull(request));
        } catch (Throwable e) {
            return rejectionOf(ctx, e, request);
        }
    }

    private RouteResponse rejectionOf(ChannelHandlerContext ctx, Throwable e, @Nullable SseRequest request) {
        HttpStatusException rejection = Responses.toStatusException(e, ctx.channel(), request);
        rejections.count(rejection.kind(), request == null ? ctx.channel().remoteAddress() : request.remoteAddress());
        return rejection.response();
    }

    /**
     * Reads the connection if its client reads the responses, and stops otherwise. A client that sends requests without
     * reading the responses would fill the memory of the server.
     */
    void updateReading(ChannelHandlerContext ctx) {
        assert ctx.executor().inEventLoop();
        if (ended) {
            return;
        }
        boolean reads = pending < MAX_PENDING && ctx.channel().isWritable();
        if (ctx.channel().config().isAutoRead() != reads) {
            if (!reads && !flowControlled) {
                flowControlled = true;
                // The codec still emits the requests that the current read has decoded; this handler queues them.
                ctx.pipeline().addBefore(ctx.name(), null, new FlowControlHandler());
            }
            ctx.channel().config().setAutoRead(reads);
            if (!reads) {
                ctx.flush(); // the flow control may swallow the channelReadComplete of this read
            }
        }
    }
}
