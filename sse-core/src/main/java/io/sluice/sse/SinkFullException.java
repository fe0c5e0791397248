package io.sluice.sse;

/**
 * A direct send failed because the small queue of its sink was full: the client does not read. It has no stack trace.
 */
public final class SinkFullException extends IllegalStateException {

    private static final long serialVersionUID = 1L;

    /** @param message names the sink and its bound */
    public SinkFullException(String message) {
        super(message);
    }

    @Override
    public synchronized Throwable fillInStackTrace() {
        return this;
    }
}
