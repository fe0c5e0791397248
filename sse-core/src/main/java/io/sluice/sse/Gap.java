package io.sluice.sse;

import org.jspecify.annotations.Nullable;

/**
 * Notifies a client that events which it asked for are no longer available, so that a client never loses events
 * silently.
 *
 * @param reason why there is a gap
 * @param lastEventId the id that the client sent; null if it sent none or if the id is not safe to repeat
 * @param resumeId the id of the position from which the stream continues; null if the gap concerns events that were
 *     sent to this client alone, which have no position
 */
public record Gap(
        Reason reason,
        @Nullable String lastEventId,
        @Nullable String resumeId) {

    /** The name of the event that notifies a client of a gap. */
    public static final String EVENT_NAME = "gap";

    /** Why there is a gap. */
    public enum Reason {
        /** Events after the client's position have been evicted from the history. */
        EVICTED,
        /**
         * The process ended uncleanly, and events that were published after the client's position may not have been
         * saved. Or the hub has several nodes, and what joins them may have lost events.
         */
        LOST,
        /** The id belongs to another epoch: this hub or another hub issued it before a restart. */
        FOREIGN,
        /**
         * The id was issued by this hub, but its position is after the newest event. With several nodes it is far after
         * it, because a node may be a little behind the others.
         */
        AHEAD,
        /** The id was not issued by this hub, and no retained event has it. */
        UNKNOWN,
        /**
         * Events that a source sent to this client alone, by {@link Sink#send}, were rejected or dropped, because the
         * client did not read them in time.
         */
        DROPPED
    }

    /** Returns this gap as an event with JSON data, and with the id from which to continue if there is one. */
    public Event toEvent() {
        String json = "{\"reason\":\"" + reason.name().toLowerCase(java.util.Locale.ROOT) + "\",\"lastEventId\":"
                + json(lastEventId) + ",\"resumeId\":" + json(resumeId) + "}";
        Event.Builder event = Event.builder().reservedName(EVENT_NAME).data(json);
        return resumeId == null ? event.build() : event.id(resumeId).build();
    }

    /** Both ids contain only A-Z a-z 0-9 . _ ~ - here, so nothing needs escaping. */
    private static String json(@Nullable String id) {
        return id == null ? "null" : '"' + id + '"';
    }
}
