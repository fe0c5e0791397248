package io.sluice.sse.history;

import io.sluice.sse.history.MvStoreTypes.EventKey;
import io.sluice.sse.history.MvStoreTypes.EventRow;
import io.sluice.sse.history.MvStoreTypes.PublisherIdRow;
import io.sluice.sse.history.MvStoreTypes.TopicRow;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Consumer;
import org.h2.mvstore.MVMap;
import org.h2.mvstore.MVStore;
import org.h2.mvstore.type.LongDataType;
import org.h2.mvstore.type.StringDataType;
import org.jspecify.annotations.Nullable;

/**
 * The content of an open store: events, topics, publisher-supplied ids and metadata. Adds events, and decides which
 * ones to evict. Confined to the writer's thread, except for {@link #reads}.
 */
final class MvStoreContent {

    /** The version of the file format; other versions cannot be read. */
    static final long THIS_FORMAT = 1;

    private static final int EVICTIONS_PER_STEP = 1024;

    private static final String FORMAT = "format";
    private static final String EPOCH = "epoch";
    private static final String WRITTEN = "written";
    private static final String WRITTEN_MILLIS = "written-millis";
    private static final String NEXT_TOPIC = "next-topic";
    private static final String REMOVED_FLOOR = "forgotten-floor";
    private static final String REMOVED_FLOOR_MILLIS = "forgotten-millis";

    private final StoreBounds bounds;
    private final AgeClock clock;
    private final Consumer<List<Eviction>> evicting;
    private final MVMap<EventKey, EventRow> events;
    private final MVMap<String, Long> meta;
    private final MVMap<String, PublisherIdRow> publisherIds;
    private final MVMap<Integer, TopicRow> rows;
    private final MvStoreTopics topics;
    private final MvStoreEnds ends;

    MvStoreContent(MVStore store, StoreBounds bounds, AgeClock.Source clock, Consumer<List<Eviction>> evicting) {
        this.bounds = bounds;
        this.evicting = evicting;
        this.events = store.openMap(
                "events",
                new MVMap.Builder<EventKey, EventRow>()
                        .keyType(new MvStoreTypes.EventKeyType())
                        .valueType(new MvStoreTypes.EventRowType()));
        this.meta = store.openMap(
                "meta",
                new MVMap.Builder<String, Long>()
                        .keyType(StringDataType.INSTANCE)
                        .valueType(LongDataType.INSTANCE));
        this.publisherIds = store.openMap(
                "chosen",
                new MVMap.Builder<String, PublisherIdRow>()
                        .keyType(StringDataType.INSTANCE)
                        .valueType(new MvStoreTypes.PublisherIdRowType()));
        this.rows = store.openMap(
                "topics", new MVMap.Builder<Integer, TopicRow>().valueType(new MvStoreTypes.TopicRowType()));
        this.ends = new MvStoreEnds(
                store.openMap(
                        "ends",
                        new MVMap.Builder<String, MvStoreTypes.EndRow>()
                                .keyType(StringDataType.INSTANCE)
                                .valueType(new MvStoreTypes.EndRowType())),
                MvStoreEnds.MAX_ENDS);
        this.topics = new MvStoreTopics(
                Math.toIntExact(getOrZero(meta, NEXT_TOPIC)),
                getOrZero(meta, REMOVED_FLOOR),
                getOrZero(meta, REMOVED_FLOOR_MILLIS));
        this.clock = clock.after(getOrZero(meta, WRITTEN_MILLIS));
        rows.forEach((number, row) -> topics.add(number, row.topic(), row.oldestMillis()));
    }

    private static long getOrZero(MVMap<String, Long> meta, String name) {
        Long value = meta.get(name);
        return value == null ? 0 : value;
    }

    /** The epoch of the hub that created the store; null for a new store. */
    @Nullable
    Long epoch() {
        return meta.get(EPOCH);
    }

    long format() {
        return getOrZero(meta, FORMAT);
    }

    void begin(long epoch) {
        meta.put(EPOCH, epoch);
        meta.put(FORMAT, THIS_FORMAT);
    }

    /** The position of the last stored event. */
    long written() {
        return getOrZero(meta, WRITTEN);
    }

    /** The state that a hub needs when it continues with this store. */
    RecoveryResult recovered(long epoch, Recovery recovery) {
        Map<String, RecoveryResult.EventLocation> locations = new HashMap<>();
        publisherIds.forEach(
                (id, held) -> locations.put(id, new RecoveryResult.EventLocation(held.position(), held.topic())));
        return new RecoveryResult(
                epoch,
                recovery.head(),
                getOrZero(meta, WRITTEN_MILLIS),
                topics.all().stream().map(MvStoreTopic::asStored).toList(),
                topics.removedFloor(),
                topics.removedFloorMillis(),
                locations,
                ends.all(),
                recovery.lost());
    }

