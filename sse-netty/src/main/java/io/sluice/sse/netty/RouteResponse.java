package io.sluice.sse.netty;

import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;

/** An answer to a request that is no stream. Immutable; the body is not copied and must not be changed. */
public final class RouteResponse {

    private final int status;
    private final byte[] body;
    private final Map<String, String> headers;

    private RouteResponse(int status, byte[] body, Map<String, String> headers) {
        this.status = status;
        this.body = body;
        this.headers = headers;
    }

    /**
     * An answer with a body.
     *
     * @throws IllegalArgumentException if the status is none of an answer (from 200 to 599), or the type cannot be a header
     */
    public static RouteResponse of(int status, String contentType, byte[] body) {
        Checks.header("content-type", contentType);
        return new RouteResponse(
                checked(status), Objects.requireNonNull(body, "body"), Map.of("content-type", contentType));
    }

    /** An answer with text as its body, in UTF-8; the type has to say so. Refuses what the other does. */
    public static RouteResponse of(int status, String contentType, String body) {
        return of(status, contentType, body.getBytes(StandardCharsets.UTF_8));
    }

    /**
     * An answer without a body.
     *
     * @throws IllegalArgumentException if the status is none of an answer (from 200 to 599)
     */
    public static RouteResponse empty(int status) {
        return new RouteResponse(checked(status), new byte[0], Map.of());
    }

    private static int checked(int status) {
        return Checks.inRange("status", status, 200, 599);
    }

    /**
     * This answer with one more header.
     *
     * @throws IllegalArgumentException if it cannot be one, as with a line break in it
     */
    public RouteResponse with(String header, String value) {
        Checks.header(header, value);
        Map<String, String> more = new LinkedHashMap<>(headers);
        more.put(header, value);
        return new RouteResponse(status, body, more);
    }

    /** This answer as a stage that is complete. */
    public CompletionStage<RouteResponse> completed() {
        return CompletableFuture.completedFuture(this);
    }

    int status() {
        return status;
    }

    byte[] body() {
        return body;
    }

    Map<String, String> headers() {
        return headers;
    }
}
