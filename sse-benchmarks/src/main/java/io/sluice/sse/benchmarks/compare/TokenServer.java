package io.sluice.sse.benchmarks.compare;

import io.sluice.sse.Event;
import io.sluice.sse.Sink;
import io.sluice.sse.hub.Hub;
import io.sluice.sse.netty.HttpRoute;
import io.sluice.sse.netty.RouteResponse;
import io.sluice.sse.netty.SseServer;
import io.sluice.sse.netty.SseStream;
import io.sluice.sse.netty.Transport;
import io.sluice.sse.topic.Selector;
import io.sluice.sse.topic.StartPosition;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.BiConsumer;
import org.jspecify.annotations.Nullable;

/**
 * Token streams on Sluice. Each client has a topic of its own, or a source of its own. A request brings the tokens of
 * many clients, one line for each: the client and the data.
 */
final class TokenServer {

    /** What a client that returns can resume, the last five seconds of its stream. */
    private static final int HISTORY_EVENTS = 250;

    private TokenServer() {}

    /** @param arguments the port and the transport */
    public static void main(String[] arguments) throws Exception {
        Hub hub = Hub.builder().historyEvents(HISTORY_EVENTS).build();
        Map<String, Sink> sinks = new ConcurrentHashMap<>();
        SseServer.builder()
                .hub(hub)
                .port(Integer.parseInt(arguments[0]))
                .transport(Transport.valueOf(arguments[1].toUpperCase(Locale.ROOT)))
                .threads(1)
                .streams(
                        "/tokens/topics/**",
                        request -> SseStream.of(Selector.of(topic(request.subPath())), StartPosition.live()))
                .streams("/tokens/sources/**", request -> {
                    String client = request.subPath();
                    return SseStream.of(sink -> sinks.put(client, sink));
                })
                .route("POST", "/tokens/topics", each((client, data) -> hub.publish(topic(client), Event.of(data))))
                .route("POST", "/tokens/sources", each((client, data) -> send(sinks.get(client), data)))
                .start()
                .awaitTermination();
    }

    private static String topic(String client) {
        return "tokens/" + client;
    }

    private static void send(@Nullable Sink sink, String data) {
        if (sink != null) {
            sink.send(Event.of(data));
        }
    }

    private static HttpRoute each(BiConsumer<String, String> use) {
        RouteResponse done = RouteResponse.empty(204);
        return request -> {
            String lines = request.bodyText();
            for (int from = 0; from < lines.length(); ) {
                int blank = lines.indexOf(' ', from);
                int end = lines.indexOf('\n', blank);
                use.accept(lines.substring(from, blank), lines.substring(blank + 1, end));
                from = end + 1;
            }
            return done.completed();
        };
    }
}
