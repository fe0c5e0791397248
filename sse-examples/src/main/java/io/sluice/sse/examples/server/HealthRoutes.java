package io.sluice.sse.examples.server;

import io.sluice.sse.netty.RouteResponse;
import io.sluice.sse.netty.SseServerBuilder;
import java.util.function.BooleanSupplier;

/** Liveness and readiness for load balancers: whether the server runs, and whether it accepts new clients. */
final class HealthRoutes {

    private final BooleanSupplier ready;

    HealthRoutes(BooleanSupplier ready) {
        this.ready = ready;
    }

    void addTo(SseServerBuilder server) {
        server.route("GET", "/health/live", request -> status(200, "live").completed());
        server.route(
                "GET",
                "/health/ready",
                request -> (ready.getAsBoolean() ? status(200, "ready") : status(503, "draining")).completed());
    }

    private static RouteResponse status(int code, String status) {
        return Json.response(code, "{\"status\":\"" + status + "\"}");
    }
}
