package io.sluice.sse.netty.stream;

import io.netty.buffer.ByteBuf;
import io.netty.channel.ChannelHandler;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelPipeline;
import io.netty.handler.timeout.IdleStateHandler;
import io.netty.handler.timeout.WriteTimeoutHandler;
import io.sluice.sse.netty.http.HttpCodec;
import io.sluice.sse.netty.http.RequestDeadline;
import io.sluice.sse.netty.http.ResponseHead;
import java.util.List;
import java.util.Map;

/**
 * Turns an HTTP connection of this module's own server into a stream. It removes the HTTP codec, every handler after
 * it, and the handlers that close idle connections. Handlers before the codec (for the PROXY header) stay. Then it
 * writes the response head. No handler of an application is there to see the head; if there is one, {@link
 * PipelineUpgrade} applies.
 */
public final class Upgrade {

    public static final String STREAM_HANDLER = "sluice-stream";

    private Upgrade() {}

    /**
     * Runs on the event loop of the connection.
     *
     * @param headers of the route
     */
    public static void run(ChannelHandlerContext ctx, NettySink sink, List<Map.Entry<String, String>> headers) {
        assert ctx.executor().inEventLoop();
        ChannelPipeline pipeline = ctx.pipeline();
        // The stream's handler comes first, since the HTTP handlers pass their buffered bytes to it when they leave.
        pipeline.addLast(STREAM_HANDLER, new StreamHandler(sink));
        removeHttp(pipeline);
        byte[] head = ResponseHead.bytes(sink.isChunked(), headers);
        ChannelHandlerContext stream = pipeline.context(STREAM_HANDLER);
        ByteBuf bytes = stream.alloc().directBuffer(head.length).writeBytes(head);
        stream.write(bytes, stream.voidPromise());
        sink.enableFastPath();
    }

    /**
     * Removes the HTTP codec, every handler after it except those of the stream, and the handlers that close idle
     * connections, from last to first: each removed handler passes the bytes that it has buffered to the next handler,
     * which must be the stream's.
     */
    static void removeHttp(ChannelPipeline pipeline) {
        List<String> names = pipeline.names();
        int codec = indexOfCodec(pipeline, names);
        for (int i = names.size() - 1; i >= 0; i--) {
            ChannelHandler handler = pipeline.get(names.get(i));
            if (handler != null && !isOfStream(handler) && (i >= codec || closesIdleConnections(handler))) {
                pipeline.remove(names.get(i));
            }
        }
        if (!pipeline.channel().config().isAutoRead()) {
            pipeline.channel().config().setAutoRead(true); // without reading, a stream would not notice its end
        }
    }

    private static boolean isOfStream(ChannelHandler handler) {
        return handler instanceof StreamHandler || handler instanceof PipelineUpgrade.HeldFrames;
    }

    /** The index of the first handler of the HTTP codec; past the end if there is none. */
    private static int indexOfCodec(ChannelPipeline pipeline, List<String> names) {
        for (int i = 0; i < names.size(); i++) {
            ChannelHandler handler = pipeline.get(names.get(i));
            if (handler != null && HttpCodec.isPart(handler)) {
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
