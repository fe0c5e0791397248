package io.sluice.sse.netty.http2;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelPromise;
import io.netty.handler.codec.DecoderResult;
import io.netty.handler.codec.http.DefaultFullHttpRequest;
import io.netty.handler.codec.http.FullHttpRequest;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpMethod;
import io.netty.handler.codec.http.HttpObject;
import io.netty.handler.codec.http.HttpRequest;
import io.netty.handler.codec.http.HttpVersion;
import io.netty.handler.codec.http2.DefaultHttp2DataFrame;
import io.netty.handler.codec.http2.DefaultHttp2ResetFrame;
import io.netty.handler.codec.http2.Http2CodecUtil;
import io.netty.handler.codec.http2.Http2DataFrame;
import io.netty.handler.codec.http2.Http2Error;
import io.netty.handler.codec.http2.Http2Exception;
import io.netty.handler.codec.http2.Http2Headers;
import io.netty.handler.codec.http2.Http2HeadersFrame;
import io.netty.handler.codec.http2.Http2Stream;
import io.netty.handler.codec.http2.Http2StreamChannel;
import io.netty.handler.codec.http2.Http2StreamFrame;
import io.netty.handler.codec.http2.Http2StreamFrameToHttpObjectCodec;
import io.netty.handler.codec.http2.HttpConversionUtil.ExtensionHeaderNames;
import io.netty.util.AttributeKey;
import io.sluice.sse.netty.http.InvalidRequestException;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Turns the frames of one HTTP/2 stream into a request, and a response into frames, so that the handlers of HTTP/1.1
 * serve both. It checks what Netty lets through: a host that differs from the authority, and sizes. One instance for
 * all streams. Thread-safe.
 */
public final class Http2RequestCodec extends Http2StreamFrameToHttpObjectCodec {

    /** Netty counts a frame as sent when it has left completely, so smaller ones show a slow client's progress. */
    private static final int FRAME_BYTES = 16 * 1024;

    /** Set on the channel of a stream when its request has begun. */
    private static final AttributeKey<Boolean> HAS_HEAD = AttributeKey.valueOf(Http2RequestCodec.class, "head");

    private final int maxPathBytes;
    private final int maxHeaderBytes;

    public Http2RequestCodec(int maxPathBytes, int maxHeaderBytes) {
        super(true);
        this.maxPathBytes = maxPathBytes;
        this.maxHeaderBytes = maxHeaderBytes;
    }

    // ---- requests

    @Override
    protected void decode(ChannelHandlerContext ctx, Http2StreamFrame frame, List<Object> out) throws Exception {
        if (!(frame instanceof Http2HeadersFrame head)) {
            super.decode(ctx, frame, out);
            return;
        }
        if (ctx.channel().hasAttr(HAS_HEAD)) {
            checkTrailers(head);
        } else {
            ctx.channel().attr(HAS_HEAD).set(Boolean.TRUE);
            InvalidRequestException rejection = rejectionOf(head.headers());
            if (rejection != null) {
                out.add(failed(rejection, head.headers()));
                return;
            }
        }
        super.decode(ctx, frame, out);
        if (out.get(out.size() - 1) instanceof HttpRequest request) {
            for (ExtensionHeaderNames added : ExtensionHeaderNames.values()) {
                request.headers().remove(added.text()); // they are Netty's, not the client's
            }
        }
    }

    private static void checkTrailers(Http2HeadersFrame trailers) throws Http2Exception {
        for (Map.Entry<CharSequence, CharSequence> field : trailers.headers()) {
            if (field.getKey().length() == 0 || field.getKey().charAt(0) == ':') {
                throw malformed(trailers, "a pseudo header after the body");
            }
        }
        if (!trailers.isEndStream()) {
            throw malformed(trailers, "headers after the first ones that do not end the request");
        }
    }

    private static Http2Exception malformed(Http2HeadersFrame frame, String what) {
        return Http2Exception.streamError(frame.stream().id(), Http2Error.PROTOCOL_ERROR, "%s", what);
    }

    /** Why the request cannot be served; null if it can. */
    private @Nullable InvalidRequestException rejectionOf(Http2Headers headers) {
        CharSequence path = headers.path();
        if (path == null || path.length() == 0 || path.charAt(0) != '/') {
            return new InvalidRequestException(400, "the request target must be a path");
        }
        if (path.length() > maxPathBytes) {
            return new InvalidRequestException(414, "the request line is too long");
        }
        CharSequence authority = headers.authority();
        List<CharSequence> hosts = headers.getAll(HttpHeaderNames.HOST);
        if (hosts.size() > 1
                || (authority != null
                        && !hosts.isEmpty()
                        && !authority.toString().equalsIgnoreCase(hosts.get(0).toString()))) {
            return new InvalidRequestException(400, "the request must be for one host, which :authority and Host name");
        }
        return fieldBytes(headers) > maxHeaderBytes
                ? new InvalidRequestException(431, "the headers are too long")
                : null;
    }

    private static long fieldBytes(Http2Headers headers) {
        long bytes = 0;
        for (Map.Entry<CharSequence, CharSequence> field : headers) {
            boolean isPseudo = field.getKey().length() > 0 && field.getKey().charAt(0) == ':';
            bytes += isPseudo ? 0 : field.getKey().length() + field.getValue().length();
        }
        return bytes;
    }

    private static FullHttpRequest failed(InvalidRequestException rejection, Http2Headers headers) {
        FullHttpRequest request =
                new DefaultFullHttpRequest(HttpVersion.HTTP_1_1, HttpMethod.GET, "/", Unpooled.EMPTY_BUFFER);
        request.headers().set(HttpHeaderNames.ORIGIN, headers.getAll(HttpHeaderNames.ORIGIN));
        request.setDecoderResult(DecoderResult.failure(rejection));
        return request;
    }

    /** A violation of HTTP/2 within this stream ends this stream only. */
    @Override
    public void exceptionCaught(ChannelHandlerContext ctx, Throwable failure) throws Exception {
        Http2Exception violation = Http2CodecUtil.getEmbeddedHttp2Exception(failure);
        if (violation == null) {
            super.exceptionCaught(ctx, failure);
            return;
        }
        ctx.writeAndFlush(new DefaultHttp2ResetFrame(violation.error()));
        ctx.close();
    }

    // ---- responses

    @Override
    protected void encode(ChannelHandlerContext ctx, HttpObject message, List<Object> out) throws Exception {
        super.encode(ctx, message, out);
        // The body is the last frame, unless trailers follow, which no response of this server has.
        int last = out.size() - 1;
        if (last >= 0
                && out.get(last) instanceof Http2DataFrame data
                && data.content().readableBytes() > FRAME_BYTES) {
            out.remove(last);
            ByteBuf content = data.content();
            while (content.readableBytes() > FRAME_BYTES) {
                out.add(new DefaultHttp2DataFrame(content.readRetainedSlice(FRAME_BYTES), false));
            }
            out.add(new DefaultHttp2DataFrame(content, data.isEndStream()));
        }
    }

    /** The rest of a request that has its response already is not needed (RFC 9113, section 8.1). */
    @Override
    public void close(ChannelHandlerContext ctx, ChannelPromise promise) {
        if (ctx.channel() instanceof Http2StreamChannel channel
                && channel.stream().state() == Http2Stream.State.HALF_CLOSED_LOCAL) {
            ctx.writeAndFlush(new DefaultHttp2ResetFrame(Http2Error.NO_ERROR));
        }
        ctx.close(promise);
    }
}
