package io.sluice.sse.netty;

import io.sluice.sse.netty.http.HeaderCheck;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;

/**
 * The complete response of an {@link HttpRoute}. Immutable; the body is not copied, so the caller must not change it.
 */
public final class RouteResponse {

    private final int status;
    private final byte[] body;
    private final Map<String, String> headers;
    /** Headers in addition to those of the map. A name may occur more than once. */
    private final List<Map.Entry<String, String>> added;

    private RouteResponse(int status, byte[] body, Map<String, String> headers, List<Map.Entry<String, String>> added) {
        this.status = status;
        this.body = body;
        this.headers = headers;
        this.added = added;
    }

    /**
     * A response with a body.
     *
     * @throws IllegalArgumentException if the status is not from 200 to 599, or the type is not a valid header value
     */
    @CheckReturnValue
    public static RouteResponse of(int status, String contentType, byte[] body) {
        HeaderCheck.check("content-type", contentType);
        return new RouteResponse(
                checked(status), Objects.requireNonNull(body, "body"), Map.of("content-type", contentType), List.of());
    }

    /**
     * A response with a text body in UTF-8. The content type must name the charset if the client needs it.
     *
     * @throws IllegalArgumentException if the status is not from 200 to 599, or the type is not a valid header value
     */
    @CheckReturnValue
    public static RouteResponse of(int status, String contentType, String body) {
        return of(status, contentType, body.getBytes(StandardCharsets.UTF_8));
    }

    /**
     * A response without a body.
     *
     * @throws IllegalArgumentException if the status is not from 200 to 599
     */
    @CheckReturnValue
    public static RouteResponse empty(int status) {
        return new RouteResponse(checked(status), new byte[0], Map.of(), List.of());
    }

    private static int checked(int status) {
        return Checks.inRange("status", status, 200, 599);
    }

    /**
     * This response with a header set.
     *
     * @throws IllegalArgumentException if the name or value is not valid in a header, for example because of a line
     *     break or a character that is not ASCII
     */
    @CheckReturnValue
    public RouteResponse with(String header, String value) {
        HeaderCheck.check(header, value);
        Map<String, String> more = new LinkedHashMap<>(headers);
        more.put(header, value);
        return new RouteResponse(status, body, more, added);
    }

    /** This response with the headers of a stream, which have been checked. */
    RouteResponse withAdded(List<Map.Entry<String, String>> more) {
        return new RouteResponse(status, body, headers, more);
    }

    /** This response as a completed stage, for routes that do not wait. */
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

    List<Map.Entry<String, String>> added() {
        return added;
    }
}
