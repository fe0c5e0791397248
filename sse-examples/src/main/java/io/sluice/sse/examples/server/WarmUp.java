package io.sluice.sse.examples.server;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.embedded.EmbeddedChannel;
import io.netty.handler.codec.http.HttpServerCodec;
import io.sluice.sse.hub.Hub;
import io.sluice.sse.netty.SseHandler;
import io.sluice.sse.netty.StreamRoute;
import java.nio.charset.StandardCharsets;

/** A stream of a hub of its own to nobody: it loads what the first client's would have to wait for. */
final class WarmUp {

    private static final String REQUEST =
            "GET /events/a HTTP/1.1\r\nhost: localhost\r\naccept: text/event-stream\r\n\r\n";

    private WarmUp() {}

    /** @return what was answered, for a test */
    static String serve() {
        Hub hub = Hub.create();
        EmbeddedChannel channel =
                new EmbeddedChannel(new HttpServerCodec(), SseHandler.serving(hub, "/events/**", StreamRoute.topics()));
        try {
            channel.writeInbound(Unpooled.copiedBuffer(REQUEST, StandardCharsets.US_ASCII));
            StringBuilder answer = new StringBuilder();
            // All of it before the end: a frame that the channel still has would stay with its lane.
            for (ByteBuf bytes = channel.readOutbound(); bytes != null; bytes = channel.readOutbound()) {
                answer.append(bytes.toString(StandardCharsets.US_ASCII));
                bytes.release();
            }
            return answer.toString();
        } finally {
            channel.finishAndReleaseAll();
            hub.close();
        }
    }
}
