package io.sluice.sse;

/**
 * The fixed order in which a scope closes what it holds. Within a step the latest registration goes first.
 *
 * <p>The order is what makes an end quiet: a source that has been told to stop does not send into a sink whose
 * subscriptions are gone, and a listener that hears of the end finds nothing of the client alive.
 */
public enum CloseStep {
    /** Whoever fills the sink is told to stop. */
    SOURCE,
    /** Scheduled work is cancelled. */
    TASKS,
    /** The client leaves its topics. */
    SUBSCRIPTIONS,
    /** Resources are closed, buffers released, the connection ended. */
    RESOURCES,
    /** Close listeners hear the reason. */
    LISTENERS,
    /** The ledger and the metrics are told. */
    COUNT
}
