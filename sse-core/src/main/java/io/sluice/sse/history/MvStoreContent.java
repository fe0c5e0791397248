package io.sluice.sse.history;

import io.sluice.sse.history.MvStoreTypes.Chosen;
import io.sluice.sse.history.MvStoreTypes.Kept;
import io.sluice.sse.history.MvStoreTypes.Key;
import io.sluice.sse.history.MvStoreTypes.Row;
import java.time.InstantSource;
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
 * What is in an open store: events, topics, chosen ids and what is known of them all; how events come in, and which go for
 * them. Confined to the writer's thread, but for {@link #reads}.
 */
final class MvStoreContent {

    /** Of what is in the file; another one cannot be read. */
    static final long THIS_FORMAT = 1;

    private static final int EVICTED_AT_ONCE = 1024;

    private static final String FORMAT = "format";
    private static final String EPOCH = "epoch";
    private static final String WRITTEN = "written";
    private static final String WRITTEN_MILLIS = "written-millis";
    private static final String NEXT_TOPIC = "next-topic";
    private static final String FORGOTTEN_FLOOR = "forgotten-floor";
    private static final String FORGOTTEN_MILLIS = "forgotten-millis";

    private final StoreBounds bounds;
    private final InstantSource clock;
    private final Consumer<List<Eviction>> evicting;
    private final MVMap<Key, Kept> events;
    private final MVMap<String, Long> meta;
    private final MVMap<String, Chosen> chosen;
    private final MVMap<Integer, Row> rows;
    private final TopicRecords topics;

    MvStoreContent(MVStore store, StoreBounds bounds, InstantSource clock, Consumer<List<Eviction>> evicting) {
        this.bounds = bounds;
        this.clock = clock;
        this.evicting = evicting;
        this.events = store.openMap(
                "events",
                new MVMap.Builder<Key, Kept>()
                        .keyType(new MvStoreTypes.KeyType())
                        .valueType(new MvStoreTypes.KeptType()));
        this.meta = store.openMap(
                "meta",
                new MVMap.Builder<String, Long>()
                        .keyType(StringDataType.INSTANCE)
                        .valueType(LongDataType.INSTANCE));
        this.chosen = store.openMap(
                "chosen",
                new MVMap.Builder<String, Chosen>()
                        .keyType(StringDataType.INSTANCE)
                        .valueType(new MvStoreTypes.ChosenType()));
        this.rows = store.openMap("topics", new MVMap.Builder<Integer, Row>().valueType(new MvStoreTypes.RowType()));
        this.topics = new TopicRecords(
                Math.toIntExact(known(meta, NEXT_TOPIC)), known(meta, FORGOTTEN_FLOOR), known(meta, FORGOTTEN_MILLIS));
        rows.forEach((number, row) -> topics.add(number, row.topic(), row.oldestMillis()));
    }

    private static long known(MVMap<String, Long> meta, String name) {
        Long value = meta.get(name);
        return value == null ? 0 : value;
    }

    /** The epoch of the hub that made the store; null while nobody has. */
    @Nullable
    Long epoch() {
        return meta.get(EPOCH);
    }

    long format() {
        return known(meta, FORMAT);
    }

    void begin(long epoch) {
        meta.put(EPOCH, epoch);
        meta.put(FORMAT, THIS_FORMAT);
    }

    /** The position of the last event that came in. */
    long written() {
        return known(meta, WRITTEN);
    }

    /** What a hub that goes on with this store has to know of it. */
    RecoveryResult recovered(long epoch, Recovery recovery) {
        Map<String, RecoveryResult.Chosen> publisherIds = new HashMap<>();
        chosen.forEach((id, held) -> publisherIds.put(id, new RecoveryResult.Chosen(held.position(), held.topic())));
        return new RecoveryResult(
                epoch,
                recovery.head(),
                known(meta, WRITTEN_MILLIS),
                topics.all().stream().map(TopicRecord::asStored).toList(),
                topics.forgottenFloor(),
                topics.forgottenMillis(),
                publisherIds,
                recovery.lost());
    }

    /** Looks into the events. Any thread. */
    MvStoreReads reads() {
        return new MvStoreReads(events, topics);
    }

    /** Events and what is known of them go to the disk with one commit. */
    void append(List<StoredEvent> batch) {
        Set<TopicRecord> touched = new LinkedHashSet<>();
        for (StoredEvent event : batch) {
            TopicRecord topic = topics.findOrAdd(event.topic());
            events.put(
                    new Key(topic.number, event.position()),
                    new Kept(event.timeMillis(), event.publisherId(), event.recipients(), event.wire()));
            topics.came(topic, event.position(), event.timeMillis(), event.wire().length);
            if (event.publisherId() != null) {
                choose(event.publisherId(), event);
            }
            touched.add(topic);
        }
        StoredEvent last = batch.get(batch.size() - 1);
        meta.put(WRITTEN, last.position());
        meta.put(WRITTEN_MILLIS, last.timeMillis());
        evictDue(touched);
    }

    private void choose(String id, StoredEvent event) {
        Chosen held = chosen.get(id);
        chosen.put(
                id,
                held != null && held.position() == event.position() // another copy
                        ? new Chosen(held.position(), held.topic(), held.copies() + 1)
                        : new Chosen(event.position(), event.topic(), 1));
    }

    /** Lets go what is too much or too old. */
    void evictDue() {
        evictDue(Set.of());
    }

    /** Lets go what is too much, and writes down how the topics stand. */
    private void evictDue(Set<TopicRecord> touched) {
        Set<TopicRecord> changed = new LinkedHashSet<>(touched);
        MvStoreEvictions evictions = new MvStoreEvictions(events, chosen, topics);
        long oldestAllowed = clock.millis() - bounds.age().toMillis();
        for (TopicRecord topic : touched) {
            while (topic.events > bounds.events()
                    || (topic.events > 1 && StoreBounds.weight(topic.events, topic.wireBytes) > bounds.bytes())) {
                evictOldest(topic, evictions, changed);
            }
        }
        for (TopicRecord first = topics.first(); first != null && isDue(first, oldestAllowed); first = topics.first()) {
            evictOldest(first, evictions, changed);
        }
        evictions.carryOut(evicting);
        for (TopicRecord topic : changed) {
            rows.put(topic.number, new Row(topic.asStored(), topic.oldestMillis));
        }
        for (TopicRecord gone = topics.forgetOne(); gone != null; gone = topics.forgetOne()) {
            rows.remove(gone.number);
            meta.put(FORGOTTEN_FLOOR, topics.forgottenFloor());
            meta.put(FORGOTTEN_MILLIS, topics.forgottenMillis());
        }
        if (known(meta, NEXT_TOPIC) != topics.nextNumber()) {
            meta.put(NEXT_TOPIC, (long) topics.nextNumber());
        }
    }

    private boolean isDue(TopicRecord first, long oldestAllowed) {
        return first.oldestMillis < oldestAllowed
                || topics.weight() > bounds.totalBytes()
                || chosen.sizeAsLong() > bounds.publisherIds();
    }

    private void evictOldest(TopicRecord topic, MvStoreEvictions evictions, Set<TopicRecord> changed) {
        evictions.planOldest(topic);
        changed.add(topic);
        if (evictions.size() >= EVICTED_AT_ONCE) {
            evictions.carryOut(evicting);
        }
    }
}
