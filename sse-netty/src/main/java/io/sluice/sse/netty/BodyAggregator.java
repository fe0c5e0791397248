package io.sluice.sse.netty;

import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelPipeline;
import io.netty.handler.codec.http.FullHttpResponse;
import io.netty.handler.codec.http.HttpMessage;
import io.netty.handler.codec.http.HttpObjectAggregator;
import io.netty.handler.codec.http.HttpStatusClass;

/** Collects a request's body up to a bound; what is larger gets a 413 that says how large it may be. */
final class BodyAggregator extends HttpObjectAggregator {

    private final int maxBytes;

    BodyAggregator(int maxBytes) {
        super(maxBytes, true);
        this.maxBytes = maxBytes;
    }

    @Override
    protected void handleOversizedMessage(ChannelHandlerContext ctx, HttpMessage oversized) {
        RouteHandler.write(ctx, tooLarge().answer(), false, false);
    }

    /** A client that asks first, by {@code Expect: 100-continue}, is refused in the same words. */
    @Override
    protected Object newContinueResponse(HttpMessage start, int maxContentLength, ChannelPipeline pipeline) {
        Object answer = super.newContinueResponse(start, maxContentLength, pipeline);
        if (!(answer instanceof FullHttpResponse response)
                || response.status().codeClass() != HttpStatusClass.CLIENT_ERROR) {
            return answer;
        }
        int status = response.status().code(); // its body is the empty buffer, which nobody counts
        Refusal refusal = status == 413 ? tooLarge() : Refusal.of(status, "this expectation is not met here");
        return RouteHandler.response(refusal.answer(), false, false);
    }

    private Refusal tooLarge() {
        return Refusal.of(413, "the body is larger than " + maxBytes + " bytes");
    }
}
