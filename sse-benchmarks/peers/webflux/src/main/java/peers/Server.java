package peers;

import java.time.Duration;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.springframework.boot.SpringApplication;
import org.springframework.boot.autoconfigure.SpringBootApplication;
import org.springframework.http.MediaType;
import org.springframework.http.codec.ServerSentEvent;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.PathVariable;
import org.springframework.web.bind.annotation.PostMapping;
import org.springframework.web.bind.annotation.RequestBody;
import org.springframework.web.bind.annotation.RestController;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.publisher.Sinks;

/** A controller that returns a flux of events, over a Reactor sink. */
@SpringBootApplication
@RestController
public class Server {

    private static final int BUFFERED = 1024;

    private final Sinks.Many<ServerSentEvent<String>> events = Sinks.many().multicast().directBestEffort();

    private final Map<String, Sinks.Many<ServerSentEvent<String>>> tokenStreams = new ConcurrentHashMap<>();

    public static void main(String[] arguments) {
        SpringApplication application = new SpringApplication(Server.class);
        application.setDefaultProperties(Map.of(
                "server.address", "127.0.0.1",
                "server.port", arguments[0],
                "spring.http.codecs.max-in-memory-size", "4MB",
                "spring.main.banner-mode", "off",
                "logging.level.root", "warn"));
        application.run();
    }

    /** The comment: the head is held back until there is something to send. */
    @GetMapping(path = "/events/load", produces = MediaType.TEXT_EVENT_STREAM_VALUE)
    public Flux<ServerSentEvent<String>> stream() {
        return events.asFlux()
                .onBackpressureBuffer(BUFFERED)
                .startWith(ServerSentEvent.<String>builder().comment("open").build());
    }

    @GetMapping(path = "/tokens/{of}/{client}", produces = MediaType.TEXT_EVENT_STREAM_VALUE)
    public Flux<ServerSentEvent<String>> tokens(@PathVariable("client") String client) {
        Sinks.Many<ServerSentEvent<String>> stream = Sinks.many().unicast().onBackpressureBuffer();
        tokenStreams.put(client, stream);
        return stream.asFlux()
                .startWith(ServerSentEvent.<String>builder().comment("open").build());
    }

    /** One line for each event: its client and its data. */
    @PostMapping("/tokens/{of}")
    public Mono<Void> publishTokens(@RequestBody String lines) {
        lines.lines().forEach(line -> {
            int blank = line.indexOf(' ');
            Sinks.Many<ServerSentEvent<String>> stream = tokenStreams.get(line.substring(0, blank));
            if (stream != null) {
                stream.tryEmitNext(
                        ServerSentEvent.builder(line.substring(blank + 1)).build());
            }
        });
        return Mono.empty();
    }

    @PostMapping("/publish/load")
    public Mono<Void> publish(@RequestBody String data) {
        events.emitNext(
                ServerSentEvent.builder(data).build(), Sinks.EmitFailureHandler.busyLooping(Duration.ofSeconds(1)));
        return Mono.empty();
    }
}
