package io.sluice.sse.netty;

import io.sluice.sse.Event;
import io.sluice.sse.RejectionCounts;
import io.sluice.sse.netty.http.HeaderCheck;
import io.sluice.sse.netty.http.InvalidRequestException;
import java.time.Duration;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Rejects a request with an HTTP status. Routes throw it. It is the only exception whose message a client sees: any
 * other exception of a route is logged, and the client gets status 500 without a detail of it. The response is
 * {@code application/problem+json} (RFC 9457), with one exception: an EventSource gives up for good on any status but
 * 200. So if the rejection is retryable and a browser's EventSource sent the request, the response is a stream that
 * ends at once with a reconnection time.
 *
 * <p>Immutable. It has no stack trace.
 */
public final class HttpStatusException extends RuntimeException {

    private static final long serialVersionUID = 1L;

    private final int status;
    private final long waitMillis;
    private final transient Map<String, String> headers;
    private final transient RejectionCounts.@Nullable Kind kind;
    /** Created on first use. The limits throw one exception many times. */
    private transient @Nullable RouteResponse response;

    private HttpStatusException(
            int status,
            String detail,
            long waitMillis,
            Map<String, String> headers,
            RejectionCounts.@Nullable Kind kind) {
        super(detail, null, false, false);
        this.status = Checks.inRange("status", status, 200, 599);
        this.waitMillis = waitMillis;
        this.headers = headers;
        this.kind = kind;
    }

    /**
     * A permanent rejection: the request is wrong or not allowed.
     *
     * @throws IllegalArgumentException if the status is not from 200 to 599
     */
    @CheckReturnValue
    public static HttpStatusException of(int status, String detail) {
        return new HttpStatusException(status, detail, 0, Map.of(), null);
    }

    /**
     * A permanent rejection with a header of its own, such as {@code Allow}.
     *
     * @throws IllegalArgumentException if the status is not from 200 to 599, or if the name or value is not valid in a
     *     header, for example because of a line break or a character that is not ASCII
     */
    @CheckReturnValue
    public static HttpStatusException of(int status, String detail, String header, String value) {
        HeaderCheck.check(header, value);
        return new HttpStatusException(status, detail, 0, Map.of(header, value), null);
    }

    static HttpStatusException of(InvalidRequestException invalid) {
        return of(invalid.status(), invalid.detail());
    }

    /** A 400 with the message of an argument check of this library, for a value that a client has sent. */
    static HttpStatusException badRequest(IllegalArgumentException failedCheck) {
        return of(400, String.valueOf(failedCheck.getMessage()));
    }

    /**
     * A temporary rejection, for example because of a limit, a rate or a drain.
     *
     * @param retryAfter sent in whole seconds, rounded up, at least one second and at most one day
     * @throws IllegalArgumentException if the status is not from 200 to 599
     */
    @CheckReturnValue
    public static HttpStatusException retryable(int status, String detail, Duration retryAfter) {
        return retryable(status, detail, retryAfter, null);
    }

    /**
     * A temporary rejection by a limit. It is counted as a rejection of that kind when the response is sent.
     *
     * @param retryAfter sent in whole seconds, rounded up, at least one second and at most one day
     * @throws IllegalArgumentException if the status is not from 200 to 599
     */
    @CheckReturnValue
    public static HttpStatusException limit(RejectionCounts.Kind kind, int status, String detail, Duration retryAfter) {
        return retryable(status, detail, retryAfter, kind);
    }

    /** A rejection until the next token of a rate is available. */
    static HttpStatusException rate(RejectionCounts.Kind kind, String detail, long waitNanos) {
        return retryable(429, detail, Duration.ofNanos(waitNanos), kind);
    }

    private static HttpStatusException retryable(
            int status, String detail, Duration wait, RejectionCounts.@Nullable Kind kind) {
        Duration bounded = wait.compareTo(Event.MAX_RETRY) > 0 ? Event.MAX_RETRY : wait; // clients pass it to a timer
        long seconds = Math.max(1, bounded.plusNanos(999_999_999).toSeconds());
        return new HttpStatusException(
                status, detail, Math.max(1, bounded.toMillis()), Map.of("retry-after", Long.toString(seconds)), kind);
    }

    /** The HTTP status. */
    public int status() {
        return status;
    }

    /** What is wrong with the request, in words for the client. */
    public String detail() {
        String message = getMessage();
        return message == null ? "" : message;
    }

    /** Whether the client may send the same request again later. */
    public boolean isRetryable() {
        return waitMillis > 0;
    }

    /** The headers that the response gets in addition to its usual ones. */
    public Map<String, String> headers() {
        return headers;
    }

    /** How long the client should wait before it retries; 0 if the rejection is permanent. */
    long waitMillis() {
        return waitMillis;
    }

    /** The limit that caused the rejection; null if none did. */
    RejectionCounts.@Nullable Kind kind() {
        return kind;
    }

    /** The problem+json response. Thread-safe: a race only creates an equal response twice. */
    RouteResponse response() {
        RouteResponse created = response;
        if (created == null) {
            created = Problem.response(status, detail(), headers);
            response = created;
        }
        return created;
    }
}
