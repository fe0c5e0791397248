package peers;

import com.linecorp.armeria.common.HttpResponse;
import com.linecorp.armeria.common.HttpStatus;
import com.linecorp.armeria.common.sse.ServerSentEvent;
import com.linecorp.armeria.server.streaming.ServerSentEvents;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import reactor.core.publisher.Sinks;

/** A Reactor sink, multicast to the streams that Armeria makes of publishers. */
public final class Server {

    private static final int BUFFERED = 1024;

    public static void main(String[] arguments) {
        Sinks.Many<ServerSentEvent> events = Sinks.many().multicast().directBestEffort();
        Map<String, Sinks.Many<ServerSentEvent>> tokenStreams = new ConcurrentHashMap<>();
        com.linecorp.armeria.server.Server.builder()
                .http(new InetSocketAddress("127.0.0.1", Integer.parseInt(arguments[0])))
                .requestTimeoutMillis(0)
                .maxRequestLength(4 << 20)
                // The comment: Armeria holds the head back until there is something to send.
                .service("/events/load", (context, request) -> ServerSentEvents.fromPublisher(
                        events.asFlux().onBackpressureBuffer(BUFFERED).startWith(ServerSentEvent.ofComment("open"))))
                .service("/publish/load", (context, request) -> HttpResponse.of(request.aggregate().thenApply(body -> {
                    events.emitNext(
                            ServerSentEvent.ofData(body.contentUtf8()),
                            Sinks.EmitFailureHandler.busyLooping(Duration.ofSeconds(1)));
                    return HttpResponse.of(HttpStatus.OK);
                })))
                .service("/tokens/{of}/{client}", (context, request) -> {
                    Sinks.Many<ServerSentEvent> stream = Sinks.many().unicast().onBackpressureBuffer();
                    tokenStreams.put(context.pathParam("client"), stream);
                    return ServerSentEvents.fromPublisher(
                            stream.asFlux().startWith(ServerSentEvent.ofComment("open")));
                })
                // One line for each event: its client and its data.
                .service("/tokens/{of}", (context, request) -> HttpResponse.of(request.aggregate().thenApply(body -> {
                    body.contentUtf8().lines().forEach(line -> {
                        int blank = line.indexOf(' ');
                        Sinks.Many<ServerSentEvent> stream = tokenStreams.get(line.substring(0, blank));
                        if (stream != null) {
                            stream.tryEmitNext(ServerSentEvent.ofData(line.substring(blank + 1)));
                        }
                    });
                    return HttpResponse.of(HttpStatus.OK);
                })))
                .build()
                .start()
                .join();
    }
}
