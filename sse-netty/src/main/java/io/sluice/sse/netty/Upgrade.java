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
import java.util.ArrayList;
import java.util.List;

/**
 * Turns an HTTP connection into a stream: the HTTP codec and everything behind it leave the pipeline, and so do handlers
 * that end a connection for being idle; what stands before the codec (TLS, say) stays. Then the head is written.
 */
final class Upgrade {

    private Upgrade() {}

    static void run(ChannelHandlerContext ctx, NettySink sink) {
        ChannelPipeline pipeline = ctx.pipeline();
        List<ChannelHandler> leaving = leaving(pipeline);
        // Before the others leave, and from the last to the first: what they have read ahead goes on to the handler
        // behind them when they are removed, and that must be the stream's.
        pipeline.addLast("sluice-stream", new StreamHandler(sink));
        for (int i = leaving.size() - 1; i >= 0; i--) {
            pipeline.remove(leaving.get(i));
        }
        pipeline.channel().config().setAutoRead(true); // a stream that is not read does not notice its end
        byte[] head = sink.isChunked() ? ResponseHead.CHUNKED : ResponseHead.UNTIL_CLOSE;
        ChannelHandlerContext stream = pipeline.context("sluice-stream");
        ByteBuf bytes = stream.alloc().directBuffer(head.length).writeBytes(head);
        stream.write(bytes, stream.voidPromise());
    }

    private static List<ChannelHandler> leaving(ChannelPipeline pipeline) {
        List<ChannelHandler> leaving = new ArrayList<>();
        boolean http = false;
        for (var entry : pipeline) {
            ChannelHandler handler = entry.getValue();
            http |= handler instanceof HttpServerCodec
                    || handler instanceof HttpObjectDecoder
                    || handler instanceof HttpObjectEncoder<?>;
            if (http
                    || handler instanceof RequestDeadline
                    || handler instanceof IdleStateHandler
                    || handler instanceof WriteTimeoutHandler) {
                leaving.add(handler);
            }
        }
        return leaving;
    }
}
