package io.sluice.sse;

import org.jspecify.annotations.Nullable;

/**
 * Receives notifications for logs, metrics and audit. All methods do nothing by default.
 *
 * <p>The hub calls an observer on the thread where the event took place, a lane or a publisher. So implementations must
 * be thread-safe and must never block. Exceptions are logged and affect nothing else.
 */
public interface Observer {

    /** An observer that does nothing. */
    Observer NONE = new Observer() {};

    /** A client's stream has opened. */
    default void sinkOpened(Sink sink) {}

    /** A client's stream has ended, and everything that the client owned has been released. */
    default void sinkClosed(Sink sink, CloseReason reason) {}

    /** An event has been given its position in the hub's sequence. */
    default void published(String topic, String id) {}

    /** A client was notified that it missed events. */
    default void gapReported(Sink sink, Gap gap) {}

    /**
     * A principal has become present. Reported for the topics whose presence the hub's options track, or for the hub as
     * a whole. Joins and leaves are called on threads of the JDK's common pool; those of one topic are called one at a
     * time, in order.
     *
     * @param topic the topic; null for the hub as a whole
     */
    default void joined(String principal, @Nullable String topic) {}

    /**
     * As {@link #joined}: a principal is no longer present. Its last sink has closed and, if one was configured, the
     * grace period has passed.
     */
    default void left(String principal, @Nullable String topic) {}
}
