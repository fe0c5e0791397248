package io.sluice.sse.hub.lane;

import static org.assertj.core.api.Assertions.assertThat;

import io.sluice.sse.Event;
import io.sluice.sse.hub.HubTestAccess;
import io.sluice.sse.hub.log.LogAssertions;
import io.sluice.sse.hub.log.Topic;
import io.sluice.sse.test.ManualLane;
import io.sluice.sse.topic.OverflowPolicy;
import io.sluice.sse.topic.Publication;
import io.sluice.sse.topic.TopicPattern;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;

/** A random run of a hub, its lanes and its clients, and a model of the published and the kept events. */
final class RandomLife {

    private static final int STEPS = 1500;
    private static final String[] TOPICS = {"a/1", "a/2", "a/3", "b/1", "b/2", "c"};
    private static final String[][] CONFLATED = {{}, {}, {"a/*"}, {"c", "a/1"}, {"**"}};

    /** What was published: position is the index + 1. */
    static final class PublishedEvent {
        final String topic;
        final String data;
        final String key;
        final long publishedAt;
        final boolean inBatch;
        long evictedAt = -1;
        /** The next of the same topic and key, where the topic conflates. */
        PublishedEvent newer;

        PublishedEvent(String topic, String data, String key, long publishedAt, boolean inBatch) {
            this.topic = topic;
            this.data = data;
            this.key = key;
            this.publishedAt = publishedAt;
            this.inBatch = inBatch;
        }

        boolean isEvicted() {
            return evictedAt >= 0;
        }

        /** Whether it was evicted because a newer one superseded it: then no client misses it. */
        boolean isSuperseded() {
            return isEvicted() && newer != null && newer.publishedAt <= evictedAt;
        }

        /**
         * Whether it was evicted without being superseded. Within a batch the order is unknown, which counts as missed.
         */
        boolean isMissed() {
            return isEvicted()
                    && (newer == null
                            || newer.publishedAt > evictedAt
                            || (newer.publishedAt == evictedAt && newer.inBatch));
        }
    }

    final Random random;
    final OverflowPolicy policy;
    final HubFixture bench;
    final List<PublishedEvent> published = new ArrayList<>();
    final Map<String, List<Integer>> kept = new HashMap<>();
    final Map<String, PublishedEvent> latest = new HashMap<>();
    final Map<String, OverflowPolicy> policies = new HashMap<>();
    final List<TopicPattern> conflated = new ArrayList<>();
    final List<RandomClient> clients = new ArrayList<>();
    /** The failures that clients found while they read. */
    final List<AssertionError> failures = new ArrayList<>();

    long step;
    int chosen;

    RandomLife(long seed) {
        random = new Random(seed);
        policy = OverflowPolicy.values()[random.nextInt(3)];
        int events = 1 + random.nextInt(random.nextBoolean() ? 4 : 60);
        long bytes = random.nextInt(4) == 0 ? 2_000 : 1 << 20;
        long total = random.nextInt(4) == 0 ? 5_000 : 4 << 20;
        Duration age = Duration.ofMillis(random.nextInt(3) == 0 ? 50 : 60_000);
        for (String pattern : CONFLATED[random.nextInt(CONFLATED.length)]) {
            conflated.add(TopicPattern.of(pattern));
        }
        int keys = 1 + random.nextInt(random.nextBoolean() ? 3 : 50);
        long tableBytes = random.nextInt(4) == 0 ? 1_000 : 1 << 20;
        for (String topic : TOPICS) {
            policies.put(topic, random.nextBoolean() ? policy : anyPolicy());
        }
        LaneOptions lane = HubFixture.QUIET.withHeartbeat(Duration.ofMillis(random.nextBoolean() ? 0 : 300));
        bench = new HubFixture(
                options -> {
                    options.historyEvents(events)
                            .historyBytes(bytes)
                            .historyTotalBytes(total)
                            .historyAge(age)
                            .conflationKeys(keys)
                            .conflationBytes(tableBytes)
                            .overflow(policy);
                    policies.forEach((topic, own) -> {
                        options.overflow(topic, own);
                        if (conflates(topic)) {
                            options.conflate(topic);
                        }
                    });
                },
                1 + random.nextInt(2),
                lane);
        int count = 3 + random.nextInt(60);
        for (int i = 0; i < count; i++) {
            clients.add(new RandomClient(this, i));
        }
    }

