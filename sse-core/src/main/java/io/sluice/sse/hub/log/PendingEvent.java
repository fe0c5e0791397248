package io.sluice.sse.hub.log;

import io.sluice.sse.topic.Recipients;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * An event that is encoded but has no position yet.
 *
 * @param topics the topics to which it is published
 * @param wire the encoded block, or empty bytes to remove the key; unless the publisher chose an id, the position must
 *     still be written into its first line
 * @param publisherId the id that the publisher chose, or null
 * @param key the key of the event for topics that conflate, or null
 * @param recipients the recipients of the event
 * @param last whether it is the last event of its topics
 */
public record PendingEvent(
        List<String> topics,
        byte[] wire,
        @Nullable String publisherId,
        @Nullable String key,
        Recipients recipients,
        boolean last) {

    /** Whether this is no event but the removal of a key. */
    boolean isKeyRemoval() {
        return wire.length == 0;
    }
}
