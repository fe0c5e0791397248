package io.sluice.sse.topic;

import io.sluice.sse.Event;

/**
 * An event as a topic keeps it, for an {@link EventFilter} and for subscribers in this process. In a filter it is valid
 * only during the call, and confined to the thread of that call. A subscriber may keep it.
 */
public interface TopicEvent {

    /**
     * The topic that keeps the event. For an event in several topics, the filter is called for each subscribed topic.
     * Empty for a gap, and for an event that was sent to the subscriber directly.
     */
    String topic();

    /**
     * The event as a client receives it, with its id on the wire. It has no key, since keys are not sent to clients.
     */
    Event event();
}
