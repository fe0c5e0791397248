package io.sluice.sse.hub;

import io.sluice.sse.Event;
import java.util.Objects;

/**
 * An event and the topic it goes to, for {@link Hub#publishAll}.
 *
 * @param topic a topic name
 * @param event an event with data
 */
public record Publication(String topic, Event event) {

    /** Checks the topic's name. */
    public Publication {
        TopicName.check(topic);
        Objects.requireNonNull(event, "event");
    }
}
