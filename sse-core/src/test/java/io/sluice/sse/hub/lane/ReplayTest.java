package io.sluice.sse.hub.lane;

import static org.assertj.core.api.Assertions.assertThat;

import io.sluice.sse.hub.log.NewestPositions;
import io.sluice.sse.topic.StartPosition;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** A replay of the last kept events of a whole selection, however its topics interleave and overlap. */
class ReplayTest {

    @Test
    void theLastEventsOfAllTopicsAreReplayedOnce() {
        Random random = new Random(14);
        try (HubFixture bench = new HubFixture(options -> options.historyEvents(20))) {
            List<String> kept = new ArrayList<>();
            for (int i = 0; i < 45; i++) {
                String topic = random.nextInt(3) > 0 ? "a/x" : random.nextBoolean() ? "a/y" : "b";
                bench.publish(topic, topic + " " + i);
                kept.add(topic + " " + i);
                List<String> ofTopic =
                        kept.stream().filter(data -> data.startsWith(topic)).toList();
                if (ofTopic.size() > 20) {
                    kept.remove(ofTopic.get(0));
                }
            }
            for (int count : new int[] {1, 2, 3, 5, 10, 20, 21, 30, 39, 40, 41, 60, 100, StartPosition.MAX_REPLAY}) {
                List<String> last = kept.subList(Math.max(0, kept.size() - count), kept.size());
                // One position applies to all topics: the replay is what is kept after it, and no more.
                FakeSink sink = bench.open(StartPosition.replay(count), "a/**", "a/x", "b");
                assertThat(sink.data()).as("the last %s", count).containsExactlyElementsOf(last);
                assertThat(sink.gaps()).isEmpty();
            }
            assertThat(bench.open(StartPosition.replay(Integer.MAX_VALUE), "empty")
                            .data())
                    .isEmpty();
        }
    }

    @Test
    void newestPositionsAreTheHighestInAnyOrder() {
        Random random = new Random(15);
        for (int round = 0; round < 1000; round++) {
            int offers = 2 + random.nextInt(60);
            int count = 1 + random.nextInt(offers - 1);
            NewestPositions newest = new NewestPositions(count, offers);
            List<Long> offered = new ArrayList<>();
            for (int i = 0; i < offers; i++) {
                long position = 1 + random.nextInt(40);
                offered.add(position);
                newest.offer(position);
            }
            List<Long> sorted = offered.stream().distinct().sorted().toList();
            assertThat(newest.oldest()).isEqualTo(sorted.get(Math.max(0, sorted.size() - count)));
        }
    }
}
