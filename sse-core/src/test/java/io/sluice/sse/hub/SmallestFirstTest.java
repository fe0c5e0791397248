package io.sluice.sse.hub;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.sluice.sse.Event;
import io.sluice.sse.hub.core.SmallestFirst;
import io.sluice.sse.topic.TopicInfo;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.List;
import java.util.Random;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A page of topics is selected in one pass over all topics, without sorting them. */
class SmallestFirstTest {

    private final long seed = Long.getLong("sluice.seed", System.nanoTime());

    private List<Integer> shuffled(int count) {
        List<Integer> values = new ArrayList<>(IntStream.range(0, count).boxed().toList());
        Collections.shuffle(values, new Random(seed));
        return values;
    }

    private static List<Integer> select(List<Integer> values, Comparator<Integer> order, int limit) {
        SmallestFirst<Integer> smallest = new SmallestFirst<>(order, limit);
        values.forEach(smallest::offer);
        return smallest.selected();
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 2, 7, 999, 1_000, 5_000})
    void theSmallestAreReturnedInOrder(int limit) {
        List<Integer> expected =
                IntStream.range(0, Math.min(limit, 1_000)).boxed().toList();
        assertThat(select(shuffled(1_000), Comparator.naturalOrder(), limit))
                .as("seed " + seed)
                .isEqualTo(expected);
    }

    @Test
    void aSmallPageOfManyItemsCostsAboutOneComparisonPerItem() {
        int count = 200_000;
        AtomicLong comparisons = new AtomicLong();
        Comparator<Integer> counting = (a, b) -> {
            comparisons.incrementAndGet();
            return a.compareTo(b);
        };
        assertThat(select(shuffled(count), counting, 10)).as("seed " + seed).hasSize(10);
        assertThat(comparisons.get()).as("seed " + seed).isLessThan(2L * count);
    }

    @Test
    void pagesOfAHubAreInOrderAndFollowEachOther() {
        try (Hub hub = Hub.create()) {
            for (int i : shuffled(300)) {
                hub.publish("t" + (1_000 + i), Event.of("x"));
            }
            List<String> names = new ArrayList<>();
            String after = null;
            for (List<TopicInfo> page = hub.topics(after, 70); !page.isEmpty(); page = hub.topics(after, 70)) {
                page.forEach(topic -> names.add(topic.name()));
                after = names.get(names.size() - 1);
            }
            assertThat(names)
                    .as("seed " + seed)
                    .isEqualTo(
                            IntStream.range(1_000, 1_300).mapToObj(i -> "t" + i).toList());
            assertThatThrownBy(() -> hub.topics(null, 0)).hasMessage("limit: 0 (expected: 1 or more)");
        }
    }
}
