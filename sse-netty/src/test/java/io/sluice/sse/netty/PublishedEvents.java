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
 * What a hub was told, and what it has let go since: topics keep their last events, as many as an option says and
 * bounded by nothing else. Positions are the hub's own ids, which rise as text. Confined to one thread, but for what it
 * starts.
 */
final class PublishedEvents {

    record Told(String position, String topic, String data) {}

    static final String[] TOPICS = {"a/1", "a/2", "b/1", "b/2", "c"};

    private final Hub hub;
    private final int keep;
    private final TreeMap<String, Told> all = new TreeMap<>();
    private final Map<String, ArrayDeque<Told>> kept = new HashMap<>();
    private final Map<String, Told> chosen = new HashMap<>();
    private final Map<String, Told> byData = new HashMap<>();
    private final TreeMap<String, Publication> fromThreads = new TreeMap<>();
    private int serial;

    PublishedEvents(Hub hub, int keep) {
        this.hub = hub;
        this.keep = keep;
    }

    long count() {
        return all.size();
    }

    Told byData(String data) {
        Told told = byData.get(data);
        if (told == null) {
            throw new AssertionError("never published: " + data);
        }
        return told;
    }

    /** The position that an id of the wire stands for; null for a chosen id whose event has gone. */
    String positionOf(String id) {
        if (!id.startsWith("chosen-")) {
            return id;
        }
        Told told = chosen.get(id);
        return told != null && !isEvicted(told) ? told.position : null;
    }

    boolean isEvicted(Told told) {
        return told.position.compareTo(kept.get(told.topic).getFirst().position) < 0;
    }

    /** What a selector wants in {@code (after, upTo]}. */
    List<Told> wanted(Selector selector, String after, String upTo) {
        if (after.compareTo(upTo) >= 0) {
            return List.of();
        }
        Collection<Told> range = all.subMap(after, false, upTo, true).values();
        return range.stream().filter(told -> wants(selector, told.topic)).toList();
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

    /** One event for each topic, so that all of them are there to be listened to. */
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
        List<Published> answers = hub.publishAll(batch).toCompletableFuture().join();
        for (int i = 0; i < count; i++) {
            note(batch.get(i), answers.get(i));
        }
    }

    /** An id of the publisher's own; and once more, which delivers nothing. */
    void publishChosen(Random random) {
        Publication plain = make(random, 20);
        String id = "chosen-" + serial;
        Event event = plain.event().toBuilder().id(id).build();
        assertThat(hub.publish(plain.topic(), event).toCompletableFuture().join())
                .isEqualTo(new Published(id, plain.topic(), false));
        Told told = note(plain.topic(), plain.event().data(), hub.headId());
        chosen.put(id, told);
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
                    Published answer = hub.publish(one.topic(), one.event())
                            .toCompletableFuture()
                            .join();
                    notes.add(() -> fromThreads.put(answer.id(), one));
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

    private void note(Publication one, Published answer) {
        note(one.topic(), one.event().data(), answer.id());
    }

    private Told note(String topic, String data, String position) {
        Told told = new Told(position, topic, data);
        assertThat(all.isEmpty() || all.lastKey().compareTo(position) < 0)
                .as("positions rise")
                .isTrue();
        all.put(position, told);
        byData.put(data, told);
        ArrayDeque<Told> ring = kept.computeIfAbsent(topic, name -> new ArrayDeque<>());
        ring.add(told);
        if (ring.size() > keep) {
            ring.removeFirst();
        }
        return told;
    }
}
