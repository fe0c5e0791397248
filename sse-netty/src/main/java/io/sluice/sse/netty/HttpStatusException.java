package io.sluice.sse.netty;

import io.sluice.sse.RejectionCounts;
import java.time.Duration;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * A request is not granted. Thrown by routes; answered as {@code application/problem+json} (RFC 9457), or, where the
 * refusal passes and a browser's EventSource asked, as a stream that ends at once and tells when to come back: an
 * EventSource gives up for ever on any status but 200.
 *
 * <p>Immutable; carries no stack trace.
 */
public final class HttpStatusException extends RuntimeException {

    private static final long serialVersionUID = 1L;

    private final int status;
    private final long waitMillis;
    private final transient Map<String, String> headers;
    private final transient RejectionCounts.@Nullable Kind kind;
    /** Made when it is first needed; the limits throw the same refusal to everybody. */
    private transient @Nullable RouteResponse answer;

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

    /** A refusal that stays: what was asked for is wrong, or not allowed. */
    public static HttpStatusException of(int status, String detail) {
        return new HttpStatusException(status, detail, 0, Map.of(), null);
    }

    /**
     * A refusal that stays, with a header that belongs to it, such as {@code Allow}.
     *
     * @throws IllegalArgumentException if that cannot be a header, as with a line break in it
     */
    public static HttpStatusException of(int status, String detail, String header, String value) {
        Checks.header(header, value);
        return new HttpStatusException(status, detail, 0, Map.of(header, value), null);
    }

    /**
     * A refusal that passes: a limit, a rate, a drain.
     *
     * @param retryAfter said in whole seconds, rounded up, and at least one
     */
    public static HttpStatusException retryable(int status, String detail, Duration retryAfter) {
        return retryable(status, detail, retryAfter, null);
    }

    /**
     * A refusal that passes, by a limit; it is counted as one of that kind when it is answered.
     *
     * @param retryAfter said in whole seconds, rounded up, and at least one
     */
    public static HttpStatusException limit(RejectionCounts.Kind kind, int status, String detail, Duration retryAfter) {
        return retryable(status, detail, retryAfter, kind);
    }

    /** A refusal until there is the next token. */
    static HttpStatusException rate(RejectionCounts.Kind kind, String detail, long waitNanos) {
        return retryable(429, detail, Duration.ofNanos(waitNanos), kind);
    }

    private static HttpStatusException retryable(
            int status, String detail, Duration wait, RejectionCounts.@Nullable Kind kind) {
        long seconds = Math.max(1, wait.plusNanos(999_999_999).toSeconds());
        return new HttpStatusException(
                status, detail, Math.max(1, wait.toMillis()), Map.of("retry-after", Long.toString(seconds)), kind);
    }

    /** The HTTP status. */
    public int status() {
        return status;
    }

    /** What is wrong, for the one who asked. */
    public String detail() {
        String message = getMessage();
        return message == null ? "" : message;
    }

    /** Whether asking again later makes sense. */
    public boolean isRetryable() {
        return waitMillis > 0;
    }

    /** Headers of the answer. */
    public Map<String, String> headers() {
        return headers;
    }

    /** How long to stay away; 0 if it does not pass. */
    long waitMillis() {
        return waitMillis;
    }

    /** The limit that refused, if one did. */
    RejectionCounts.@Nullable Kind kind() {
        return kind;
    }

    RouteResponse response() {
        RouteResponse made = answer;
        if (made == null) {
            made = Problem.answer(this);
            answer = made; // two threads may make it, and make the same
        }
        return made;
    }
}
