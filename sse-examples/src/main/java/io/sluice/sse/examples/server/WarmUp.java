package io.sluice.sse.examples.server;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.embedded.EmbeddedChannel;
import io.netty.handler.codec.http.HttpServerCodec;
import io.sluice.sse.hub.Hub;
import io.sluice.sse.netty.SseHandler;
import io.sluice.sse.netty.StreamRoute;
import java.nio.charset.StandardCharsets;

/**
 * Serves one stream of a separate hub without a client. This loads the classes that would otherwise delay the first
 * client.
 */
final class WarmUp {

    private static final String REQUEST =
            "GET /events/a HTTP/1.1\r\nhost: localhost\r\naccept: text/event-stream\r\n\r\n";

    private WarmUp() {}

    /** @return the response, for a test */
    static String serve() {
        Hub hub = Hub.create();
        EmbeddedChannel channel =
                new EmbeddedChannel(new HttpServerCodec(), SseHandler.serving(hub, "/events/**", StreamRoute.topics()));
        try {
            channel.writeInbound(Unpooled.copiedBuffer(REQUEST, StandardCharsets.US_ASCII));
            StringBuilder response = new StringBuilder();
            // Read everything before the end: a frame that stays in the channel would remain counted for its lane.
            for (ByteBuf bytes = channel.readOutbound(); bytes != null; bytes = channel.readOutbound()) {
                response.append(bytes.toString(StandardCharsets.US_ASCII));
                bytes.release();
            }
            return response.toString();
        } finally {
            channel.finishAndReleaseAll();
            hub.close();
        }
    }
}
