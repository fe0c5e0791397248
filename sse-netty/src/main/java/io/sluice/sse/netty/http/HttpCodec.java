package io.sluice.sse.netty.http;

import io.netty.channel.ChannelHandler;
import io.netty.channel.ChannelHandlerContext;
import io.netty.handler.codec.http.HttpObjectDecoder;
import io.netty.handler.codec.http.HttpObjectEncoder;
import io.netty.handler.codec.http.HttpServerCodec;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * Where the HTTP/1.1 codec stands in a pipeline, seen from another handler.
 *
 * @param decoderBefore whether the handler gets requests from a decoder before it
 * @param encoderBefore the name of the handler that encodes its responses; null if none is before it
 * @param after whether a part of the codec is after the handler
 * @param onEventLoop whether the codec runs on the event loop of the channel
 */
public record HttpCodec(boolean decoderBefore, @Nullable String encoderBefore, boolean after, boolean onEventLoop) {

    public static HttpCodec around(ChannelHandlerContext ctx) {
        boolean decoderBefore = false;
        String encoderBefore = null;
        boolean after = false;
        boolean onEventLoop = true;
        boolean passed = false;
        for (Map.Entry<String, ChannelHandler> entry : ctx.pipeline()) {
            ChannelHandler handler = entry.getValue();
            passed |= entry.getKey().equals(ctx.name());
            if (!isPart(handler)) {
                continue;
            }
            if (passed) {
                after = true;
                continue;
            }
            decoderBefore |= !(handler instanceof HttpObjectEncoder<?>);
            encoderBefore = handler instanceof HttpObjectDecoder ? encoderBefore : entry.getKey();
            ChannelHandlerContext part = ctx.pipeline().context(handler);
            onEventLoop &= part != null && part.executor() == ctx.channel().eventLoop();
        }
        return new HttpCodec(decoderBefore, encoderBefore, after, onEventLoop);
    }

    /** Whether the handler is the HTTP codec of a server, or one half of it. */
    public static boolean isPart(ChannelHandler handler) {
        return handler instanceof RequestCodec
                || handler instanceof HttpServerCodec
                || handler instanceof HttpObjectDecoder
                || handler instanceof HttpObjectEncoder<?>;
    }

    public boolean isBefore() {
        return decoderBefore && encoderBefore != null;
    }

    public boolean isMissing() {
        return !decoderBefore && encoderBefore == null && !after;
    }

    /** The name of the handler that encodes the responses. */
    public String encoder() {
        return Objects.requireNonNull(encoderBefore, "encoder");
    }
}
