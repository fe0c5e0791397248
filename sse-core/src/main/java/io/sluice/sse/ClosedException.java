package io.sluice.sse;

import org.jspecify.annotations.Nullable;

/**
 * Thrown by a closed hub, sink or scope, and by nothing else.
 *
 * <p>It has no stack trace: a client that leaves during a send is an everyday event, not a defect.
 */
public final class ClosedException extends IllegalStateException {

    private static final long serialVersionUID = 1L;

    private final @Nullable CloseReason reason;

    /**
     * @param what the closed object, as the message names it
     * @param reason why it was closed; null if there is no reason, as with a hub
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
