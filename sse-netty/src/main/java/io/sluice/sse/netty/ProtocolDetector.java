package io.sluice.sse.netty;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelPipeline;
import io.netty.handler.codec.http2.Http2CodecUtil;
import io.netty.handler.ssl.ApplicationProtocolNames;
import io.netty.handler.ssl.SslHandler;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Finds out whether a new connection speaks HTTP/1.1 or HTTP/2, by its first bytes, and then leaves the pipeline. A
 * client of HTTP/2 always begins with the same 24 bytes, which are no request of HTTP/1.1. Over TLS the client must
 * also keep to what ALPN has negotiated. Confined to the event loop.
 */
final class ProtocolDetector extends ChannelInboundHandlerAdapter {

    private static final ByteBuf PREFACE = Http2CodecUtil.connectionPrefaceBuf();

    private final Http2Pipeline http2;
    /** The handlers of HTTP/1.1, which leave a connection of HTTP/2. */
    private final List<String> http1;

    /** The first bytes, as long as they are too few to decide; null most of the time. */
    private @Nullable ByteBuf held;

    ProtocolDetector(Http2Pipeline http2, List<String> http1) {
        this.http2 = http2;
        this.http1 = http1;
    }

    @Override
    public void channelRead(ChannelHandlerContext ctx, Object message) {
        if (!(message instanceof ByteBuf bytes)) {
            ctx.fireChannelRead(message);
            return;
        }
        ByteBuf first = withHeld(ctx, bytes);
        int compared = Math.min(first.readableBytes(), PREFACE.readableBytes());
        boolean same = ByteBufUtil.equals(first, first.readerIndex(), PREFACE, 0, compared);
        if (same && compared < PREFACE.readableBytes()) {
            held = first;
        } else {
            decide(ctx, same, first);
        }
    }

    private ByteBuf withHeld(ChannelHandlerContext ctx, ByteBuf bytes) {
        ByteBuf before = held;
        if (before == null) {
            return bytes;
        }
        held = null;
        ByteBuf all = ctx.alloc().buffer().writeBytes(before).writeBytes(bytes);
        before.release();
        bytes.release();
        return all;
    }

    private void decide(ChannelHandlerContext ctx, boolean isPreface, ByteBuf first) {
        String negotiated = negotiated(ctx.pipeline());
        if (!isPreface && ApplicationProtocolNames.HTTP_2.equals(negotiated)) {
            first.release();
            ctx.close();
            return;
        }
        if (isPreface && !ApplicationProtocolNames.HTTP_1_1.equals(negotiated)) {
            http1.forEach(ctx.pipeline()::remove);
            http2.addTo(ctx.pipeline());
        }
        ctx.pipeline().remove(this);
        ctx.fireChannelRead(first);
    }

    /** The protocol that ALPN has negotiated; null without TLS or without ALPN. */
    private static @Nullable String negotiated(ChannelPipeline pipeline) {
        SslHandler tls = pipeline.get(SslHandler.class);
        return tls == null ? null : tls.applicationProtocol();
    }

    @Override
    public void handlerRemoved(ChannelHandlerContext ctx) {
        ByteBuf bytes = held;
        if (bytes != null) {
            held = null;
            bytes.release();
        }
    }
}
