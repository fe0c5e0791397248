package io.sluice.sse.history;

import io.sluice.sse.history.MvStoreTypes.Kept;
import io.sluice.sse.history.MvStoreTypes.Key;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.List;
import java.util.TreeSet;
import org.h2.mvstore.Cursor;
import org.h2.mvstore.MVMap;
import org.jspecify.annotations.Nullable;

/** Looks into a store's events. Any thread, while the writer writes. */
final class MvStoreReads {

    private static final Comparator<StoredEvent> BY_POSITION = Comparator.comparingLong(StoredEvent::position);

    private final MVMap<Key, Kept> events;
    private final TopicRecords topics;

    MvStoreReads(MVMap<Key, Kept> events, TopicRecords topics) {
        this.events = events;
        this.topics = topics;
    }

    HistoryPage read(Collection<String> names, long after, long upTo, int maxBytes) {
        List<StoredEvent> page = new ArrayList<>();
        long end = upTo;
        long bytes = 0;
        for (String name : names) {
            TopicRecord topic = topics.find(name);
            if (topic == null || topic.newest <= after) {
                continue;
            }
            Cursor<Key, Kept> cursor = events.cursor(new Key(topic.number, after + 1));
            while (cursor.hasNext()) {
                Key key = cursor.next();
                if (key.topic() != topic.number || key.position() > end) {
                    break;
                }
                Kept kept = cursor.getValue();
                page.add(new StoredEvent(
                        key.position(), kept.timeMillis(), name, kept.wire(), kept.publisherId(), kept.recipients()));
                bytes += kept.wire().length;
                if (bytes > 2L * maxBytes && page.size() > 1) {
                    // Other topics have older ones: what is too much of this one is let go before they are looked at.
                    end = cut(page, end, maxBytes);
                    bytes = sum(page);
                }
            }
        }
        end = cut(page, end, maxBytes);
        return new HistoryPage(page, end);
    }

    /** Leaves the oldest that fit. @return everything up to there is left */
    private static long cut(List<StoredEvent> page, long end, int maxBytes) {
        page.sort(BY_POSITION);
        long room = maxBytes;
        for (int i = 0; i < page.size(); i++) {
            room -= page.get(i).wire().length;
            // The same event in several topics: the cut goes before or behind all of them.
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
            TopicRecord topic = topics.find(name);
            if (topic == null) {
                continue;
            }
            Cursor<Key, Kept> cursor = events.cursor(new Key(topic.number, upTo), new Key(topic.number, 0), true);
            while (cursor.hasNext()) {
                long position = cursor.next().position();
                if (newest.size() == count && position < newest.first()) {
                    break; // and older ones are older still
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
            TopicRecord topic = topics.find(name);
            if (topic != null) {
                first = Math.min(first, firstSince(topic, timeMillis));
            }
        }
        return Math.min(upTo, first - 1);
    }

    /** By halving, since times never fall; {@link Long#MAX_VALUE} if there is none. */
    private long firstSince(TopicRecord topic, long timeMillis) {
        long low = 0;
        long high = topic.newest + 1;
        while (low < high) {
            long middle = (low + high) >>> 1;
            Key key = ceiling(topic, middle);
            Kept kept = key == null ? null : events.get(key);
            if (key == null || (kept != null && kept.timeMillis() >= timeMillis)) {
                high = middle;
            } else {
                low = key.position() + 1; // too old, or gone meanwhile, which is older still
            }
        }
        Key found = ceiling(topic, low);
        return found == null ? Long.MAX_VALUE : found.position();
    }

    private @Nullable Key ceiling(TopicRecord topic, long position) {
        Key key = events.ceilingKey(new Key(topic.number, position));
        return key != null && key.topic() == topic.number ? key : null;
    }
}
