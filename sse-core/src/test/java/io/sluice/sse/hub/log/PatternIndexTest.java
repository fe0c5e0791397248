package io.sluice.sse.hub.log;

import static org.assertj.core.api.Assertions.assertThat;

import io.sluice.sse.hub.Hub;
import io.sluice.sse.hub.HubBuilder;
import io.sluice.sse.hub.HubTestAccess;
import io.sluice.sse.hub.lane.FakeSink;
import io.sluice.sse.hub.lane.HubFixture;
import io.sluice.sse.topic.TopicPattern;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.ReentrantLock;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Whichever topics are created, forgotten and ordered, a pattern has exactly the topics that it matches. */
class PatternIndexTest {

    /** Character order differs from segment order here: some characters sort before the slash. */
    private static final String[] SEGMENTS = {"a", "b", "a-b", "a!", "aa", "ab", "b\"", "é", "z", "a.b", "\uD83D\uDE00"
    };

    private final HubBuilder options = Hub.builder();
    private final ReentrantLock lock = new ReentrantLock();
    private final ArrayDeque<Runnable> background = new ArrayDeque<>();

    /** The table is guarded by the hub's lock, and asserts that the caller holds it. */
    @BeforeEach
    void holdTheLock() {
        lock.lock();
    }

    private TopicTable table(int least) {
        return new TopicTable(
                new TopicOptions(HubTestAccess.logOptions(options), lock),
                new TopicIndex(least, lock, background::add),
                lock,
                System::nanoTime);
    }

    private static String name(Random random) {
        int depth = 1 + random.nextInt(5);
        return IntStream.range(0, depth)
                .mapToObj(i ->
                        random.nextInt(3) == 0 ? "n" + random.nextInt(40) : SEGMENTS[random.nextInt(SEGMENTS.length)])
                .collect(Collectors.joining("/"));
    }

