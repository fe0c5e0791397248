package io.sluice.sse.examples.server;

import io.sluice.sse.CloseReason;
import io.sluice.sse.Event;
import io.sluice.sse.Identity;
import io.sluice.sse.Ledger;
import io.sluice.sse.Sink;
import io.sluice.sse.Source;
import io.sluice.sse.netty.Authenticator;
import io.sluice.sse.netty.HttpStatusException;
import io.sluice.sse.netty.RouteResponse;
import io.sluice.sse.netty.SseRequest;
import io.sluice.sse.netty.SseServer;
import io.sluice.sse.netty.SseServerBuilder;
import io.sluice.sse.netty.SseStream;
import io.sluice.sse.netty.StreamRoute;
import io.sluice.sse.netty.TestTls;
import java.io.IOException;
import java.time.Duration;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * What the {@code eventsource} scenarios of the web-platform-tests need of a server, written with the public API. Each
 * path does what the handler of that name does there.
 */
final class PlatformServer {

    /** A page that has a stream as soon as it is shown. */
    private static final String LISTENING = """
            <!doctype html><title>listening</title><script>
            window.got = [];
            window.source = new EventSource('/topics/ticks');
            source.onmessage = event => got.push(event.data);
            </script>
            """;

    private PlatformServer() {}

    /**
     * @param isHttp2 whether the server has TLS, so that a browser uses HTTP/2
     * @param protocols gets the protocol of each request
     * @param origins of pages that may use the server; empty for none
     */
    static SseServer start(boolean isHttp2, Consumer<String> protocols, String... origins) throws IOException {
        AtomicReference<SseServer> server = new AtomicReference<>();
        Authenticator seen = request -> {
            protocols.accept(request.protocol());
            return CompletableFuture.completedFuture(Identity.UNKNOWN);
        };
        SseServerBuilder builder = SseServer.builder()
                .port(0)
                .threads(2)
                .retry(Duration.ofMillis(200))
                .retryJitter(0)
                .drain(Duration.ofMillis(50))
                .authenticator(seen.orAnonymous())
                .route(
                        "GET",
                        "/",
                        request -> RouteResponse.of(200, "text/html", "<!doctype html><title>page</title>")
                                .completed())
                .route(
                        "GET",
                        "/open",
                        request -> RouteResponse.of(200, "text/plain", open(server))
                                .completed())
                .route(
                        "GET",
                        "/listening",
                        request -> RouteResponse.of(200, "text/html", LISTENING).completed())
                .route("GET", "/redirect", PlatformServer::redirect)
                .streams("/message", request -> SseStream.of(PlatformServer::everySoOften))
                .streams("/reconnect-fail", PlatformServer::reconnectFail)
                .streams("/status-reconnect", PlatformServer::statusReconnect)
                .streams("/last-event-id", PlatformServer::lastEventId)
                .streams("/last-event-id2", request -> ending(withId("1"), Event.of("none"), withId("2")))
                .streams("/cookie", PlatformServer::cookie)
                .streams("/headers", PlatformServer::headers)
                .streams("/status", PlatformServer::status)
                .streams(
                        "/for-all/last-event-id",
                        request -> lastEventId(request).header("access-control-allow-origin", "*"))
                .streams("/topics/**", StreamRoute.topics());
        if (isHttp2) {
            TestTls.serve(builder);
        }
        server.set((origins.length == 0 ? builder : builder.cors(origins)).start());
        return server.get();
    }

    /** The streams that are open, as a page counts them before and after it leaves. */
    private static String open(AtomicReference<SseServer> server) {
        return String.valueOf(server.get().hub().ledger().count(Ledger.Kind.SINKS));
    }

    private static void everySoOften(Sink sink) {
        int[] count = {0};
        sink.scope().every(Duration.ofMillis(20), () -> sink.offer(Event.of("n" + count[0]++)));
    }

    /** A stream with some events that ends by itself; the client comes back after the {@code retry} time. */
    private static SseStream ending(Event... events) {
        Source source = sink -> {
            for (Event event : events) {
                sink.send(event);
            }
            sink.close(CloseReason.CLOSED_BY_APPLICATION);
        };
        return SseStream.of(source);
    }

    private static @Nullable String cookieOf(SseRequest request, String name) {
        String cookies = Objects.requireNonNullElse(request.header("cookie"), "");
        for (String cookie : cookies.split("; ", -1)) {
            if (cookie.startsWith(name + "=")) {
                return cookie.substring(name.length() + 1);
            }
        }
        return null;
    }

    /** Opens twice, and then asks the client to stop. A cookie holds the state. */
    private static SseStream reconnectFail(SseRequest request) {
        String state = cookieOf(request, "state");
        if (state == null) {
            return ending(Event.of("opened")).header("set-cookie", "state=opened");
        }
        if (state.equals("opened")) {
            return ending(Event.of("reconnected")).header("set-cookie", "state=reconnected");
        }
        throw HttpStatusException.of(204, "no more", "set-cookie", "state=; max-age=0");
    }

    private static SseStream statusReconnect(SseRequest request) {
        return cookieOf(request, "reconnect") == null
                ? ending(Event.of("first")).header("set-cookie", "reconnect=1")
                : SseStream.of(sink -> sink.send(Event.of("second"))).header("set-cookie", "reconnect=; max-age=0");
    }

    private static Event withId(String id) {
        return Event.builder().id(id).data("hello").build();
    }

    /** Sends an id once, and then what the client returned. */
    private static SseStream lastEventId(SseRequest request) {
        String returned = request.lastEventId();
        String id = Objects.requireNonNullElse(request.query("id"), "1");
        return returned == null
                ? ending(withId(id), Event.of("the id stays"))
                : SseStream.of(sink -> sink.send(Event.of("returned " + returned)));
    }

    private static SseStream cookie(SseRequest request) {
        String user = Objects.requireNonNullElse(cookieOf(request, "user"), "nobody");
        return SseStream.of(sink -> sink.send(Event.of(user)))
                .header(
                        "set-cookie",
                        "user=" + request.query("set") + "; max-age=60"
                                + Objects.requireNonNullElse(request.query("more"), ""));
    }

    private static CompletionStage<RouteResponse> redirect(SseRequest request) {
        return RouteResponse.empty(Integer.parseInt(Objects.requireNonNull(request.query("status"))))
                .with("location", Objects.requireNonNull(request.query("location")))
                .completed();
    }

    private static SseStream headers(SseRequest request) {
        String seen = request.header("accept") + " " + request.header("cache-control");
        return SseStream.of(sink -> sink.send(Event.of(seen)));
    }

    private static SseStream status(SseRequest request) {
        throw HttpStatusException.of(
                Integer.parseInt(Objects.requireNonNullElse(request.query("code"), "500")), "as asked for");
    }
}
