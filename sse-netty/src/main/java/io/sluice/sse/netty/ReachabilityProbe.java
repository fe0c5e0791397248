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
import io.sluice.sse.netty.http.HttpCodec;
import java.util.IdentityHashMap;
import java.util.Map;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;

/**
 * Finds out that a handler before the {@link SseHandler} takes the requests for streams, so that the SseHandler never
 * sees one. Such a pipeline answers {@code /events/…} by another handler, without any error. The probe stands directly
 * after the HTTP codec. It reports once, and only until a first request has reached the SseHandler; then it leaves.
 *
 * <p>A handler that rejects a request (authentication, a rate) is no error: the probe reports a request that was
 * answered with 2xx, or not at all. It reports 404 and 405 only if no request at all reaches the SseHandler, and
 * requests for other paths are answered before it, too: authentication may hide a stream by these.
 *
 * <p>One for all pipelines of an SseHandler. Thread-safe.
 */
@Sharable
final class ReachabilityProbe extends ChannelDuplexHandler {

    /** The paths of requests that have not reached their SseHandler yet; a pipeline may have several. */
    private static final AttributeKey<Map<ReachabilityProbe, String>> EXPECTED =
            AttributeKey.valueOf(ReachabilityProbe.class, "expected");

    /** Stands for a path that the SseHandler would pass on. */
    private static final String OTHER = "";

    private final Routes routes;
    private final AtomicBoolean reported = new AtomicBoolean();
    private volatile boolean reached;
    /** Whether any request has come to the SseHandler, also for another path. */
    private volatile boolean passed;
    /** Whether a handler before it has answered a request for another path. */
    private volatile boolean answersOthers;

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

    /** A request for another path has come to the SseHandler. */
    void passed(ChannelHandlerContext sse) {
        if (!passed) {
            passed = true;
        }
        takeExpected(sse);
    }

    /** A request for a stream has reached the SseHandler. */
    void reached(ChannelHandlerContext sse) {
        if (!reached) {
            reached = true;
        }
        takeExpected(sse);
    }

    private @Nullable String takeExpected(ChannelHandlerContext ctx) {
        Map<ReachabilityProbe, String> paths =
                ctx.channel().hasAttr(EXPECTED) ? ctx.channel().attr(EXPECTED).get() : null;
        String path = paths == null ? null : paths.remove(this);
        if (paths != null && paths.isEmpty()) {
            ctx.channel().attr(EXPECTED).set(null);
        }
        return path;
    }

    private void expect(ChannelHandlerContext ctx, @Nullable String path) {
        takeExpected(ctx);
        if (path != null) {
            Map<ReachabilityProbe, String> paths = ctx.channel().attr(EXPECTED).get();
            if (paths == null) {
                paths = new IdentityHashMap<>(2);
                ctx.channel().attr(EXPECTED).set(paths);
            }
            paths.put(this, path);
        }
    }

    @Override
    public void channelRead(ChannelHandlerContext ctx, Object message) {
        if (reached) {
            ctx.pipeline().remove(this);
        } else if (message instanceof HttpRequest request
                && request.decoderResult().isSuccess()) {
            String path = SseHandler.pathOf(request);
            if (routes.find(path) == null) {
                expect(ctx, OTHER);
            } else {
                expect(ctx, request.method().equals(HttpMethod.GET) ? path : null);
            }
        }
        ctx.fireChannelRead(message);
    }

    @Override
    public void write(ChannelHandlerContext ctx, Object message, ChannelPromise promise) {
        if (message instanceof HttpResponse response
                && response.status().codeClass() != HttpStatusClass.INFORMATIONAL) {
            int status = response.status().code();
            boolean isMissing = status == 404 || status == 405;
            boolean isRejection = status / 100 != 2 && !(isMissing && answersOthers && !passed);
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
        String path = takeExpected(ctx);
        if (OTHER.equals(path)) {
            answersOthers = true;
        } else if (path != null && !isRejection && !reached && reported.compareAndSet(false, true)) {
            ctx.fireExceptionCaught(new IllegalStateException(
                    "SseHandler cannot serve in this pipeline: the first request for a stream did not reach it, but was "
                            + how
                            + " (expected: SseHandler before the handler that takes the requests); its handlers are "
                            + ctx.pipeline().names()));
        }
    }
}
