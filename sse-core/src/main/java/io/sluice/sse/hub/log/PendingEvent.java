package io.sluice.sse.hub.log;

import io.sluice.sse.topic.Recipients;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * An event on its way into the sequence: encoded, without a position yet.
 *
 * @param topics where it goes
 * @param wire the encoded block; the sequencer's id line still has to be written at its front unless an id was chosen
 * @param publisherId the id that the publisher chose, or null
 * @param key what the event is the latest state of, or null
 * @param recipients for whom it is meant
 */
public record PendingEvent(
        List<String> topics,
        byte[] wire,
        @Nullable String publisherId,
        @Nullable String key,
        Recipients recipients) {}
