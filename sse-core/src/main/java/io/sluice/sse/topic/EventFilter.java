package io.sluice.sse.topic;

/**
 * Decides for each event whether a subscription delivers it to its client, see {@link Selector#filtered}.
 *
 * <p>A filter runs on the lane that owns the client, and delays all clients of that lane. It must be fast and must not
 * block. Several lanes may call the same filter, so it must be thread-safe. If the selectors of several clients have
 * the same filter instance, the lane calls it once for all of them. So a filter must decide by the event alone; a
 * filter that depends on a client needs an instance per client. If a filter throws, the event is not delivered, and the
 * exception is logged and counted as a failure of user code.
 */
@FunctionalInterface
public interface EventFilter {

    /** Whether the event is delivered to the client. May be called more than once for one event. */
    boolean accepts(TopicEvent event);
}
