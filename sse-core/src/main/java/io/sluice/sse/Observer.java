package io.sluice.sse;

import org.jspecify.annotations.Nullable;

/**
 * Hears what happens, for logs, metrics and audit. All methods do nothing by default.
 *
 * <p>Called on the thread where it happened, a lane or a publisher: implementations are thread-safe and never block.
 * What they throw is logged and harms nobody.
 */
public interface Observer {

    /** An observer that does nothing. */
    Observer NONE = new Observer() {};

    /** A client's stream has opened. */
    default void sinkOpened(Sink sink) {}

    /** A client's stream has ended and everything it owned is gone. */
    default void sinkClosed(Sink sink, CloseReason reason) {}

    /** An event has been given its place in the hub's sequence. */
    default void published(String topic, String id) {}

    /** A client was told that it missed something. */
    default void gapReported(Sink sink, Gap gap) {}

    /**
     * A principal is there now, where it was not before. Of topics, or of the hub as a whole, whose presence the hub's
     * options ask for. Joins and leaves come on threads of the JDK's common pool, those of one topic one after the other.
     *
     * @param topic where; null for the hub as a whole
     */
    default void joined(String principal, @Nullable String topic) {}

    /** As {@link #joined}: a principal has gone, with the last of its sinks and, if one was asked for, a time to come back. */
    default void left(String principal, @Nullable String topic) {}
}
