package io.sluice.sse.history;

import org.jspecify.annotations.Nullable;

/**
 * The history cannot be opened, has failed, or cannot keep up with the publishers. A publication that fails with this
 * exception was not accepted, except if it was already delivered and only its write to the disk failed.
 */
public final class HistoryException extends RuntimeException {

    private static final long serialVersionUID = 1;

    /** @param message the reason, in words for an operator */
    public HistoryException(String message, @Nullable Throwable cause) {
        super(message, cause);
    }
}
