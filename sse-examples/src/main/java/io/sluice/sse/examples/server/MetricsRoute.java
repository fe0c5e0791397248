package io.sluice.sse.examples.server;

import io.micrometer.prometheusmetrics.PrometheusConfig;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import io.sluice.sse.hub.Hub;
import io.sluice.sse.metrics.SluiceMetrics;
import io.sluice.sse.netty.RouteResponse;
import io.sluice.sse.netty.SseServerBuilder;
import org.jspecify.annotations.Nullable;

/** {@code GET /metrics}: the meters of the hub in the text format of Prometheus. */
final class MetricsRoute {

    private final Hub hub;

    private @Nullable PrometheusMeterRegistry registry;

    MetricsRoute(Hub hub) {
        this.hub = hub;
    }

    void addTo(SseServerBuilder server) {
        server.route(
                "GET",
                "/metrics",
                request -> RouteResponse.of(
                                200,
                                "text/plain; version=0.0.4; charset=utf-8",
                                registry().scrape())
                        .with("cache-control", "no-store")
                        .completed());
    }

    void warmUp() {
        registry().scrape();
    }

    /** Created on first use, because it loads slowly; the hub counts with or without it. */
    private synchronized PrometheusMeterRegistry registry() {
        PrometheusMeterRegistry made = registry;
        if (made == null) {
            made = new PrometheusMeterRegistry(PrometheusConfig.DEFAULT);
            SluiceMetrics.of(hub).bindTo(made);
            registry = made;
        }
        return made;
    }
}
