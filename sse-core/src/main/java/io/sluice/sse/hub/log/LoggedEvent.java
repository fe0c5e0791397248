package io.sluice.sse.hub.log;

import io.sluice.sse.CloseReason;
import io.sluice.sse.Event;
import io.sluice.sse.Gap;
import io.sluice.sse.topic.EventFilter;
import io.sluice.sse.topic.TopicEvent;
import io.sluice.sse.wire.EventParser;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * An event as a topic keeps it, for an {@link EventFilter}. The bytes are parsed when a filter first requests the
 * event. Confined to the lane that created it.
 */
public final class LoggedEvent implements TopicEvent {

    public final LogEntry entry;
    private @Nullable Event event;
    private @Nullable LogEntry enveloped;

    public LoggedEvent(LogEntry entry) {
        this.entry = entry;
    }

    @Override
    public String topic() {
        return entry.topic;
    }

    @Override
    public Event event() {
        Event cached = event;
        if (cached == null) {
            cached = parse(entry.wire);
            event = cached;
        }
        return cached;
    }

    /** The entry in an envelope. The envelope is made once. */
    public LogEntry enveloped() {
        LogEntry cached = enveloped;
        if (cached == null) {
            cached = entry.withWire(Envelope.around(entry.topic, entry.wire));
            enveloped = cached;
        }
        return cached;
    }

    private static Event parse(byte[] wire) {
        Fields fields = new Fields();
        new EventParser(fields, wire.length).feed(wire, 0, wire.length);
        return fields.event();
    }

    /** The fields of one block. */
    private static final class Fields implements EventParser.Listener {

        /** Has the name of a gap, which no other event can have. */
        private static final Event GAP = new Gap(Gap.Reason.UNKNOWN, null, "0").toEvent();

        private final StringBuilder comment = new StringBuilder();
        private @Nullable String name;
        private @Nullable String data;
        private @Nullable String id;
        private @Nullable Duration retry;

        @Override
        public void onEvent(String type, String text, String lastEventId) {
            data = text;
            name = type.equals("message") ? null : type;
        }

        @Override
        public void onLastEventId(String newId) {
            id = newId;
        }

        @Override
        public void onRetry(long millis) {
            retry = Duration.ofMillis(Math.min(millis, Event.MAX_RETRY.toMillis()));
        }

        @Override
        public void onComment(String line) {
            comment.append(comment.length() == 0 ? "" : "\n").append(line);
        }

        Event event() {
            boolean isGap = Gap.EVENT_NAME.equals(name);
            Event.Builder event = isGap ? GAP.toBuilder() : Event.builder();
            if (name != null && !isGap && !name.equals(CloseReason.END_EVENT_NAME)) { // the end is for no receiver
                event.name(name);
            }
            if (data != null) {
                event.data(data);
            }
            if (id != null) {
                event.id(id);
            }
            if (retry != null) {
                event.retry(retry);
            }
            return (comment.length() == 0 ? event : event.comment(comment.toString())).build();
        }
    }
}
