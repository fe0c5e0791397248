package io.sluice.sse.topic;

import io.sluice.sse.Event;

/**
 * An event as a topic keeps it, for an {@link EventFilter}. Valid only during the call of the filter, and confined to
 * the thread of that call.
 */
public interface TopicEvent {

    /**
     * The topic that keeps the event. For an event in several topics, the filter is called for each subscribed topic.
     */
    String topic();

    /**
     * The event as a client receives it, with its id on the wire. It has no key, since keys are not sent to clients.
     */
    Event event();
}
