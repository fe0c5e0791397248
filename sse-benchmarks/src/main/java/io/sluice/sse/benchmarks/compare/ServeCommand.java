package io.sluice.sse.benchmarks.compare;

import io.sluice.sse.Event;
import io.sluice.sse.hub.Hub;
import io.sluice.sse.netty.Compression;
import io.sluice.sse.netty.RouteResponse;
import io.sluice.sse.netty.SseServer;
import io.sluice.sse.netty.SseServerBuilder;
import io.sluice.sse.netty.SseStream;
import io.sluice.sse.topic.Selector;
import io.sluice.sse.topic.StartPosition;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/**
 * Serves one topic for a load generator. The subscribers have one port, with or without TLS, and the publisher has
 * another one without TLS, so that a measurement counts only what the subscribers cost. The certificate makes the
 * difference between HTTP and HTTPS; the client chooses HTTP/1.1 or HTTP/2.
 */
@Command(
        name = "serve",
        mixinStandardHelpOptions = true,
        sortOptions = false,
        description =
                "Serves GET /events and all paths below it on one port, and POST /publish and all paths below it on"
                        + " another one without TLS, until it is killed.")
public final class ServeCommand implements Callable<Integer> {

    private static final int HISTORY_EVENTS = 2_200;

    @Option(names = "--port", required = true, description = "Of the subscribers.")
    int port;

    @Option(names = "--publish-port", required = true, description = "Of the publisher.")
    int publishPort;

    @Option(names = "--tls-cert", description = "A PEM file. Default: no TLS")
    @Nullable
    Path certificate;

    @Option(names = "--tls-key", description = "A PEM file.")
    @Nullable
    Path key;

    @Option(
            names = "--compression",
            defaultValue = "OFF",
            description = "Of the streams: ${COMPLETION-CANDIDATES}. Default: ${DEFAULT-VALUE}")
    Compression compression = Compression.OFF;

    /** Called by picocli. */
    public ServeCommand() {}

    @Override
    public Integer call() throws Exception {
        Hub hub = Hub.builder().historyEvents(HISTORY_EVENTS).build();
        SseServerBuilder subscribers = SseServer.builder()
                .hub(hub)
                .port(port)
                .compression(compression)
                .streams("/events/**", request -> SseStream.of(Selector.of("t"), StartPosition.live()));
        if (certificate != null && key != null) {
            subscribers.tls(certificate, key);
        }
        SseServer publisher = SseServer.builder()
                .hub(hub)
                .port(publishPort)
                .threads(1)
                .route(
                        "POST",
                        "/publish/**",
                        request -> hub.publish("t", Event.of(request.bodyText()))
                                .thenApply(published -> RouteResponse.empty(204)))
                .start();
        subscribers.start().awaitTermination();
        publisher.close();
        return 0;
    }
}
