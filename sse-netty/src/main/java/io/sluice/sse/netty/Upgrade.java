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
 * Turns an HTTP connection into a stream. It removes the HTTP codec, every handler after it, and the handlers that
 * close idle connections. Handlers before the codec (TLS, for example) stay. Then it writes the response head.
 */
final class Upgrade {

    private static final String STREAM_HANDLER = "sluice-stream";

    private Upgrade() {}

    /**
     * Runs on the event loop of the connection.
     *
     * @param ownsPipeline whether only this module adds handlers to the pipeline, so that frames may bypass it
     */
    static void run(ChannelHandlerContext ctx, NettySink sink, boolean ownsPipeline) {
        assert ctx.executor().inEventLoop();
        ChannelPipeline pipeline = ctx.pipeline();
        List<String> names = pipeline.names();
        // The stream's handler comes first, and the others leave from last to first: each removed handler passes
        // the bytes that it has buffered to the next handler, which must be the stream's.
        pipeline.addLast(STREAM_HANDLER, new StreamHandler(sink));
        int codec = indexOfCodec(pipeline, names);
        for (int i = names.size() - 1; i >= 0; i--) {
            ChannelHandler handler = pipeline.get(names.get(i));
            if (handler != null && (i >= codec || closesIdleConnections(handler))) {
                pipeline.remove(names.get(i));
            }
        }
        if (!pipeline.channel().config().isAutoRead()) {
            pipeline.channel().config().setAutoRead(true); // without reading, a stream would not notice its end
        }
        byte[] head = sink.isChunked() ? ResponseHead.CHUNKED : ResponseHead.UNTIL_CLOSE;
        ChannelHandlerContext stream = pipeline.context(STREAM_HANDLER);
        ByteBuf bytes = stream.alloc().directBuffer(head.length).writeBytes(head);
        stream.write(bytes, stream.voidPromise());
        if (ownsPipeline) {
            sink.enableFastPath();
        }
    }

    /** The index of the first handler of the HTTP codec; past the end if there is none. */
    private static int indexOfCodec(ChannelPipeline pipeline, List<String> names) {
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

    private static boolean closesIdleConnections(ChannelHandler handler) {
        return handler instanceof RequestDeadline
                || handler instanceof IdleStateHandler
                || handler instanceof WriteTimeoutHandler;
    }
}
