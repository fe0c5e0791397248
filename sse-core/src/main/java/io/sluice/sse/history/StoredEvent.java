package io.sluice.sse.history;

import org.jspecify.annotations.Nullable;

/**
 * An event of one topic as a history keeps it; one that went to several topics is several of these, with one position. The array is shared and never changed.
 *
 * @param position its place in the hub's sequence
 * @param timeMillis when it was published, in milliseconds since 1970; never less than that of an earlier position
 * @param topic the topic's name
 * @param wire the whole block as clients receive it, id line included
 * @param publisherId the id that its publisher chose; null where the hub gave its own
 * @param recipients for whom it is meant, in words of the hub's own; null for everybody
 */
@SuppressWarnings("ArrayRecordComponent") // nobody compares them, and nothing is copied
public record StoredEvent(
        long position,
        long timeMillis,
        String topic,
        byte[] wire,
        @Nullable String publisherId,
        @Nullable String recipients) {}