    private static TopicPattern pattern(Random random) {
        String[] segments = name(random).split("/", -1);
        segments[random.nextInt(segments.length)] = "*";
        for (int i = 0; i < segments.length; i++) {
            segments[i] = random.nextInt(4) == 0 ? "*" : segments[i];
        }
        if (random.nextInt(4) == 0) {
            segments[segments.length - 1] = "**";
        }
        return TopicPattern.of(String.join("/", segments));
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 20, 500, 1_000_000})
    void aPatternHasExactlyItsTopicsWhateverIsCreatedAndForgotten(int least) {
        long seed = System.nanoTime();
        Random random = new Random(seed);
        TopicTable table = table(least);
        Map<TopicPattern, PatternTopics> patterns = new LinkedHashMap<>();
        int ordered = 0;
        for (int step = 0; step < 10_000; step++) {
            switch (random.nextInt(8)) {
                case 0, 1, 2, 3 -> table.getOrCreate(name(random));
                case 4, 5 -> {
                    Topic topic = table.find(name(random));
                    if (topic != null) {
                        table.removeIfIdle(topic);
                    }
                }
                case 6 -> {
                    if (random.nextInt(10) == 0) {
                        subscribe(table, patterns, random);
                    }
                }
                default -> {
                    Runnable task = random.nextInt(10) == 0 ? background.poll() : null;
                    if (task != null) {
                        task.run();
                        ordered++;
                    }
                }
            }
            if (step % 500 == 0) {
                assertExact(seed, table, patterns);
            }
        }
        assertExact(seed, table, patterns);
        assertThat(ordered > 0).as("ordered, seed %d", seed).isEqualTo(least < 1_000_000);
        patterns.values().forEach(table::drop);
        assertThat(table.hasPatterns()).isFalse();
    }

    /** Adds some patterns and removes some old ones. */
    private static void subscribe(TopicTable table, Map<TopicPattern, PatternTopics> patterns, Random random) {
        Set<TopicPattern> wanted = new LinkedHashSet<>();
        for (int i = 1 + random.nextInt(4); i > 0; i--) {
            wanted.add(pattern(random));
        }
        table.resolve(List.copyOf(wanted));
        wanted.forEach(pattern -> patterns.put(pattern, table.resolved(pattern)));
        while (patterns.size() > 40) {
            TopicPattern first = patterns.keySet().iterator().next();
            table.drop(patterns.remove(first));
        }
    }

    private static void assertExact(long seed, TopicTable table, Map<TopicPattern, PatternTopics> patterns) {
        patterns.forEach((pattern, resolved) -> {
            List<String> found = new ArrayList<>();
            PatternTopics.TopicList known = resolved.list();
            for (int i = 0; i < known.size(); i++) {
                if (!known.get(i).isRemoved()) {
                    found.add(known.get(i).name);
                }
            }
            List<String> expected = table.all().stream()
                    .map(topic -> topic.name)
                    .filter(pattern::matches)
                    .sorted()
                    .toList();
            Collections.sort(found);
            assertThat(found.equals(expected)).as("%s, seed %d", pattern, seed).isTrue();
        });
    }

    @Test
    void theOrdersAreBuiltWhenAPatternNeedsThem() {
        TopicTable table = table(100);
        for (int i = 0; i < 1000; i++) {
            table.getOrCreate("orders/" + i);
        }
        assertThat(background).as("without a pattern").isEmpty();
        assertThat(table.index().isSorted()).isFalse();
        table.resolve(List.of(TopicPattern.of("orders/*")));
        assertThat(background).hasSize(1);
        table.resolve(List.of(TopicPattern.of("*/7")));
        assertThat(background).as("one at a time").hasSize(1);
        background.remove().run();
        assertThat(table.index().isSorted()).isTrue();
        assertThat(lock.getHoldCount()).as("by this test only").isEqualTo(1);
    }

    @Test
    void theOrdersAreDroppedWhenNoPatternIsSubscribed() {
        TopicTable table = table(100);
        for (int i = 0; i < 1000; i++) {
            table.getOrCreate("orders/" + i);
        }
        TopicPattern pattern = TopicPattern.of("orders/*");
        table.resolve(List.of(pattern));
        background.remove().run();
        table.drop(table.resolved(pattern));
        assertThat(table.index().isSorted())
                .as("a pattern may be subscribed again")
                .isTrue();
        for (int i = 0; i < 101; i++) {
            table.getOrCreate("more/" + i);
        }
        assertThat(table.index().isSorted()).isFalse();
        assertThat(background).isEmpty();
    }

    /** The orders do not keep forgotten topics in memory. */
    @Test
    void theOrdersAreRebuiltWhenTopicsAreForgotten() {
        TopicTable table = table(100);
        List<Topic> topics = IntStream.range(0, 1000)
                .mapToObj(i -> table.getOrCreate("orders/" + i))
                .toList();
        table.resolve(List.of(TopicPattern.of("orders/*")));
        background.remove().run();
        topics.subList(0, 900).forEach(table::removeIfIdle);
        while (!background.isEmpty()) {
            background.remove().run();
            table.getOrCreate("x" + background.size());
        }
        assertThat(table.index().sortedTopics()).isLessThanOrEqualTo(201);
    }

    @Test
    void afterAFailureToOrderTheTopicsAreSearchedOneByOne() {
        AtomicInteger tries = new AtomicInteger();
        TopicTable failing = new TopicTable(
                new TopicOptions(HubTestAccess.logOptions(options), lock),
                new TopicIndex(100, lock, task -> {
                    tries.incrementAndGet();
                    throw new InternalError("thrown by the test");
                }),
                lock,
                System::nanoTime);
        IntStream.range(0, 101).forEach(i -> failing.getOrCreate("orders/" + i));
        failing.resolve(List.of(TopicPattern.of("orders/*")));
        failing.resolve(List.of(TopicPattern.of("*/7")));
        assertThat(failing.resolved(TopicPattern.of("*/7")).list().size()).isEqualTo(1);
        assertThat(tries).as("retried for the next pattern").hasValue(2);
    }

    @Test
    void aNewTopicFindsItsPatternsBySegments() {
        PatternTrie trie = new PatternTrie();
        List<String> terms = List.of("*", "**", "a/*", "a/**", "*/b", "a/*/c", "*/*/**", "b/*");
        List<PatternTopics> all = terms.stream()
                .map(term -> new PatternTopics(
                        TopicPattern.of(term), Floors.NONE, 0, new PatternMatches(1, System::nanoTime)))
                .toList();
        all.forEach(trie::add);
        for (String topic : List.of("a", "b", "a/b", "a/x/c", "b/b", "x", "x/y/z/w")) {
            List<String> found = new ArrayList<>();
            trie.forEachMatch(topic, pattern -> found.add(pattern.pattern().toString()));
            assertThat(found)
                    .as(topic)
                    .containsExactlyInAnyOrderElementsOf(terms.stream()
                            .filter(term -> TopicPattern.of(term).matches(topic))
                            .toList());
        }
        all.forEach(trie::remove);
        assertThat(trie.isEmpty()).isTrue();
    }

    /** A segment of only one pattern costs no node, because clients may choose many such segments. */
    @Test
    void onlySharedSegmentsHaveNodes() {
        PatternTrie trie = new PatternTrie();
        String deep = "/a".repeat(30);
        List<PatternTopics> all = IntStream.range(0, 32)
                .mapToObj(i -> new PatternTopics(
                        TopicPattern.of(i + deep + "/*"), Floors.NONE, 0, new PatternMatches(1, System::nanoTime)))
                .toList();
        all.forEach(trie::add);
        assertThat(trie.nodes()).isZero();
        PatternTopics shares = new PatternTopics(
                TopicPattern.of("7/a/a/b/*"), Floors.NONE, 0, new PatternMatches(1, System::nanoTime));
        trie.add(shares);
        assertThat(trie.nodes()).isEqualTo(3);
        List<String> found = new ArrayList<>();
        trie.forEachMatch(
                "7" + deep + "/x", pattern -> found.add(pattern.pattern().toString()));
        trie.forEachMatch("7/a/a/b/x", pattern -> found.add(pattern.pattern().toString()));
        assertThat(found).containsExactly("7" + deep + "/*", "7/a/a/b/*");
        all.forEach(trie::remove);
        trie.remove(shares);
        assertThat(trie.isEmpty()).isTrue();
        assertThat(trie.nodes()).isZero();
    }

    /** On a hub with the real background task: pattern clients receive their events while the orders are built. */
    @Test
    void clientsReceiveTheirPatternsBeforeAndAfterTheOrdersAreBuilt() {
        try (HubFixture bench = new HubFixture(hub -> hub.historyEvents(1))) {
            int topics = TopicIndex.MIN_TOPICS * 2;
            for (int i = 0; i < topics; i++) {
                bench.publish("orders/" + i + "/" + (i % 2 == 0 ? "even" : "odd"), "old");
            }
            FakeSink before = bench.live("orders/*/even");
            org.awaitility.Awaitility.await()
                    .until(() -> HubTestAccess.log(bench.hub)
                            .locked(() -> HubTestAccess.log(bench.hub)
                                    .topics()
                                    .index()
                                    .isSorted()));
            FakeSink after = bench.live("orders/7/*", "*/8/**", "orders/*");
            bench.publish("orders/7/odd", "seven");
            bench.publish("orders/8/even", "eight");
            bench.publish("orders/new", "new");
            bench.run();
            assertThat(before.data()).containsExactly("eight");
            assertThat(after.data()).containsExactly("seven", "eight", "new");
        }
    }
}
