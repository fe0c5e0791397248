package io.sluice.sse.hub.log;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.sluice.sse.CloseReason;
import io.sluice.sse.hub.HubTestAccess;
import io.sluice.sse.hub.lane.FakeSink;
import io.sluice.sse.hub.lane.HubFixture;
import io.sluice.sse.topic.Selector;
import io.sluice.sse.topic.StartPosition;
import io.sluice.sse.topic.TopicLimitException;
import io.sluice.sse.topic.TopicPattern;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** Patterns exist first and topics come later: what a new topic costs under the hub's lock is bounded. */
class PatternOverlapTest {

    /** The first patterns of 16 segments, in the order of binary numbers, which all match one name of 16 segments. */
    private static List<String> patterns(int first, int count) {
        List<String> patterns = new ArrayList<>();
        for (int p = first; p < first + count; p++) {
            StringBuilder pattern = new StringBuilder("*");
            for (int bit = 0; bit < 15; bit++) {
                pattern.append((p >> bit & 1) == 1 ? "/*" : "/a");
            }
            patterns.add(pattern.toString());
        }
        return patterns;
    }

    private static FakeSink open(HubFixture bench, List<String> terms) {
        FakeSink sink = bench.sink();
        bench.open(sink, StartPosition.live(), Selector.of(terms));
        bench.run();
        return sink;
    }

    private static TopicTable table(HubFixture bench) {
        return HubTestAccess.log(bench.hub).topics();
    }

    @Test
    void theCostOfANewTopicDoesNotGrowWithTheNumberOfStreams() {
        try (HubFixture bench = new HubFixture()) {
            List<FakeSink> accepted = new ArrayList<>();
            int rejected = 0;
            for (int stream = 0; stream < 100; stream++) {
                try {
                    accepted.add(open(bench, patterns(stream * 50, 50)));
                } catch (TopicLimitException e) {
                    assertThat(e).hasMessageContaining("more than 128 patterns");
                    rejected++;
                }
            }
            assertThat(accepted).hasSize(2);
            assertThat(rejected).isEqualTo(98);
            FakeSink small = open(bench, List.of("**", "a/**", "*/a/*/**", "other/*/*/*"));

            String name = "a" + "/a".repeat(15);
            long before = HubTestAccess.log(bench.hub)
                    .locked(() -> table(bench).patternTrie().steps());
            bench.publish(name, "x");
            long steps = HubTestAccess.log(bench.hub)
                            .locked(() -> table(bench).patternTrie().steps())
                    - before;
            assertThat(steps).isBetween(100L, 131L * 16);
            bench.run();
            assertThat(small.data()).containsExactly("x");
            assertThat(accepted).allSatisfy(sink -> assertThat(sink.data()).containsExactly("x"));

            accepted.forEach(sink -> sink.close(CloseReason.CLIENT_LEFT));
            bench.run();
            open(bench, patterns(5_000, 100)); // one stream may have all that it can have
        }
    }

    @Test
    void patternsOfClientsWithTopicsOfTheirOwnDoNotOverlap() {
        try (HubFixture bench = new HubFixture()) {
            for (int user = 0; user < 1_000; user++) {
                open(bench, List.of("tenant/1/users/" + user + "/**", "tenant/1/users/" + user + "/*/inbox"));
            }
            assertThat(HubTestAccess.log(bench.hub)
                            .<Integer>locked(() -> table(bench).patternTrie().overlap()))
                    .isEqualTo(2);
        }
    }

    @Test
    void aRejectedStreamLeavesNothing() {
        try (HubFixture bench = new HubFixture()) {
            FakeSink first = open(bench, patterns(0, 100));
            assertThatThrownBy(() -> open(bench, patterns(50, 100))).isInstanceOf(TopicLimitException.class);
            first.close(CloseReason.CLIENT_LEFT);
            bench.run();
            assertThat(HubTestAccess.log(bench.hub)
                            .<Boolean>locked(() -> table(bench).patternTrie().isEmpty()))
                    .isTrue();
        }
    }

    private static String random(Random random, boolean wildcards) {
        int depth = 1 + random.nextInt(6);
        List<String> segments = new ArrayList<>();
        for (int i = 0; i < depth; i++) {
            segments.add(wildcards && random.nextInt(2) == 0 ? "*" : String.valueOf((char) ('a' + random.nextInt(2))));
        }
        if (wildcards && random.nextInt(3) == 0) {
            segments.set(depth - 1, "**");
        }
        return String.join("/", segments);
    }

    /** The bound is never below the truth, close to it, and exact again when patterns were removed. */
    @Test
    void theOverlapIsAnUpperBoundWhateverIsAddedAndRemoved() {
        long seed = System.nanoTime();
        Random random = new Random(seed);
        PatternTrie trie = new PatternTrie();
        List<PatternTopics> present = new ArrayList<>();
        for (int step = 0; step < 2_000; step++) {
            if (present.isEmpty() || random.nextInt(100) < (step < 1_000 ? 60 : 40)) {
                TopicPattern pattern = TopicPattern.of(random(random, true));
                if (present.stream().noneMatch(each -> each.pattern().equals(pattern))) {
                    PatternTopics added =
                            new PatternTopics(pattern, Floors.NONE, 0, new PatternMatches(10, System::nanoTime));
                    present.add(added);
                    trie.add(added);
                }
            } else {
                trie.remove(present.remove(random.nextInt(present.size())));
            }
            int[] matches = {0};
            String name = random(random, false);
            long before = trie.steps();
            trie.forEachMatch(name, pattern -> matches[0]++);
            assertThat(matches[0])
                    .as("seed %s, %s", seed, name)
                    .isEqualTo((int) present.stream()
                            .filter(each -> each.pattern().matches(name))
                            .count())
                    .isLessThanOrEqualTo(trie.overlap());
            assertThat(trie.steps() - before).isLessThanOrEqualTo(1L + 7L * trie.overlap());
            PatternTrie rebuilt = new PatternTrie();
            present.forEach(rebuilt::add);
            assertThat(trie.overlap()).as("seed %s", seed).isEqualTo(rebuilt.overlap());
        }
        present.forEach(trie::remove);
        assertThat(trie.overlap()).isZero();
    }
}
