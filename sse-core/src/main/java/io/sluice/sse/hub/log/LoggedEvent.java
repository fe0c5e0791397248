package io.sluice.sse.hub.log;

import io.sluice.sse.Event;
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
        Event.Builder event = Event.builder();
        StringBuilder comment = new StringBuilder();
        new EventParser(
                        new EventParser.Listener() {
                            @Override
                            public void onEvent(String type, String data, String lastEventId) {
                                event.data(data);
                                if (!type.equals("message")) {
                                    event.name(type);
                                }
                            }

                            @Override
                            public void onLastEventId(String id) {
                                event.id(id);
                            }

                            @Override
                            public void onRetry(long millis) {
                                event.retry(Duration.ofMillis(Math.min(millis, Event.MAX_RETRY.toMillis())));
                            }

                            @Override
                            public void onComment(String line) {
                                comment.append(comment.length() == 0 ? "" : "\n")
                                        .append(line);
                            }
                        },
                        wire.length)
                .feed(wire, 0, wire.length);
        return (comment.length() == 0 ? event : event.comment(comment.toString())).build();
    }
}
