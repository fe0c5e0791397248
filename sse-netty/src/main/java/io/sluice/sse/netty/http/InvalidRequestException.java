package io.sluice.sse.netty.http;

/**
 * A request that violates HTTP. The code that reads requests throws it, without knowledge of routes and responses. The
 * client gets its status and its message. It has no stack trace, because clients can cause it at any rate.
 */
public final class InvalidRequestException extends RuntimeException {

    private static final long serialVersionUID = 1L;

    private final int status;
    private final String detail;

    /** @param detail what is wrong with the request, in words for the client */
    public InvalidRequestException(int status, String detail) {
        super(detail, null, false, false);
        this.status = status;
        this.detail = detail;
    }

    /** The HTTP status of the response. */
    public int status() {
        return status;
    }

    public String detail() {
        return detail;
    }
}
