package io.sluice.sse.hub.log;

import io.sluice.sse.Event;
import io.sluice.sse.topic.EventFilter;
import io.sluice.sse.topic.TopicEvent;
import io.sluice.sse.wire.EventParser;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * An event as a topic keeps it, for an {@link EventFilter}: the event is read out of its bytes when somebody first asks for
 * it. Confined to the lane that made it.
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
        Event known = event;
        if (known == null) {
            known = parse(entry.wire);
            event = known;
        }
        return known;
    }

    /** The same in an envelope, which is made once. */
    public LogEntry enveloped() {
        LogEntry known = enveloped;
        if (known == null) {
            known = entry.withWire(Envelope.around(entry.topic, entry.wire));
            enveloped = known;
        }
        return known;
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
