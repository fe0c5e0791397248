package io.sluice.sse.history;

import io.sluice.sse.history.MvStoreTypes.Chosen;
import io.sluice.sse.history.MvStoreTypes.Kept;
import io.sluice.sse.history.MvStoreTypes.Key;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import org.h2.mvstore.Cursor;
import org.h2.mvstore.MVMap;
import org.jspecify.annotations.Nullable;

/** What goes out of a store: planned, told, and only then removed. Confined to the writer's thread. */
final class MvStoreEvictions {

    private final MVMap<Key, Kept> events;
    private final MVMap<String, Chosen> chosen;
    private final TopicRecords topics;
    private final Map<TopicRecord, Plan> plans = new LinkedHashMap<>();
    private int size;

    MvStoreEvictions(MVMap<Key, Kept> events, MVMap<String, Chosen> chosen, TopicRecords topics) {
        this.events = events;
        this.chosen = chosen;
        this.topics = topics;
    }

    private static final class Plan {
        final Cursor<Key, Kept> cursor;
        final List<Key> keys = new ArrayList<>();
        final List<String> publisherIds = new ArrayList<>();
        long wireBytes;
        /** The event behind the last planned one: the cursor stands on it. */
        @Nullable
        Key ahead;

        Plan(Cursor<Key, Kept> cursor, int topic) {
            this.cursor = cursor;
            advance(topic);
        }

        void advance(int topic) {
            Key key = cursor.hasNext() ? cursor.next() : null;
            ahead = key != null && key.topic() == topic ? key : null;
        }
    }

    /** How many events are planned. */
    int size() {
        return size;
    }

    /** Plans to let the oldest event of the topic go; it has one. */
    void planOldest(TopicRecord topic) {
        Plan plan = plans.computeIfAbsent(
                topic, fresh -> new Plan(events.cursor(new Key(fresh.number, fresh.oldest)), fresh.number));
        Key key = plan.ahead;
        if (key == null) {
            throw new HistoryException("history: an event of topic " + topic.name + " is missing", null);
        }
        Kept kept = plan.cursor.getValue();
        plan.keys.add(key);
        plan.wireBytes += kept.wire().length;
        if (kept.publisherId() != null && isLastCopy(kept.publisherId())) {
            plan.publisherIds.add(kept.publisherId());
        }
        plan.advance(topic.number);
        Key next = plan.ahead;
        topics.goes(
                topic,
                kept.wire().length,
                next == null ? 0 : next.position(),
                next == null ? 0 : plan.cursor.getValue().timeMillis());
        size++;
    }

    /** An event that went to several topics holds its chosen id as long as one of them keeps it. */
    private boolean isLastCopy(String publisherId) {
        Chosen held = chosen.get(publisherId);
        if (held != null && held.copies() > 1) {
            chosen.put(publisherId, new Chosen(held.position(), held.topic(), held.copies() - 1));
            return false;
        }
        chosen.remove(publisherId);
        return true;
    }

    void carryOut(Consumer<List<Eviction>> evicting) {
        if (plans.isEmpty()) {
            return;
        }
        List<Eviction> told = new ArrayList<>(plans.size());
        plans.forEach((topic, plan) -> told.add(new Eviction(
                topic.name,
                topic.floor,
                topic.floorMillis,
                topic.oldest,
                plan.keys.size(),
                plan.wireBytes,
                plan.publisherIds)));
        evicting.accept(told);
        for (Plan plan : plans.values()) {
            for (Key key : plan.keys) {
                events.remove(key);
            }
        }
        plans.clear();
        size = 0;
    }
}
