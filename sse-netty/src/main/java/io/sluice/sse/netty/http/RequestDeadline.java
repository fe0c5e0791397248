package io.sluice.sse.netty.http;

import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.sluice.sse.netty.connection.PendingConnections;
import io.sluice.sse.netty.socket.OutboundBuffers;
import org.jspecify.annotations.Nullable;

/**
 * Closes a connection whose request does not arrive in time, or that is idle between two requests. The time of the
 * first request starts at the accept, that of any later request at its first byte. No time runs while a response is
 * pending.
 *
 * <p>It comes before the HTTP codec and leaves the pipeline with it. One per connection, without a timer of its own
 * ({@link Deadlines}). Confined to the event loop.
 */
public final class RequestDeadline extends ChannelInboundHandlerAdapter {

    /** The event that is fired when a request has begun and did not arrive in time. The response is a 408. */
    public static final Object EXPIRED = new Object() {
        @Override
        public String toString() {
            return "request deadline expired";
        }
    };

    private final Deadlines.OnLoop deadlines;
    private final PendingConnections connections;
    private final Deadlines.Waiter waiter = new Deadlines.Waiter(this::deadlinePassed);

    private @Nullable ChannelHandlerContext context;

    /** Whether bytes have arrived that do not form a complete request yet. */
    private boolean begun;

    private boolean first = true;
    private int pendingResponses;
    private boolean expired;
    private long progress;

    public RequestDeadline(Deadlines.OnLoop deadlines, PendingConnections connections) {
        this.deadlines = deadlines;
        this.connections = connections;
    }

    @Override
    public void handlerAdded(ChannelHandlerContext ctx) {
        context = ctx;
        connections.accepted();
        deadlines.request().begin(waiter);
    }

    @Override
    public void handlerRemoved(ChannelHandlerContext ctx) {
        context = null;
        firstRequestArrived();
        waiter.stopWaiting();
    }

    @Override
    public void channelRead(ChannelHandlerContext ctx, Object message) {
        if (!begun) {
            begun = true;
            if (!first && pendingResponses == 0) {
                deadlines.request().begin(waiter);
            }
        }
        ctx.fireChannelRead(message);
    }

    /** A complete request has arrived. Its response may take any time. */
    public void requestArrived() {
        assert isConfined();
        begun = false;
        firstRequestArrived();
        pendingResponses++;
        waiter.stopWaiting();
    }

    private void firstRequestArrived() {
        if (first) {
            first = false;
            connections.identified();
        }
    }

    /** Whether a request was rejected with 408. Later requests get no response. */
    public boolean isExpired() {
        return expired;
    }

    /** A response was written. */
    public void responseWritten() {
        assert isConfined();
        if (--pendingResponses == 0 && context != null) { // without a context the connection is a stream, or closed
            (begun ? deadlines.request() : deadlines.idle()).begin(waiter);
        }
    }

    private void deadlinePassed() {
        ChannelHandlerContext ctx = context;
        if (ctx == null) {
            return;
        }
        long pending = OutboundBuffers.pendingBytes(ctx.channel());
        long before = progress;
        // A client that reads a large response slowly acknowledges bytes long before the kernel takes more of them.
        progress = OutboundBuffers.progressMark(ctx.channel())
                + 31 * deadlines.tcpInfo().acknowledgedBytes(ctx.channel());
        if (pending > 0 && progress != before) {
            // The client is still reading its responses. Until it has, the server may not even read its requests.
            (deadlines.idle().isUnlimited() ? deadlines.request() : deadlines.idle()).begin(waiter);
        } else if (pending == 0 && begun && !expired) {
            expired = true;
            deadlines.request().begin(waiter); // in case the client does not read the 408 either
            ctx.fireUserEventTriggered(EXPIRED);
        } else {
            ctx.close();
        }
    }

    private boolean isConfined() {
        ChannelHandlerContext ctx = context;
        return ctx == null || ctx.executor().inEventLoop();
    }
}
