package io.sluice.sse.hub.lane;

import static org.assertj.core.api.Assertions.assertThat;

import io.sluice.sse.Event;
import io.sluice.sse.hub.Hub;
import io.sluice.sse.hub.TransportAccess;
import io.sluice.sse.test.DiscardingFramer;
import io.sluice.sse.test.MemorySink;
import io.sluice.sse.test.QueueLane;
import io.sluice.sse.topic.Selector;
import io.sluice.sse.topic.StartPosition;
import java.lang.management.ManagementFactory;
import java.time.Duration;
import org.junit.jupiter.api.Test;

/** A million topics, each with a client in memory and a kept event of 100 bytes, fit in a gibibyte. */
class TopicFootprintTest {

    private static final int TOPICS = 50_000;
    private static final long MOST_BYTES = (1L << 30) / 1_000_000;

    @Test
    void aTopicWithASubscriberAndAnEventIsSmall() {
        QueueLane lane = new QueueLane(() -> 0);
        try (Hub hub = Hub.builder().historyAge(Duration.ofDays(1)).build()) {
            HubLane hubLane = TransportAccess.of(hub).join(lane, new DiscardingFramer(), HubFixture.QUIET);
            Event event = Event.of("x".repeat(100));
            fill(hub, hubLane, lane, event, 0, 1000);
            long before = usedBytes();
            fill(hub, hubLane, lane, event, 1000, 1000 + TOPICS);
            long perTopic = (usedBytes() - before) / TOPICS;
            assertThat(hub.stats().topics()).isEqualTo(1000 + TOPICS);
            assertThat(perTopic).as("bytes per topic").isBetween(200L, MOST_BYTES);
        } finally {
            lane.runAll();
        }
    }

    private static void fill(Hub hub, HubLane hubLane, QueueLane lane, Event event, int from, int to) {
        for (int i = from; i < to; i++) {
            String name = "users/" + (1_000_000 + i) + "/inbox";
            lane.run(() -> new MemorySink(hubLane).open(Selector.of(name), StartPosition.live(), null));
            lane.runAll();
            hub.publish(name, event);
            lane.runAll();
        }
    }

    /** The minimum of several readings, so garbage of other code is not counted. */
    private static long usedBytes() {
        long least = Long.MAX_VALUE;
        for (int i = 0; i < 3; i++) {
            System.gc();
            least = Math.min(
                    least,
                    ManagementFactory.getMemoryMXBean().getHeapMemoryUsage().getUsed());
        }
        return least;
    }
}
