package io.sluice.sse.netty;

import io.netty.buffer.ByteBuf;
import io.netty.channel.ChannelHandler;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelPipeline;
import io.netty.handler.codec.http.HttpObjectDecoder;
import io.netty.handler.codec.http.HttpObjectEncoder;
import io.netty.handler.codec.http.HttpServerCodec;
import io.netty.handler.timeout.IdleStateHandler;
import io.netty.handler.timeout.WriteTimeoutHandler;
import java.util.List;

/**
 * Turns an HTTP connection into a stream: the HTTP codec and everything behind it leave the pipeline, and so do handlers
 * that end a connection for being idle; what stands before the codec (TLS, say) stays. Then the head is written.
 */
final class Upgrade {

    private Upgrade() {}

    static void run(ChannelHandlerContext ctx, NettySink sink) {
        ChannelPipeline pipeline = ctx.pipeline();
        List<String> names = pipeline.names();
        // Before the others leave, and from the last to the first: what they have read ahead goes on to the handler
        // behind them when they are removed, and that must be the stream's.
        pipeline.addLast("sluice-stream", new StreamHandler(sink));
        int codec = codec(pipeline, names);
        for (int i = names.size() - 1; i >= 0; i--) {
            ChannelHandler handler = pipeline.get(names.get(i));
            if (handler != null && (i >= codec || endsTheIdle(handler))) {
                pipeline.remove(names.get(i));
            }
        }
        if (!pipeline.channel().config().isAutoRead()) {
            pipeline.channel().config().setAutoRead(true); // a stream that is not read does not notice its end
        }
        byte[] head = sink.isChunked() ? ResponseHead.CHUNKED : ResponseHead.UNTIL_CLOSE;
        ChannelHandlerContext stream = pipeline.context("sluice-stream");
        ByteBuf bytes = stream.alloc().directBuffer(head.length).writeBytes(head);
        stream.write(bytes, stream.voidPromise());
        if (ctx.handler() instanceof RouteHandler) { // into an application's pipeline, handlers may come at any time
            sink.enableFastPath();
        }
    }

    /** Where the HTTP codec begins. */
    private static int codec(ChannelPipeline pipeline, List<String> names) {
        for (int i = 0; i < names.size(); i++) {
            ChannelHandler handler = pipeline.get(names.get(i));
            if (handler instanceof HttpServerCodec
                    || handler instanceof HttpObjectDecoder
                    || handler instanceof HttpObjectEncoder<?>) {
                return i;
            }
        }
        return names.size();
    }

    private static boolean endsTheIdle(ChannelHandler handler) {
        return handler instanceof RequestDeadline
                || handler instanceof IdleStateHandler
                || handler instanceof WriteTimeoutHandler;
    }
}
