package io.sluice.sse.topic;

/**
 * Decides event by event what a subscription lets through to its client, see {@link Selector#filtered}.
 *
 * <p>It runs on the lane that owns the client, and holds up all clients there: it must be quick and must not block. Lanes
 * share it, so it must be thread-safe. Clients whose selectors have the same instance share what it lets through, and it is
 * asked once for all of them; so it decides by the event alone, and a client's own filter is an instance of its own. One
 * that throws lets the event not through; that is logged and counted as a failure of user code.
 */
@FunctionalInterface
public interface EventFilter {

    /** Whether the event goes to the client. It may be asked more than once about one event. */
    boolean accepts(TopicEvent event);
}
