package io.sluice.sse.examples.server;

import io.sluice.sse.netty.RouteResponse;
import io.sluice.sse.netty.SseServerBuilder;
import java.util.function.BooleanSupplier;

/** Liveness and readiness for load balancers: whether the server runs, and whether it accepts new clients. */
final class HealthRoutes {

    private final BooleanSupplier ready;
    private final BooleanSupplier historyFailed;

    HealthRoutes(BooleanSupplier ready, BooleanSupplier historyFailed) {
        this.ready = ready;
        this.historyFailed = historyFailed;
    }

    void addTo(SseServerBuilder server) {
        server.route("GET", "/health/live", request -> status(200, "live").completed());
        server.route("GET", "/health/ready", request -> readiness().completed());
    }

    /** A server whose history has failed rejects every publish until it starts again, so it is not ready. */
    private RouteResponse readiness() {
        if (!ready.getAsBoolean()) {
            return status(503, "draining");
        }
        return historyFailed.getAsBoolean() ? status(503, "history-failed") : status(200, "ready");
    }

    private static RouteResponse status(int code, String status) {
        return Json.response(code, "{\"status\":\"" + status + "\"}");
    }
}