    void live() {
        for (; step < STEPS; step++) {
            act();
            noteEvictions();
            if (!failures.isEmpty()) {
                throw failures.get(0);
            }
        }
        for (ManualLane lane : bench.lanes) {
            lane.nanosPerLook(0);
        }
        for (int round = 0; round < 4; round++) {
            step++;
            for (RandomClient client : clients) {
                client.comeBackAndRead();
            }
            bench.run();
            noteEvictions();
        }
        assertThat(failures).isEmpty();
        clients.forEach(RandomClient::assertHasAll);
        bench.close();
    }

    private void act() {
        switch (random.nextInt(14)) {
            case 0, 1, 2, 3 -> publish();
            case 4 -> publishBatch();
            case 5, 6, 7 -> bench.lanes.get(random.nextInt(bench.lanes.size())).runOne();
            case 8 -> bench.run();
            case 9 -> anyClient().stall();
            case 10 -> anyClient().readSome();
            case 11 -> anyClient().cut();
            case 12 -> {
                for (int i = 0; i < 4; i++) {
                    anyClient().connect();
                }
            }
            default -> {
                for (ManualLane lane : bench.lanes) {
                    lane.nanosPerLook(random.nextBoolean() ? 0 : 5_000_000);
                }
                bench.nowNanos += random.nextInt(30_000_000);
                if (random.nextInt(4) == 0) {
                    bench.advance(random.nextInt(400_000_000));
                }
            }
        }
    }

    RandomClient anyClient() {
        return clients.get(random.nextInt(clients.size()));
    }

    OverflowPolicy anyPolicy() {
        return OverflowPolicy.values()[random.nextInt(3)];
    }

    private Publication make(boolean inBatch) {
        String topic = TOPICS[random.nextInt(TOPICS.length)];
        int size = random.nextInt(20) == 0 ? random.nextInt(40_000) : random.nextInt(100);
        String data = published.size() + 1 + ":" + "x".repeat(size);
        int index = published.size();
        String key = random.nextInt(5) == 0 ? null : "k" + random.nextInt(6);
        PublishedEvent made = new PublishedEvent(topic, data, key, step, inBatch);
        published.add(made);
        kept.computeIfAbsent(topic, t -> new ArrayList<>()).add(index);
        Event.Builder event = Event.builder().data(data);
        if (key != null) {
            event.key(key);
            if (conflates(topic)) {
                PublishedEvent older = latest.put(topic + " " + key, made);
                if (older != null) {
                    older.newer = made;
                }
            }
        }
        if (random.nextInt(25) == 0) {
            event.id("chosen-" + chosen++);
        }
        return new Publication(topic, event.build());
    }

    boolean conflates(String topic) {
        return conflated.stream().anyMatch(pattern -> pattern.matches(topic));
    }

    private void publish() {
        Publication publication = make(false);
        bench.publish(publication.topic(), publication.event());
    }

    private void publishBatch() {
        List<Publication> batch = new ArrayList<>();
        for (int i = random.nextInt(8); i >= 0; i--) {
            batch.add(make(true));
        }
        bench.hub.publishAll(batch).toCompletableFuture().join();
    }

    /** Finds the events that were evicted from rings and tables since the last step. */
    void noteEvictions() {
        HubTestAccess.log(bench.hub).locked(() -> {
            for (String name : TOPICS) {
                Set<Long> there = new HashSet<>();
                Topic topic = HubTestAccess.log(bench.hub).topics().find(name);
                if (topic != null) {
                    LogAssertions.kept(topic.log).forEach(entry -> there.add(entry.position));
                    LogAssertions.assertValid(topic);
                }
                kept.getOrDefault(name, new ArrayList<>()).removeIf(index -> {
                    if (there.contains(index + 1L)) {
                        return false;
                    }
                    published.get(index).evictedAt = step;
                    return true;
                });
            }
            return null;
        });
    }
}
