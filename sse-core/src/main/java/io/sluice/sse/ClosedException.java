package io.sluice.sse;

import org.jspecify.annotations.Nullable;

/**
 * The only answer of a closed hub, sink or scope.
 *
 * <p>It carries no stack trace: a client that leaves while somebody sends to it is an everyday event, not a defect.
 */
public final class ClosedException extends IllegalStateException {

    private static final long serialVersionUID = 1L;

    private final @Nullable CloseReason reason;

    /**
     * @param what the thing that is closed, as the message names it
     * @param reason why it was closed, or null where there is no reason, as with a hub
     */
    public ClosedException(String what, @Nullable CloseReason reason) {
        super(reason == null ? what + " is closed" : what + " is closed: " + reason);
        this.reason = reason;
    }

    /** Why the sink or scope was closed; null for a hub. */
    public @Nullable CloseReason reason() {
        return reason;
    }

    @Override
    public synchronized Throwable fillInStackTrace() {
        return this;
    }
}
