package io.sluice.sse.history;

import io.sluice.sse.history.MvStoreTypes.EventKey;
import io.sluice.sse.history.MvStoreTypes.EventRow;
import io.sluice.sse.history.MvStoreTypes.PublisherIdRow;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import org.h2.mvstore.Cursor;
import org.h2.mvstore.MVMap;
import org.jspecify.annotations.Nullable;

/** Evictions of a store: first planned, then reported, and only then carried out. Confined to the writer's thread. */
final class MvStoreEvictions {

    private final MVMap<EventKey, EventRow> events;
    private final MVMap<String, PublisherIdRow> publisherIds;
    private final MvStoreTopics topics;
    private final Map<MvStoreTopic, Plan> plans = new LinkedHashMap<>();
    private int size;

    MvStoreEvictions(
            MVMap<EventKey, EventRow> events, MVMap<String, PublisherIdRow> publisherIds, MvStoreTopics topics) {
        this.events = events;
        this.publisherIds = publisherIds;
        this.topics = topics;
    }

    private static final class Plan {
        final Cursor<EventKey, EventRow> cursor;
        final List<EventKey> keys = new ArrayList<>();
        final List<String> publisherIds = new ArrayList<>();
        long wireBytes;
        /** The event after the last planned one; the cursor is at this event. */
        @Nullable
        EventKey ahead;

        Plan(Cursor<EventKey, EventRow> cursor, int topic) {
            this.cursor = cursor;
            advance(topic);
        }

        void advance(int topic) {
            EventKey key = cursor.hasNext() ? cursor.next() : null;
            ahead = key != null && key.topic() == topic ? key : null;
        }
    }

    /** The number of planned evictions. */
    int size() {
        return size;
    }

    /** Plans the eviction of the oldest event of the topic, which must have one. */
    void planOldest(MvStoreTopic topic) {
        Plan plan = plans.computeIfAbsent(
                topic, fresh -> new Plan(events.cursor(new EventKey(fresh.number, fresh.oldest)), fresh.number));
        EventKey key = plan.ahead;
        if (key == null) {
            throw new HistoryException("history: an event of topic " + topic.name + " is missing", null);
        }
        EventRow kept = plan.cursor.getValue();
        plan.keys.add(key);
        plan.wireBytes += kept.wire().length;
        if (kept.publisherId() != null && isLastCopy(kept.publisherId())) {
            plan.publisherIds.add(kept.publisherId());
        }
        plan.advance(topic.number);
        EventKey next = plan.ahead;
        topics.onEvicted(
                topic,
                kept.wire().length,
                next == null ? 0 : next.position(),
                next == null ? 0 : plan.cursor.getValue().timeMillis());
        size++;
    }

    /** An event in several topics keeps its publisher-supplied id until the last of the topics evicts it. */
    private boolean isLastCopy(String publisherId) {
        PublisherIdRow held = publisherIds.get(publisherId);
        if (held != null && held.copies() > 1) {
            publisherIds.put(publisherId, new PublisherIdRow(held.position(), held.topic(), held.copies() - 1));
            return false;
        }
        publisherIds.remove(publisherId);
        return true;
    }

    void carryOut(Consumer<List<Eviction>> evicting) {
        if (plans.isEmpty()) {
            return;
        }
        List<Eviction> evictions = new ArrayList<>(plans.size());
        plans.forEach((topic, plan) -> evictions.add(new Eviction(
                topic.name,
                topic.floor,
                topic.floorMillis,
                topic.oldest,
                plan.keys.size(),
                plan.wireBytes,
                plan.publisherIds)));
        evicting.accept(evictions);
        for (Plan plan : plans.values()) {
            for (EventKey key : plan.keys) {
                events.remove(key);
            }
        }
        plans.clear();
        size = 0;
    }
}
