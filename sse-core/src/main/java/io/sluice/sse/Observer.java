package io.sluice.sse;

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
    default void gapSaid(Sink sink, Gap gap) {}
}
