package io.sluice.sse.history;

import org.jspecify.annotations.Nullable;

/**
 * An event of one topic in a history. An event that was published to several topics is stored once for each topic, with
 * the same position. The array is shared and never changed.
 *
 * @param position its position in the hub's sequence
 * @param timeMillis when it was published, in milliseconds since 1970; never less than that of an earlier position
 * @param topic the name of the topic
 * @param wire the encoded event as clients receive it, including the id line
 * @param publisherId the publisher-supplied id; null if the hub created the id
 * @param recipients the recipients in the hub's own text form; null for all subscribers
 * @param last whether the topic has ended with it. A later event of the topic begins it anew. Only for appended events;
 *     for events that are read it has no meaning
 */
@SuppressWarnings("ArrayRecordComponent") // instances are never compared, and nothing is copied
public record StoredEvent(
        long position,
        long timeMillis,
        String topic,
        byte[] wire,
        @Nullable String publisherId,
        @Nullable String recipients,
        boolean last) {

    /** Returns the same event as the last one of its topic. */
    public StoredEvent asLast() {
        return new StoredEvent(position, timeMillis, topic, wire, publisherId, recipients, true);
    }
}
