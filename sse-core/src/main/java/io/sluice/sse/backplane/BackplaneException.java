package io.sluice.sse.backplane;

import org.jspecify.annotations.Nullable;

/**
 * The backplane did not take an event, or it is unknown whether it did, or it could not be read. The hub goes on: its
 * clients stay connected, and publications succeed again when the backplane is back.
 */
public final class BackplaneException extends RuntimeException {

    private static final long serialVersionUID = 1;

    /** Whether the event may have been published. */
    private final boolean outcomeUnknown;

    /** Whether the event is larger than the backplane takes. */
    private final boolean tooLarge;

    private BackplaneException(String message, boolean outcomeUnknown, boolean tooLarge, @Nullable Throwable cause) {
        super(message, cause, true, false); // a publisher may get thousands of them while the backplane is away
        this.outcomeUnknown = outcomeUnknown;
        this.tooLarge = tooLarge;
    }

    /** The event was not published, and is not published later. */
    public static BackplaneException notPublished(String message, @Nullable Throwable cause) {
        return new BackplaneException(message, false, false, cause);
    }

    /** Earlier events could not be read. */
    public static BackplaneException notRead(String message, @Nullable Throwable cause) {
        return new BackplaneException(message, false, false, cause);
    }

    /** The event was not published, because it is larger than the backplane takes. */
    public static BackplaneException tooLarge(String message) {
        return new BackplaneException(message, false, true, null);
    }

    /** The event may have been published, because the connection was lost before the answer came. */
    public static BackplaneException unknown(String message, @Nullable Throwable cause) {
        return new BackplaneException(message, true, false, cause);
    }

    /**
     * Whether it is unknown if the event was published. A publisher that repeats such an event may publish it twice,
     * unless the event has an id that the publisher chose.
     */
    public boolean isOutcomeUnknown() {
        return outcomeUnknown;
    }

    /** Whether the event is larger than the backplane takes, so that another attempt fails as well. */
    public boolean isTooLarge() {
        return tooLarge;
    }
}
