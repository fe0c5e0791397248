package io.sluice.sse;

/**
 * The fixed order in which a scope closes its content. Within a step, the latest registration is closed first.
 *
 * <p>The order keeps the end clean. The source is stopped before the subscriptions are removed, so it does not send to
 * a sink that is half closed. Close listeners run last, when nothing of the client is left.
 */
public enum CloseStep {
    /** The source that fills the sink is stopped. */
    SOURCE,
    /** Scheduled and forked work is cancelled. */
    TASKS,
    /** The client is unsubscribed from its topics. */
    SUBSCRIPTIONS,
    /** Resources are closed, buffers are released, and the connection ends. */
    RESOURCES,
    /** Close listeners are called with the reason. */
    LISTENERS,
    /** The ledger and the metrics are updated. */
    COUNT
}
