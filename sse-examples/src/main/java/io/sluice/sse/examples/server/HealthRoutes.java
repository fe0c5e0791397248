package io.sluice.sse.examples.server;

import io.sluice.sse.hub.Hub;
import io.sluice.sse.netty.RouteResponse;
import io.sluice.sse.netty.SseServerBuilder;
import java.util.Optional;
import java.util.function.BooleanSupplier;
import java.util.function.Supplier;

/** Liveness and readiness for load balancers: whether the server runs, and whether it accepts new clients. */
final class HealthRoutes {

    private final BooleanSupplier ready;
    private final BooleanSupplier historyFailed;
    /** Why the backplane is away; nothing if it is not, or if there is none. */
    private final Supplier<Optional<String>> backplaneAway;

    HealthRoutes(BooleanSupplier ready, Hub hub) {
        this(
                ready,
                hub::hasHistoryFailed,
                () -> hub.backplane().flatMap(status -> Optional.ofNullable(status.unavailable())));
    }

    HealthRoutes(BooleanSupplier ready, BooleanSupplier historyFailed, Supplier<Optional<String>> backplaneAway) {
        this.ready = ready;
        this.historyFailed = historyFailed;
        this.backplaneAway = backplaneAway;
    }

    void addTo(SseServerBuilder server) {
        server.route("GET", "/health/live", request -> status(200, "live").completed());
        server.route("GET", "/health/ready", request -> readiness().completed());
    }

    /** A server whose history has failed, or whose backplane is away, rejects every publish, so it is not ready. */
    private RouteResponse readiness() {
        if (!ready.getAsBoolean()) {
            return status(503, "draining");
        }
        if (historyFailed.getAsBoolean()) {
            return status(503, "history-failed");
        }
        Optional<String> away = backplaneAway.get();
        return away.isPresent()
                ? Json.response(503, Json.write(new Away("backplane-away", away.get())))
                : status(200, "ready");
    }

    private record Away(String status, String reason) {}

    private static RouteResponse status(int code, String status) {
        return Json.response(code, "{\"status\":\"" + status + "\"}");
    }
}
