package io.sluice.sse.netty;

import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelPipeline;
import io.netty.handler.codec.DecoderResult;
import io.netty.handler.codec.http.DefaultFullHttpRequest;
import io.netty.handler.codec.http.FullHttpRequest;
import io.netty.handler.codec.http.FullHttpResponse;
import io.netty.handler.codec.http.HttpContent;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpMessage;
import io.netty.handler.codec.http.HttpMethod;
import io.netty.handler.codec.http.HttpObjectAggregator;
import io.netty.handler.codec.http.HttpRequest;
import io.netty.handler.codec.http.HttpStatusClass;
import io.netty.handler.codec.http.HttpUtil;
import io.netty.handler.codec.http.HttpVersion;
import io.netty.handler.codec.http.LastHttpContent;
import org.jspecify.annotations.Nullable;

/**
 * Collects the body of a request, up to a maximum. A request with a larger body, or with an unknown expectation, goes
 * on as a failed request, and {@link RouteHandler} sends the response in its turn.
 */
final class BodyAggregator extends HttpObjectAggregator {

    /** Written instead of a response, because {@link RouteHandler} writes the response. */
    private static final Object REJECTED = Unpooled.EMPTY_BUFFER;

    private final int maxBytes;

    /** A request whose body may arrive in one piece. Most do, and then no composite buffer is needed. */
    private @Nullable HttpRequest simple;

    BodyAggregator(int maxBytes) {
        super(maxBytes, true);
        this.maxBytes = maxBytes;
    }

    @Override
    public void channelRead(ChannelHandlerContext ctx, Object message) throws Exception {
        HttpRequest request = simple;
        simple = null;
        if (request != null
                && message instanceof LastHttpContent content
                && content.decoderResult().isSuccess()) {
            ctx.fireChannelRead(
                    new DefaultFullHttpRequest( // which owns the content from here on
                            request.protocolVersion(),
                            request.method(),
                            request.uri(),
                            content.content(),
                            request.headers(),
                            content.trailingHeaders()));
            return;
        }
        if (request != null) { // the body arrives in pieces
            super.channelRead(ctx, request);
        }
        if (message instanceof HttpRequest head && isSimple(head)) {
            simple = head;
        } else {
            super.channelRead(ctx, message);
        }
    }

    private boolean isSimple(HttpRequest request) {
        return request.decoderResult().isSuccess()
                && !(request instanceof HttpContent)
                && !request.headers().contains(HttpHeaderNames.TRANSFER_ENCODING)
                && !request.headers().contains(HttpHeaderNames.EXPECT)
                && HttpUtil.getContentLength(request, 0L) <= maxBytes;
    }

    @Override
    protected void handleOversizedMessage(ChannelHandlerContext ctx, HttpMessage oversized) {
        reject(ctx, tooLarge());
    }

    /** The response to a client that sent {@code Expect: 100-continue} before its body. */
    @Override
    protected @Nullable Object newContinueResponse(HttpMessage start, int maxContentLength, ChannelPipeline pipeline) {
        if (!(super.newContinueResponse(start, maxContentLength, pipeline) instanceof FullHttpResponse response)) {
            return null;
        }
        int status = response.status().code(); // its body is the empty buffer, which needs no release
        if (response.status().codeClass() == HttpStatusClass.CLIENT_ERROR) {
            HttpStatusException rejection =
                    status == 413 ? tooLarge() : HttpStatusException.of(status, "this expectation is not met here");
            reject(pipeline.context(this), rejection);
            return REJECTED;
        }
        boolean hasBody = HttpUtil.isTransferEncodingChunked(start) || HttpUtil.getContentLength(start, 0L) > 0;
        return hasBody ? response : null;
    }

    private static void reject(ChannelHandlerContext ctx, HttpStatusException rejection) {
        FullHttpRequest failed =
                new DefaultFullHttpRequest(HttpVersion.HTTP_1_1, HttpMethod.GET, "/", Unpooled.EMPTY_BUFFER);
        failed.setDecoderResult(DecoderResult.failure(rejection));
        ctx.fireChannelRead(failed);
    }

    @Override
    protected boolean ignoreContentAfterContinueResponse(Object response) {
        return response == REJECTED;
    }

    @Override
    protected boolean closeAfterContinueResponse(Object response) {
        return false; // RouteHandler closes it after its response
    }

    private HttpStatusException tooLarge() {
        return HttpStatusException.of(413, "the body is larger than " + maxBytes + " bytes");
    }
}
