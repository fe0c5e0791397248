package io.sluice.sse.history;

import org.jspecify.annotations.Nullable;

/**
 * The history cannot do what is asked of it: it cannot be opened, it has failed, or it does not keep up with its
 * publishers. A publication that fails with this was not taken, unless it had been delivered and only its way to the disk
 * failed.
 */
public final class HistoryException extends RuntimeException {

    private static final long serialVersionUID = 1;

    /** Why, in words for an operator. */
    public HistoryException(String message, @Nullable Throwable cause) {
        super(message, cause);
    }
}
