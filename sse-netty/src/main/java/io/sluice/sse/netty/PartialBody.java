package io.sluice.sse.netty;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.channel.ChannelHandlerContext;
import io.netty.handler.codec.http.FullHttpRequest;
import io.netty.handler.codec.http.HttpContent;
import io.netty.handler.codec.http.HttpRequest;
import io.netty.handler.codec.http.LastHttpContent;
import io.netty.util.AttributeKey;
import java.io.ByteArrayOutputStream;
import org.jspecify.annotations.Nullable;

/**
 * The body of a request for a stream, as it arrives in the pipeline of an application that does not aggregate it. Kept
 * on the channel, confined to its event loop.
 */
final class PartialBody {

    static final int MAX_BYTES = 1 << 20;

    private static final AttributeKey<PartialBody> ATTRIBUTE = AttributeKey.valueOf(PartialBody.class, "body");

    private final HttpRequest request;
    private final Routes.Entry entry;
    private final ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    private boolean tooLarge;

    private PartialBody(HttpRequest request, Routes.Entry entry) {
        this.request = request;
        this.entry = entry;
    }

    /** Whether the body follows the request, and belongs to it. The body of a GET is discarded. */
    static boolean isNeeded(HttpRequest request) {
        String method = request.method().name();
        return !(request instanceof LastHttpContent) && !method.equals("GET") && !method.equals("HEAD");
    }

    /** The body of a request that an aggregator has made; null if it is too large. */
    static byte @Nullable [] bytesOf(HttpRequest request) {
        if (!(request instanceof FullHttpRequest full)) {
            return new byte[0];
        }
        ByteBuf content = full.content();
        return content.readableBytes() > MAX_BYTES ? null : ByteBufUtil.getBytes(content);
    }

    static void begin(ChannelHandlerContext ctx, HttpRequest request, Routes.Entry entry) {
        ctx.channel().attr(ATTRIBUTE).set(new PartialBody(request, entry));
    }

    static boolean isCollecting(ChannelHandlerContext ctx) {
        return ctx.channel().hasAttr(ATTRIBUTE) && ctx.channel().attr(ATTRIBUTE).get() != null;
    }

    /** Adds a piece, which its reader releases. @return this when the body is complete; otherwise null */
    static @Nullable PartialBody add(ChannelHandlerContext ctx, HttpContent piece) {
        PartialBody body = ctx.channel().attr(ATTRIBUTE).get();
        body.add(piece.content());
        if (!(piece instanceof LastHttpContent)) {
            return null;
        }
        ctx.channel().attr(ATTRIBUTE).set(null);
        return body;
    }

    /** What comes after the maximum is dropped: the client gets its response when it has sent all. */
    private void add(ByteBuf content) {
        tooLarge |= bytes.size() + content.readableBytes() > MAX_BYTES;
        if (tooLarge) {
            bytes.reset();
        } else {
            bytes.writeBytes(ByteBufUtil.getBytes(content));
        }
    }

    HttpRequest request() {
        return request;
    }

    Routes.Entry entry() {
        return entry;
    }

    /** Null if the body was too large. */
    byte @Nullable [] bytes() {
        return tooLarge ? null : bytes.toByteArray();
    }
}
