package io.sluice.sse.hub.log;

import io.sluice.sse.Event;
import io.sluice.sse.topic.Publication;
import io.sluice.sse.topic.Recipients;
import io.sluice.sse.wire.EventEncoder;
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

    private static final byte[] NOTHING = {};

    /** Encodes an event, for the ids of a hub. The publisher calls this outside all locks. */
    static PendingEvent of(Publication publication, EventIds ids) {
        Event event = publication.event();
        byte[] wire;
        if (event.data() == null) {
            wire = NOTHING;
        } else if (event.id() == null) {
            wire = EventEncoder.encodeBody(event, EventIds.LINE_BYTES);
            ids.writeLinePrefix(wire);
        } else {
            wire = EventEncoder.encode(event);
        }
        return new PendingEvent(
                publication.topics(), wire, event.id(), event.key(), publication.recipients(), publication.last());
    }

    /** Whether this is no event but the removal of a key. */
    boolean isKeyRemoval() {
        return wire.length == 0;
    }
}
