package io.sluice.sse.netty;

import io.netty.channel.ChannelDuplexHandler;
import io.netty.channel.ChannelHandler;
import io.netty.channel.ChannelHandler.Sharable;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelPipeline;
import io.netty.channel.ChannelPromise;
import io.netty.handler.codec.http.HttpMethod;
import io.netty.handler.codec.http.HttpRequest;
import io.netty.handler.codec.http.HttpResponse;
import io.netty.handler.codec.http.HttpStatusClass;
import io.netty.util.AttributeKey;
import java.util.Map;
import java.util.concurrent.atomic.AtomicBoolean;

/**
 * Finds out that a handler before the {@link SseHandler} takes the requests for streams, so that the SseHandler never
 * sees one. Such a pipeline answers {@code /events/…} by another handler, without any error. The probe stands directly
 * after the HTTP codec. It reports once, and only until a first request has reached the SseHandler; then it leaves.
 *
 * <p>A handler that rejects a request (authentication, a rate) is no error: the probe reports a request that was
 * answered with 2xx, 404 or 405, or not at all.
 *
 * <p>One for all pipelines of an SseHandler. Thread-safe.
 */
@Sharable
final class ReachabilityProbe extends ChannelDuplexHandler {

    /** The path of a request that has not reached the SseHandler yet. */
    private static final AttributeKey<String> EXPECTED = AttributeKey.valueOf(ReachabilityProbe.class, "expected");

    private final Routes routes;
    private final AtomicBoolean reported = new AtomicBoolean();
    private volatile boolean reached;

    ReachabilityProbe(Routes routes) {
        this.routes = routes;
    }

    /** Adds the probe if the pipeline has handlers of the application between the codec and the SseHandler. */
    void addTo(ChannelHandlerContext sse, HttpCodec codec) {
        if (reached || reported.get() || !codec.isBefore()) {
            return;
        }
        ChannelPipeline pipeline = sse.pipeline();
        String encoder = codec.encoder();
        boolean afterCodec = false;
        for (Map.Entry<String, ChannelHandler> entry : pipeline) {
            if (entry.getKey().equals(sse.name())) {
                return;
            }
            if (afterCodec && isOfApplication(entry.getValue())) {
                break;
            }
            afterCodec |= entry.getKey().equals(encoder);
        }
        pipeline.addAfter(encoder, null, this);
    }

    private static boolean isOfApplication(ChannelHandler handler) {
        return !(handler instanceof SseHandler)
                && !(handler instanceof ReachabilityProbe)
                && !handler.getClass().getName().startsWith("io.netty.");
    }

    /** A request has reached the SseHandler. */
    void reached(ChannelHandlerContext sse) {
        if (!reached) {
            reached = true;
        }
        if (sse.channel().hasAttr(EXPECTED)) {
            sse.channel().attr(EXPECTED).set(null);
        }
    }

    @Override
    public void channelRead(ChannelHandlerContext ctx, Object message) {
        if (reached) {
            ctx.pipeline().remove(this);
        } else if (message instanceof HttpRequest request
                && request.decoderResult().isSuccess()) {
            String path = SseHandler.pathOf(request);
            boolean opensStream = request.method().equals(HttpMethod.GET) && routes.find(path) != null;
            ctx.channel().attr(EXPECTED).set(opensStream ? path : null);
        }
        ctx.fireChannelRead(message);
    }

    @Override
    public void write(ChannelHandlerContext ctx, Object message, ChannelPromise promise) {
        if (message instanceof HttpResponse response
                && response.status().codeClass() != HttpStatusClass.INFORMATIONAL) {
            int status = response.status().code();
            boolean isRejection = status / 100 != 2 && status != 404 && status != 405;
            answered(ctx, isRejection, "answered with status " + status);
        }
        ctx.write(message, promise);
    }

    @Override
    public void channelInactive(ChannelHandlerContext ctx) {
        answered(ctx, false, "not passed on until the connection closed");
        ctx.fireChannelInactive();
    }

    private void answered(ChannelHandlerContext ctx, boolean isRejection, String how) {
        if (!ctx.channel().hasAttr(EXPECTED)) {
            return;
        }
        String path = ctx.channel().attr(EXPECTED).getAndSet(null);
        if (path != null && !isRejection && !reached && reported.compareAndSet(false, true)) {
            ctx.fireExceptionCaught(new IllegalStateException(
                    "SseHandler cannot serve in this pipeline: the first request for a stream did not reach it, but was "
                            + how
                            + " (expected: SseHandler before the handler that takes the requests); its handlers are "
                            + ctx.pipeline().names()));
        }
    }
}
