package io.sluice.sse.netty;

import io.netty.channel.ChannelHandlerContext;
import io.netty.handler.codec.http.FullHttpRequest;
import io.netty.handler.codec.http.HttpMessage;
import io.netty.handler.codec.http.HttpObjectAggregator;

/** Collects a request's body up to a bound; what is larger gets a 413 that says how large it may be. */
final class BodyAggregator extends HttpObjectAggregator {

    private final int maxBytes;

    BodyAggregator(int maxBytes) {
        super(maxBytes, true);
        this.maxBytes = maxBytes;
    }

    @Override
    protected void handleOversizedMessage(ChannelHandlerContext ctx, HttpMessage oversized) {
        Refusal refusal = Refusal.of(413, "the body is larger than " + maxBytes + " bytes");
        boolean complete = oversized instanceof FullHttpRequest;
        RouteHandler.write(ctx, Problem.answer(refusal), false, false);
        if (!complete) {
            ctx.flush();
        }
    }
}
