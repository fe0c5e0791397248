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
import io.netty.handler.codec.http.HttpHeaders;
import io.netty.handler.codec.http.HttpMessage;
import io.netty.handler.codec.http.HttpMethod;
import io.netty.handler.codec.http.HttpObjectAggregator;
import io.netty.handler.codec.http.HttpRequest;
import io.netty.handler.codec.http.HttpStatusClass;
import io.netty.handler.codec.http.HttpUtil;
import io.netty.handler.codec.http.HttpVersion;
import io.netty.handler.codec.http.LastHttpContent;
import io.netty.util.ReferenceCountUtil;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Collects the body of a request, up to a maximum. A request with a larger body, with a line or headers that are too
 * long, or with an unknown expectation, goes on as a failed request, and {@link RouteHandler} sends the response in its
 * turn.
 */
final class BodyAggregator extends HttpObjectAggregator {

    /** Written instead of a response, because {@link RouteHandler} writes the response. */
    private static final Object REJECTED = Unpooled.EMPTY_BUFFER;

    /** What a piece costs in addition to its bytes. */
    private static final int PIECE_BYTES = 128;

    private final int maxLineBytes;
    private final int maxHeaderBytes;
    private final int maxBytes;
    private final BufferBudget budget;

    /** The bytes of the unfinished body that this handler has reserved. */
    private long reserved;

    /** Whether a body was rejected before its end. The connection closes, and what still arrives is dropped. */
    private boolean rejected;

    /** A request whose body may arrive in one piece. Most do, and then no composite buffer is needed. */
    private @Nullable HttpRequest simple;

    /** The header Origin of the request that arrives; empty between two requests. */
    private List<String> origins = List.of();

    /**
     * @param maxLineBytes the maximum of the request line. The codec before accepts more, also of the headers, so that
     *     the header Origin of a request that is rejected is known
     * @param maxHeaderBytes the maximum of all headers of a request
     * @param budget bounds the unfinished bodies of all connections together
     */
    BodyAggregator(int maxLineBytes, int maxHeaderBytes, int maxBytes, BufferBudget budget) {
        super(maxBytes, true);
        this.maxLineBytes = maxLineBytes;
        this.maxHeaderBytes = maxHeaderBytes;
        this.maxBytes = maxBytes;
        this.budget = budget;
    }

    @Override
    public void channelRead(ChannelHandlerContext ctx, Object message) throws Exception {
        if (rejected) {
            ReferenceCountUtil.release(message);
            return;
        }
        HttpRequest request = simple;
        simple = null;
        if (request != null
                && message instanceof LastHttpContent content
                && content.decoderResult().isSuccess()) {
            origins = List.of();
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
        if (message instanceof HttpRequest started) {
            origins = started.headers().getAll(HttpHeaderNames.ORIGIN);
            HttpStatusException tooLong = tooLong(started);
            if (tooLong != null) {
                ReferenceCountUtil.release(message);
                rejectRest(ctx, tooLong);
                return;
            }
        }
        if (message instanceof HttpRequest head && isSimple(head)) {
            simple = head;
        } else if (reserve(message)) {
            // A failed request of the codec is the end of nothing: pieces before it stay here until the connection
            // ends.
            boolean last = message instanceof LastHttpContent && !(message instanceof HttpRequest);
            super.channelRead(ctx, copied(message));
            if (last) { // the request has gone on, with its body
                releaseReserved();
                origins = List.of();
            }
        } else {
            ReferenceCountUtil.release(message);
            rejectRest(ctx, budget.rejection());
        }
    }

    /** The header Origin of a request whose body has not arrived yet; empty if there is none. */
    List<String> origins() {
        return origins;
    }

    private @Nullable HttpStatusException tooLong(HttpRequest request) {
        if (lineBytes(request) > maxLineBytes) {
            return Responses.lineTooLong();
        }
        return bytesOf(request.headers()) > maxHeaderBytes ? Responses.headersTooLong() : null;
    }

    private static long lineBytes(HttpRequest request) {
        int parts = request.method().name().length()
                + request.uri().length()
                + request.protocolVersion().text().length();
        return parts + 2L; // the spaces between them
    }

    private static long bytesOf(HttpHeaders headers) {
        long bytes = 0;
        for (Iterator<Map.Entry<CharSequence, CharSequence>> all = headers.iteratorCharSequence(); all.hasNext(); ) {
            Map.Entry<CharSequence, CharSequence> header = all.next();
            bytes += header.getKey().length() + header.getValue().length();
        }
        return bytes;
    }

    /** Reserves the bytes of a piece. @return false if the server holds too many */
    private boolean reserve(Object message) {
        if (message instanceof HttpRequest
                || !(message instanceof HttpContent piece)
                || !piece.content().isReadable()) {
            return true;
        }
        int bytes = piece.content().readableBytes() + PIECE_BYTES;
        if (!budget.tryReserve(bytes, reserved + bytes)) {
            return false;
        }
        reserved += bytes;
        return true;
    }

    private void releaseReserved() {
        budget.release(reserved);
        reserved = 0;
    }

    private void rejectRest(ChannelHandlerContext ctx, HttpStatusException rejection) {
        rejected = true;
        reject(ctx, rejection);
    }

    @Override
    public void handlerRemoved(ChannelHandlerContext ctx) throws Exception {
        super.handlerRemoved(ctx); // releases the pieces
        releaseReserved();
    }

    /**
     * A piece of a body with bytes of its own. A piece that the codec emits is a slice that keeps its whole read buffer
     * of up to 64 KiB. A client that sends chunks of one byte with long extensions would so hold a thousand times the
     * bytes of its body, and {@code maxBytes} bounds the body only.
     */
    private static Object copied(Object message) {
        if (!(message instanceof HttpContent piece)
                || message instanceof HttpRequest
                || !piece.content().isReadable()) {
            return message;
        }
        HttpContent copy = piece.replace(Unpooled.copiedBuffer(piece.content()));
        copy.setDecoderResult(piece.decoderResult());
        piece.release();
        return copy;
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
        rejectRest(ctx, tooLarge());
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

    /** A page of another origin may read the rejection if the option {@code cors} allows its origin. */
    private void reject(ChannelHandlerContext ctx, HttpStatusException rejection) {
        FullHttpRequest failed =
                new DefaultFullHttpRequest(HttpVersion.HTTP_1_1, HttpMethod.GET, "/", Unpooled.EMPTY_BUFFER);
        failed.headers().set(HttpHeaderNames.ORIGIN, origins);
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
