package io.sluice.sse.netty;

import io.netty.channel.Channel;
import io.netty.channel.ChannelHandler;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ServerChannel;
import io.netty.util.AttributeKey;
import io.sluice.sse.netty.http.HttpCodec;
import java.util.Map;

/**
 * Checks that a {@link SseHandler} is at a place of a pipeline where it can serve streams. If it is not, the connection
 * is closed, and the exception contains what to change. On the event loop of the channel.
 */
final class Placement {

    /** Set if the pipeline had no HTTP codec when the handler was added. It may have been added later. */
    private static final AttributeKey<Boolean> WITHOUT_CODEC = AttributeKey.valueOf(Placement.class, "withoutCodec");

    private Placement() {}

    /**
     * Checks what is known when the handler is added. The codec may still follow, before the handler.
     *
     * @throws IllegalStateException if it cannot serve there
     */
    static void checkAdded(ChannelHandlerContext ctx, SseHandler added) {
        Channel parent = ctx.channel().parent();
        if (parent != null && !(parent instanceof ServerChannel)) {
            throw failure(
                    ctx,
                    "it serves HTTP/1.1 only, and this channel is one stream of an HTTP/2 or HTTP/3 connection"
                            + " (expected: SseHandler after HttpServerCodec, where ALPN has chosen http/1.1)");
        }
        if (ctx.executor() != ctx.channel().eventLoop()) {
            throw failure(
                    ctx,
                    "it must run on the event loop of its channel"
                            + " (expected: SseHandler added without an executor group)");
        }
        for (Map.Entry<String, ChannelHandler> entry : ctx.pipeline()) {
            if (entry.getValue() instanceof SseHandler other
                    && !entry.getKey().equals(ctx.name())
                    && other.path().equals(added.path())) {
                throw failure(
                        ctx,
                        "the path " + added.path() + " has another SseHandler, " + entry.getKey()
                                + " (expected: one SseHandler for each path)");
            }
        }
        HttpCodec codec = HttpCodec.around(ctx);
        if (codec.after() && !codec.isBefore()) {
            throw beforeCodec(ctx);
        }
        if (codec.isMissing()) {
            ctx.channel().attr(WITHOUT_CODEC).set(Boolean.TRUE);
        }
    }

    /**
     * Checks the pipeline when a message comes that is not HTTP.
     *
     * @throws IllegalStateException if the handler is before the codec, or if there never was a codec
     */
    static void checkForeignMessage(ChannelHandlerContext ctx) {
        HttpCodec codec = HttpCodec.around(ctx);
        if (codec.after() && !codec.isBefore()) {
            throw beforeCodec(ctx);
        }
        if (codec.isMissing() && ctx.channel().hasAttr(WITHOUT_CODEC)) {
            throw withoutCodec(ctx);
        }
    }

    /**
     * Checks the pipeline when a request for a stream comes.
     *
     * @throws IllegalStateException if its response could not become a stream
     */
    static void checkRequest(ChannelHandlerContext ctx) {
        HttpCodec codec = HttpCodec.around(ctx);
        if (!codec.isBefore()) {
            throw withoutCodec(ctx);
        }
        if (!codec.onEventLoop()) {
            throw failure(
                    ctx,
                    "the HTTP codec must run on the event loop of the channel"
                            + " (expected: the codec added without an executor group)");
        }
    }

    private static IllegalStateException beforeCodec(ChannelHandlerContext ctx) {
        return failure(ctx, "it is before the HTTP codec (expected: SseHandler after HttpServerCodec)");
    }

    private static IllegalStateException withoutCodec(ChannelHandlerContext ctx) {
        return failure(
                ctx,
                "there is no HTTP/1.1 codec before it (expected: HttpServerCodec, or HttpRequestDecoder and"
                        + " HttpResponseEncoder, before SseHandler)");
    }

    private static IllegalStateException failure(ChannelHandlerContext ctx, String words) {
        IllegalStateException failure = new IllegalStateException("SseHandler cannot serve in this pipeline: " + words
                + "; its handlers are " + ctx.pipeline().names());
        // A connection that is only half served would keep its client waiting.
        if (ctx.channel().eventLoop().inEventLoop()) {
            ctx.close();
        } else {
            ctx.executor().execute(ctx::close); // after the exception, which needs the handlers of the pipeline
        }
        return failure;
    }
}
