package io.sluice.sse.examples.server;

import com.fasterxml.jackson.annotation.JsonInclude;
import io.sluice.sse.CloseReason;
import io.sluice.sse.Ledger;
import io.sluice.sse.hub.Hub;
import io.sluice.sse.hub.HubStats;
import io.sluice.sse.hub.log.Topic;
import io.sluice.sse.netty.HttpRoute;
import io.sluice.sse.netty.HttpStatusException;
import io.sluice.sse.netty.RouteResponse;
import io.sluice.sse.netty.SseRequest;
import io.sluice.sse.netty.SseServerBuilder;
import io.sluice.sse.topic.HubSink;
import io.sluice.sse.topic.SinkInfo;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.UnknownHostException;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Executor;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * {@code /admin/…}: lists connections, topics and the ledger, and closes connections. Requests need the admin token. If
 * no token is configured, only requests from this machine are allowed.
 */
final class AdminRoutes {

    private static final int DEFAULT_LIMIT = 100;
    private static final int MAX_LIMIT = 10_000;

    private final Hub hub;
    private final byte @Nullable [] token;

    private final Executor executor;

    /** Completes when no response is being made. Guarded by this object. */
    private CompletableFuture<?> last = CompletableFuture.completedFuture(null);

    /** Null until the first request: looking up the host name may take a while. */
    private volatile @Nullable String node;

    AdminRoutes(Hub hub, @Nullable String node, @Nullable String token) {
        this(hub, node, token, new CompletableFuture<>().defaultExecutor());
    }

    /** @param executor makes the responses that take a while */
    AdminRoutes(Hub hub, @Nullable String node, @Nullable String token, Executor executor) {
        this.hub = hub;
        this.executor = executor;
        this.node = node;
        this.token = token == null ? null : token.getBytes(StandardCharsets.UTF_8);
    }

    void addTo(SseServerBuilder server) {
        server.route("GET", "/admin/connections", guarded(this::connections));
        server.route("DELETE", "/admin/connections/**", guarded(this::close));
        server.route("DELETE", "/admin/principals/**", guarded(this::revoke));
        server.route(
                "GET",
                "/admin/ledger",
                guarded(request -> Json.response(ledger()).completed()));
        server.route("GET", "/admin/topics", guarded(this::topicsLater));
    }

    void warmUp() {
        Json.write(ledger());
        Json.write(new Connection("", "", "", "", List.of(), "", "", 0, 0, 0, node()));
    }

    /**
     * Makes a response on a thread that is not an event loop. There may be a million topics, and 10,000 entries of JSON
     * take a while, too. One response is made at a time, so requests cannot take all processors.
     */
    private synchronized CompletionStage<RouteResponse> offLoop(Supplier<RouteResponse> response) {
        CompletableFuture<RouteResponse> made = last.thenApplyAsync(ignored -> response.get(), executor);
        last = made.handle((ignored, failure) -> null);
        return made;
    }

    // ---- access

    private HttpRoute guarded(HttpRoute route) {
        return request -> {
            check(request);
            request.checkTextBody();
            return route.handle(request);
        };
    }

    private void check(SseRequest request) {
        if (token == null) {
            boolean local = request.remoteAddress() instanceof InetSocketAddress peer
                    && peer.getAddress() != null
                    && peer.getAddress().isLoopbackAddress();
            // With DNS rebinding, a name other than loopback's may belong to a foreign site; a proxy may forward any
            // client.
            if (!local || !request.isForLoopback() || !request.isDirect() || request.isCrossOrigin()) {
                throw HttpStatusException.of(
                        403, "without --admin-token only requests from the server's own machine are allowed");
            }
            return;
        }
        String given = request.bearer();
        String shown = given == null ? "" : given;
        // Compares in constant time, so that the time does not reveal how much of a token is right.
        if (!MessageDigest.isEqual(token, shown.getBytes(StandardCharsets.UTF_8))) {
            throw unauthenticated();
        }
    }

    static HttpStatusException unauthenticated() {
        return HttpStatusException.of(401, "this needs the admin token", "www-authenticate", "Bearer realm=\"sluice\"");
    }

    // ---- connections

    /** @param principal null, also in JSON, for a client that is not authenticated */
    private record Connection(
            String id,
            String remoteAddress,
            String protocol,
            @JsonInclude @Nullable String principal,
            List<String> topics,
            String opened,
            String lastWrite,
            long pendingBytes,
            long lag,
            long delivered,
            String node) {}

