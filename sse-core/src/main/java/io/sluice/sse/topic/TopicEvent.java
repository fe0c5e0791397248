package io.sluice.sse.topic;

import io.sluice.sse.Event;

/**
 * An event as a topic keeps it, for an {@link EventFilter}. Valid during the call that it is given to. Confined to the
 * thread of that call.
 */
public interface TopicEvent {

    /** The topic that keeps the event. An event of several topics is shown once for each subscribed topic. */
    String topic();

    /** The event as a client gets it, with its id on the wire. The key is not included; it stays with the publisher. */
    Event event();
}
