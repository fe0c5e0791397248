package io.sluice.sse.netty;

import java.time.Duration;
import java.util.Map;

/**
 * A request is not granted. Thrown by routes; answered as {@code application/problem+json} (RFC 9457), or, where the
 * refusal passes and a browser's EventSource asked, as a stream that ends at once and tells when to come back: an
 * EventSource gives up for ever on any status but 200.
 *
 * <p>Immutable; carries no stack trace.
 */
public final class Refusal extends RuntimeException {

    private static final long serialVersionUID = 1L;

    private final int status;
    private final boolean passing;
    private final transient Map<String, String> headers;

    private Refusal(int status, String detail, boolean passing, Map<String, String> headers) {
        super(detail);
        this.status = status;
        this.passing = passing;
        this.headers = headers;
    }

    /** A refusal that stays: what was asked for is wrong, or not allowed. */
    public static Refusal of(int status, String detail) {
        return new Refusal(status, detail, false, Map.of());
    }

    /** A refusal that stays, with a header that belongs to it, such as {@code Allow}. */
    public static Refusal of(int status, String detail, String header, String value) {
        return new Refusal(status, detail, false, Map.of(header, value));
    }

    /** A refusal that passes: a limit, a rate, a drain. */
    public static Refusal passing(int status, String detail, Duration retryAfter) {
        long seconds = Math.max(1, retryAfter.toSeconds());
        return new Refusal(status, detail, true, Map.of("retry-after", Long.toString(seconds)));
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
    public boolean isPassing() {
        return passing;
    }

    /** Headers of the answer. */
    public Map<String, String> headers() {
        return headers;
    }

    @Override
    public synchronized Throwable fillInStackTrace() {
        return this;
    }
}