    private CompletionStage<RouteResponse> connections(SseRequest request) {
        int limit = limit(request);
        return hub.sinks(Long.toString(after(request)), limit).thenCompose(sinks -> {
            Instant now = Instant.now();
            return offLoop(() -> Json.response(
                    sinks.stream().map(sink -> describe(sink, now)).toList()));
        });
    }

    private Connection describe(SinkInfo sink, Instant now) {
        return new Connection(
                sink.id(),
                sink.sink().remoteAddress(),
                sink.sink().protocol(),
                sink.sink().identity().principal(),
                sink.topics(),
                ago(now, sink.openNanos()),
                ago(now, sink.silentNanos()),
                sink.pendingBytes(),
                sink.lag(),
                sink.delivered(),
                node());
    }

    private static String ago(Instant now, long nanos) {
        return now.minusNanos(nanos).truncatedTo(ChronoUnit.MILLIS).toString();
    }

    private String node() {
        String known = node;
        if (known == null) {
            known = hostName();
            node = known;
        }
        return known;
    }

    private static String hostName() {
        try {
            return InetAddress.getLocalHost().getHostName();
        } catch (UnknownHostException e) {
            return "localhost";
        }
    }

    private CompletionStage<RouteResponse> close(SseRequest request) {
        boolean forever = "true".equals(request.query("forever"));
        return hub.find(request.subPath()).thenApply(found -> {
            HubSink sink = found.orElseThrow(() -> HttpStatusException.of(404, "there is no such connection"));
            if (forever) {
                sink.complete(CloseReason.CLOSED_BY_APPLICATION);
            } else {
                sink.close(CloseReason.CLOSED_BY_APPLICATION);
            }
            return RouteResponse.empty(204);
        });
    }

    /**
     * Ends the streams of a principal on all nodes. Tickets that it has got before open no stream any more. Its tokens
     * decide whether it may come back.
     */
    private CompletionStage<RouteResponse> revoke(SseRequest request) {
        String principal = request.subPath();
        if (principal.isEmpty()) {
            throw HttpStatusException.of(400, "no principal: DELETE /admin/principals/{name}");
        }
        return hub.revoke(principal).handle((ended, failure) -> {
            if (failure == null) {
                return RouteResponse.empty(204);
            }
            throw HttpStatusException.of(
                    503, "the streams on this node have ended, and other nodes may not know", "Retry-After", "1");
        });
    }

    // ---- retained data

    private Map<String, Long> ledger() {
        Map<String, Long> ledger = new LinkedHashMap<>();
        hub.ledger().counts().forEach((kind, count) -> ledger.put(jsonName(kind), count));
        // The connection of this request is not counted.
        ledger.computeIfPresent("connections", (ignored, count) -> Math.max(0, count - 1));
        HubStats stats = hub.stats();
        ledger.put("topics", stats.topics());
        ledger.put("events", stats.events());
        ledger.put("bytes", stats.bytes());
        return ledger;
    }

    private static String jsonName(Ledger.Kind kind) {
        return kind == Ledger.Kind.USER_CODE ? "userCode" : kind.name().toLowerCase(Locale.ROOT);
    }

    /** The ids are null, also in JSON, if the topic keeps no event. */
    private record Topic(
            String topic,
            int subscribers,
            int events,
            long bytes,
            @JsonInclude @Nullable String oldest,
            @JsonInclude @Nullable String newest) {}

    private CompletionStage<RouteResponse> topicsLater(SseRequest request) {
        String after = request.query("after");
        int limit = limit(request);
        return offLoop(() -> Json.response(topics(after, limit)));
    }

    private List<Topic> topics(@Nullable String after, int limit) {
        return hub.topics(after, limit).stream()
                .map(topic -> new Topic(
                        topic.name(),
                        topic.subscribers(),
                        topic.events(),
                        topic.bytes(),
                        topic.oldestId(),
                        topic.newestId()))
                .toList();
    }

    // ---- paging

    private static int limit(SseRequest request) {
        long limit = wholeNumber("limit", request.query("limit"), DEFAULT_LIMIT);
        if (limit < 1 || limit > MAX_LIMIT) {
            throw HttpStatusException.of(400, "limit: " + limit + " (expected: from 1 to " + MAX_LIMIT + ")");
        }
        return (int) limit;
    }

    private static long after(SseRequest request) {
        return wholeNumber("after", request.query("after"), 0);
    }

    private static long wholeNumber(String name, @Nullable String text, long otherwise) {
        if (text == null) {
            return otherwise;
        }
        try {
            return Long.parseLong(text);
        } catch (NumberFormatException e) {
            throw HttpStatusException.of(400, name + ": \"" + text + "\" (expected: a whole number)");
        }
    }
}
