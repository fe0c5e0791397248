package io.sluice.sse.netty;

import static org.assertj.core.api.Assertions.assertThat;

import io.sluice.sse.Event;
import io.sluice.sse.hub.Hub;
import io.sluice.sse.topic.Publication;
import io.sluice.sse.topic.Published;
import io.sluice.sse.topic.Selector;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Future;

/**
 * The events that a test has published, and those that the hub has evicted since. Topics keep a configured number of
 * their last events, without any other bound. Positions are the hub's own ids, which increase as text. Confined to one
 * thread, except for the tasks that it starts.
 */
final class PublishedEvents {

    record Entry(String position, String topic, String data) {}

    static final String[] TOPICS = {"a/1", "a/2", "b/1", "b/2", "c"};

    private final Hub hub;
    private final int keep;
    private final TreeMap<String, Entry> all = new TreeMap<>();
    private final Map<String, ArrayDeque<Entry>> kept = new HashMap<>();
    private final Map<String, Entry> chosen = new HashMap<>();
    private final Map<String, Entry> byData = new HashMap<>();
    private final TreeMap<String, Publication> fromThreads = new TreeMap<>();
    private int serial;

    PublishedEvents(Hub hub, int keep) {
        this.hub = hub;
        this.keep = keep;
    }

    long count() {
        return all.size();
    }

    Entry byData(String data) {
        Entry entry = byData.get(data);
        if (entry == null) {
            throw new AssertionError("never published: " + data);
        }
        return entry;
    }

    /** The position of an id that a client received; null for a publisher's id whose event was evicted. */
    String positionOf(String id) {
        if (!id.startsWith("chosen-")) {
            return id;
        }
        Entry entry = chosen.get(id);
        return entry != null && !isEvicted(entry) ? entry.position : null;
    }

    boolean isEvicted(Entry entry) {
        return entry.position.compareTo(kept.get(entry.topic).getFirst().position) < 0;
    }

    /** The events that match the selector in {@code (after, upTo]}. */
    List<Entry> wanted(Selector selector, String after, String upTo) {
        if (after.compareTo(upTo) >= 0) {
            return List.of();
        }
        Collection<Entry> range = all.subMap(after, false, upTo, true).values();
        return range.stream().filter(entry -> wants(selector, entry.topic)).toList();
    }

    static boolean wants(Selector selector, String topic) {
        return selector.topics().contains(topic)
                || selector.patterns().stream().anyMatch(pattern -> pattern.matches(topic));
    }

    String head() {
        return hub.headId();
    }

    // ---- publishers

    private Publication make(Random random, int size) {
        String data = serial++ + ":" + "x".repeat(size);
        return new Publication(TOPICS[random.nextInt(TOPICS.length)], Event.of(data));
    }

    void publish(Random random, int count, int size) {
        for (int i = 0; i < count; i++) {
            publish(make(random, size));
        }
    }

    private void publish(Publication one) {
        note(one, hub.publish(one.topic(), one.event()).toCompletableFuture().join());
    }

    /** Publishes one event to each topic, so that all topics exist. */
    void publishToAll() {
        for (String topic : TOPICS) {
            publish(new Publication(topic, Event.of("first of " + topic)));
        }
    }

    void publishBatch(Random random, int count) {
        List<Publication> batch = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            batch.add(make(random, random.nextInt(200)));
        }
        List<Published> results = hub.publishAll(batch).toCompletableFuture().join();
        for (int i = 0; i < count; i++) {
            note(batch.get(i), results.get(i));
        }
    }

    /** Publishes an event with a publisher id, and then once more, which delivers nothing. */
    void publishChosen(Random random) {
        Publication plain = make(random, 20);
        String id = "chosen-" + serial;
        Event event = plain.event().toBuilder().id(id).build();
        assertThat(hub.publish(plain.topic(), event).toCompletableFuture().join())
                .isEqualTo(new Published(id, plain.topic(), false));
        Entry entry = note(plain.topic(), plain.event().data(), hub.headId());
        chosen.put(id, entry);
        assertThat(hub.publish("c", event).toCompletableFuture().join())
                .isEqualTo(new Published(id, plain.topic(), true));
    }

    void publishFromThreads(Random random, ExecutorService threads, int count) throws Exception {
        List<Future<List<Runnable>>> done = new ArrayList<>();
        for (int t = 0; t < 3; t++) {
            List<Publication> mine = new ArrayList<>();
            for (int i = 0; i < count; i++) {
                mine.add(make(random, random.nextInt(300)));
            }
            Callable<List<Runnable>> publishing = () -> {
                List<Runnable> notes = new ArrayList<>();
                for (Publication one : mine) {
                    Published result = hub.publish(one.topic(), one.event())
                            .toCompletableFuture()
                            .join();
                    notes.add(() -> fromThreads.put(result.id(), one));
                }
                return notes;
            };
            done.add(threads.submit(publishing));
        }
        for (Future<List<Runnable>> each : done) {
            each.get().forEach(Runnable::run);
        }
        fromThreads.forEach((id, one) -> note(one.topic(), one.event().data(), id));
        fromThreads.clear();
    }

    private void note(Publication one, Published result) {
        note(one.topic(), one.event().data(), result.id());
    }

    private Entry note(String topic, String data, String position) {
        Entry entry = new Entry(position, topic, data);
        assertThat(all.isEmpty() || all.lastKey().compareTo(position) < 0)
                .as("positions increase")
                .isTrue();
        all.put(position, entry);
        byData.put(data, entry);
        ArrayDeque<Entry> ring = kept.computeIfAbsent(topic, name -> new ArrayDeque<>());
        ring.add(entry);
        if (ring.size() > keep) {
            ring.removeFirst();
        }
        return entry;
    }
}