    /** Gives read access to the events. Any thread. */
    MvStoreReads reads() {
        return new MvStoreReads(events, topics);
    }

    /** Adds events and metadata, which reach the disk with one commit. */
    void append(List<StoredEvent> batch) {
        Set<MvStoreTopic> touched = new LinkedHashSet<>();
        for (StoredEvent event : batch) {
            MvStoreTopic topic = topics.getOrCreate(event.topic());
            events.put(
                    new EventKey(topic.number, event.position()),
                    new EventRow(event.timeMillis(), event.publisherId(), event.recipients(), event.wire()));
            topics.onAppended(topic, event.position(), event.timeMillis(), event.wire().length);
            ends.onAppended(event);
            if (event.publisherId() != null) {
                putPublisherId(event.publisherId(), event);
            }
            touched.add(topic);
        }
        StoredEvent last = batch.get(batch.size() - 1);
        meta.put(WRITTEN, last.position());
        meta.put(WRITTEN_MILLIS, last.timeMillis());
        evictDue(touched);
    }

    private void putPublisherId(String id, StoredEvent event) {
        PublisherIdRow held = publisherIds.get(id);
        publisherIds.put(
                id,
                held != null && held.position() == event.position() // a copy of the event in another topic
                        ? new PublisherIdRow(held.position(), held.topic(), held.copies() + 1)
                        : new PublisherIdRow(event.position(), event.topic(), 1));
    }

    /** Evicts events that exceed a limit. */
    void evictDue() {
        evictDue(Set.of());
    }

    /** Evicts events that exceed a limit, and stores the changed state of the topics. */
    private void evictDue(Set<MvStoreTopic> touched) {
        Set<MvStoreTopic> changed = new LinkedHashSet<>(touched);
        MvStoreEvictions evictions = new MvStoreEvictions(events, publisherIds, topics);
        long oldestAllowed = clock.millis() - bounds.age().toMillis();
        for (MvStoreTopic topic : touched) {
            while (topic.events > bounds.events()
                    || (topic.events > 1 && StoreBounds.weight(topic.events, topic.wireBytes) > bounds.bytes())) {
                evictOldest(topic, evictions, changed);
            }
        }
        for (MvStoreTopic first = topics.first();
                first != null && isDue(first, oldestAllowed);
                first = topics.first()) {
            evictOldest(first, evictions, changed);
        }
        ends.removeBefore(oldestAllowed);
        finish(evictions, changed);
    }

    /** Evicts the events of a topic up to a position, and forgets its end there. */
    void remove(String name, long upTo) {
        ends.remove(name, upTo);
        MvStoreTopic topic = topics.find(name);
        if (topic == null) {
            return;
        }
        MvStoreEvictions evictions = new MvStoreEvictions(events, publisherIds, topics);
        Set<MvStoreTopic> changed = new LinkedHashSet<>();
        while (topic.events > 0 && topic.oldest <= upTo) {
            evictOldest(topic, evictions, changed);
        }
        finish(evictions, changed);
    }

    private void finish(MvStoreEvictions evictions, Set<MvStoreTopic> changed) {
        evictions.carryOut(evicting);
        for (MvStoreTopic topic : changed) {
            rows.put(topic.number, new TopicRow(topic.asStored(), topic.oldestMillis));
        }
        for (MvStoreTopic removed = topics.removeOneEmpty(); removed != null; removed = topics.removeOneEmpty()) {
            rows.remove(removed.number);
            meta.put(REMOVED_FLOOR, topics.removedFloor());
            meta.put(REMOVED_FLOOR_MILLIS, topics.removedFloorMillis());
        }
        if (getOrZero(meta, NEXT_TOPIC) != topics.nextNumber()) {
            meta.put(NEXT_TOPIC, (long) topics.nextNumber());
        }
    }

    private boolean isDue(MvStoreTopic first, long oldestAllowed) {
        return first.oldestMillis < oldestAllowed
                || topics.weight() > bounds.totalBytes()
                || publisherIds.sizeAsLong() > bounds.publisherIds();
    }

    private void evictOldest(MvStoreTopic topic, MvStoreEvictions evictions, Set<MvStoreTopic> changed) {
        evictions.planOldest(topic);
        changed.add(topic);
        if (evictions.size() >= EVICTIONS_PER_STEP) {
            evictions.carryOut(evicting);
        }
    }
}
