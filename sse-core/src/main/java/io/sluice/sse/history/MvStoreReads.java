package io.sluice.sse.history;

import io.sluice.sse.history.MvStoreTypes.EventKey;
import io.sluice.sse.history.MvStoreTypes.EventRow;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.List;
import java.util.TreeSet;
import org.h2.mvstore.Cursor;
import org.h2.mvstore.MVMap;
import org.jspecify.annotations.Nullable;

/** Reads events of a store. Any thread, while the writer writes. */
final class MvStoreReads {

    private static final Comparator<StoredEvent> BY_POSITION = Comparator.comparingLong(StoredEvent::position);

    private final MVMap<EventKey, EventRow> events;
    private final MvStoreTopics topics;

    MvStoreReads(MVMap<EventKey, EventRow> events, MvStoreTopics topics) {
        this.events = events;
        this.topics = topics;
    }

    HistoryPage read(Collection<String> names, long after, long upTo, int maxBytes) {
        List<StoredEvent> page = new ArrayList<>();
        long end = upTo;
        long bytes = 0;
        for (String name : names) {
            MvStoreTopic topic = topics.find(name);
            if (topic == null || topic.newest <= after) {
                continue;
            }
            Cursor<EventKey, EventRow> cursor = events.cursor(new EventKey(topic.number, after + 1));
            while (cursor.hasNext()) {
                EventKey key = cursor.next();
                if (key.topic() != topic.number || key.position() > end) {
                    break;
                }
                EventRow kept = cursor.getValue();
                page.add(new StoredEvent(
                        key.position(),
                        kept.timeMillis(),
                        name,
                        kept.wire(),
                        kept.publisherId(),
                        kept.recipients(),
                        false));
                bytes += kept.wire().length;
                if (bytes > 2L * maxBytes && page.size() > 1) {
                    // Other topics may have older events, so events that exceed the page are dropped before the other
                    // topics are read.
                    end = cut(page, end, maxBytes);
                    bytes = sum(page);
                }
            }
        }
        end = cut(page, end, maxBytes);
        return new HistoryPage(page, end);
    }

    /** Keeps the oldest events that fit. @return the position up to which all events are kept */
    private static long cut(List<StoredEvent> page, long end, int maxBytes) {
        page.sort(BY_POSITION);
        long room = maxBytes;
        for (int i = 0; i < page.size(); i++) {
            room -= page.get(i).wire().length;
            // An event in several topics is cut off completely or not at all.
            boolean isCopy = i > 0 && page.get(i).position() == page.get(i - 1).position();
            if (room < 0 && i > 0 && !isCopy) {
                page.subList(i, page.size()).clear();
                return page.get(i - 1).position();
            }
        }
        return end;
    }

    private static long sum(List<StoredEvent> page) {
        long sum = 0;
        for (StoredEvent event : page) {
            sum += event.wire().length;
        }
        return sum;
    }

    long beforeLast(Collection<String> names, int count, long upTo) {
        TreeSet<Long> newest = new TreeSet<>(); // an event in several topics counts once
        for (String name : names) {
            MvStoreTopic topic = topics.find(name);
            if (topic == null) {
                continue;
            }
            Cursor<EventKey, EventRow> cursor =
                    events.cursor(new EventKey(topic.number, upTo), new EventKey(topic.number, 0), true);
            while (cursor.hasNext()) {
                long position = cursor.next().position();
                if (newest.size() == count && position < newest.first()) {
                    break; // all further ones are older
                }
                newest.add(position);
                if (newest.size() > count) {
                    newest.pollFirst();
                }
            }
        }
        return newest.isEmpty() ? upTo : newest.first() - 1;
    }

    long before(Collection<String> names, long timeMillis, long upTo) {
        long first = Long.MAX_VALUE;
        for (String name : names) {
            MvStoreTopic topic = topics.find(name);
            if (topic != null) {
                first = Math.min(first, firstSince(topic, timeMillis));
            }
        }
        return Math.min(upTo, first - 1);
    }

    /** Binary search, because times never decrease; {@link Long#MAX_VALUE} if there is none. */
    private long firstSince(MvStoreTopic topic, long timeMillis) {
        long low = 0;
        long high = topic.newest + 1;
        while (low < high) {
            long middle = (low + high) >>> 1;
            EventKey key = ceiling(topic, middle);
            EventRow kept = key == null ? null : events.get(key);
            if (key == null || (kept != null && kept.timeMillis() >= timeMillis)) {
                high = middle;
            } else {
                low = key.position() + 1; // too old, or evicted meanwhile, and then older still
            }
        }
        EventKey found = ceiling(topic, low);
        return found == null ? Long.MAX_VALUE : found.position();
    }

    private @Nullable EventKey ceiling(MvStoreTopic topic, long position) {
        EventKey key = events.ceilingKey(new EventKey(topic.number, position));
        return key != null && key.topic() == topic.number ? key : null;
    }
}
