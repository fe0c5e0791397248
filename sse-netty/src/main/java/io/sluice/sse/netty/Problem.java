package io.sluice.sse.netty;

import io.netty.handler.codec.http.HttpResponseStatus;
import io.sluice.sse.netty.http.JsonText;
import io.sluice.sse.netty.stream.Jitter;
import java.util.Map;

/** Renders rejections: as {@code application/problem+json} (RFC 9457), or as a stream that an EventSource reopens. */
final class Problem {

    /** The shortest wait before jitter. It bounds the rate of rejected clients even if the streams' own retry is 0. */
    private static final long MIN_WAIT_MILLIS = 1_000;

    private Problem() {}

    /** A problem+json response with these headers. */
    static RouteResponse response(int status, String detail, Map<String, String> headers) {
        RouteResponse response = RouteResponse.of(
                status,
                "application/problem+json",
                "{\"type\":\"about:blank\",\"title\":"
                        + JsonText.quote(HttpResponseStatus.valueOf(status).reasonPhrase()) + ",\"status\":"
                        + status + ",\"detail\":" + JsonText.quote(detail) + "}");
        for (var header : headers.entrySet()) {
            response = response.with(header.getKey(), header.getValue());
        }
        return response.with("cache-control", "no-store");
    }

    /** A stream that ends at once. An EventSource then reconnects by itself, after a time with jitter. */
    static RouteResponse retryLater(long retryMillis) {
        long wait = Jitter.around(Math.max(MIN_WAIT_MILLIS, retryMillis));
        return RouteResponse.of(200, "text/event-stream", "retry: " + wait + "\n\n")
                .with("cache-control", "no-store, no-transform")
                .with("x-accel-buffering", "no");
    }
}
