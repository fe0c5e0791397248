package io.sluice.sse;

import org.jspecify.annotations.Nullable;

/**
 * What a client is told when events that it asked for can no longer be had: never silence.
 *
 * @param reason what made the gap
 * @param lastEventId the id that the client came with; null if it had none or if it was not fit to be repeated
 * @param resumeId the id of the position from which the stream goes on
 */
public record Gap(Reason reason, @Nullable String lastEventId, String resumeId) {

    /** The name of the event that tells a client of a gap. */
    public static final String EVENT_NAME = "gap";

    /** What made the gap. */
    public enum Reason {
        /** Events behind the client's position have been evicted from the history. */
        EVICTED,
        /** The process ended uncleanly, and what it had published behind the client's position may not have been saved. */
        LOST,
        /** The id is of another epoch: the hub, or another one, gave it before a restart. */
        FOREIGN,
        /** The id is ours, but lies beyond the newest event. */
        AHEAD,
        /** The id is none of ours, and no kept event carries it. */
        UNKNOWN
    }

    /** This gap as an event: JSON data, and the id to go on from. */
    public Event toEvent() {
        // Both ids are within A-Z a-z 0-9 . _ ~ - here, so nothing needs escaping.
        String json = "{\"reason\":\"" + reason.name().toLowerCase(java.util.Locale.ROOT) + "\",\"lastEventId\":"
                + (lastEventId == null ? "null" : '"' + lastEventId + '"') + ",\"resumeId\":\"" + resumeId + "\"}";
        return Event.builder().name(EVENT_NAME).id(resumeId).data(json).build();
    }
}
