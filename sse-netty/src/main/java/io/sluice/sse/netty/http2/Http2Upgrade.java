package io.sluice.sse.netty.http2;

import io.netty.channel.ChannelHandler;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelPipeline;
import io.netty.handler.codec.http2.DefaultHttp2HeadersFrame;
import io.sluice.sse.netty.http.ResponseHead;
import io.sluice.sse.netty.stream.StreamHandler;
import io.sluice.sse.netty.stream.Upgrade;
import java.util.List;
import java.util.Map;

/** Turns a request over HTTP/2 into a stream of events: only {@link Http2StreamHandler} stays in its pipeline. */
public final class Http2Upgrade {

    private Http2Upgrade() {}

    /**
     * Runs on the event loop of the connection.
     *
     * @param headers of the route
     */
    public static void run(ChannelHandlerContext ctx, Http2Sink sink, List<Map.Entry<String, String>> headers) {
        assert ctx.executor().inEventLoop();
        ChannelPipeline pipeline = ctx.pipeline();
        StreamHandler handler = new Http2StreamHandler(sink);
        pipeline.addLast(Upgrade.STREAM_HANDLER, handler);
        List<String> names = pipeline.names();
        for (int i = names.size() - 1; i >= 0; i--) {
            ChannelHandler other = pipeline.get(names.get(i));
            if (other != null && other != handler) {
                pipeline.remove(other);
            }
        }
        pipeline.channel().config().setAutoRead(true);
        ChannelHandlerContext stream = pipeline.context(handler);
        stream.write(new DefaultHttp2HeadersFrame(ResponseHead.http2(headers)), stream.voidPromise());
        sink.upgraded();
    }
}
