package io.sluice.sse.hub.log;

import io.sluice.sse.history.History;
import io.sluice.sse.history.HistoryPage;
import io.sluice.sse.history.StoredEvent;
import io.sluice.sse.topic.Recipients;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;

/**
 * The past events of a durable history.
 *
 * @param head the position after which this process has published the events
 */
record StoredEvents(History history, long head) implements PastEvents {

    @Override
    public Page read(Topics topics, long after, long upTo, int maxBytes) {
        HistoryPage page = history.read(topics.names(), after, upTo, maxBytes);
        List<LogEntry> entries = new ArrayList<>(page.events().size());
        page.events().forEach(event -> entries.add(entry(event)));
        return new Page(entries, page.end());
    }

    private LogEntry entry(StoredEvent event) {
        Recipients recipients = RecipientCodec.fromStored(event.recipients(), event.position() > head);
        return LogEntry.read(event.position(), event.topic(), event.wire(), event.publisherId(), recipients);
    }

    @Override
    public long beforeLast(Topics topics, int events, long upTo) {
        return history.beforeLast(topics.names(), events, upTo);
    }

    @Override
    public long before(Topics topics, Instant time, long upTo) {
        return history.before(topics.names(), time, upTo);
    }
}
