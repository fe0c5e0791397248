package io.sluice.sse.hub.lane;

import static org.assertj.core.api.Assertions.assertThat;

import io.sluice.sse.test.ManualLane;
import io.sluice.sse.topic.StartPosition;
import org.junit.jupiter.api.Test;

/** publish does not wait for any client. Its cost does not grow with clients, except for one wake-up per lane. */
class Invariant5PublishTest {

    @Test
    void publishReturnsWhileNoLaneRunsAndPostsOneTaskToEachLane() {
        try (HubFixture bench = new HubFixture(options -> {}, 3, HubFixture.QUIET)) {
            for (int i = 0; i < 300; i++) {
                FakeSink sink = new FakeSink(bench.hubLanes.get(i % 2), null);
                bench.open(sink, StartPosition.live(), null, "a", "b/*");
            }
            bench.run();
            int[] before = bench.lanes.stream().mapToInt(ManualLane::posted).toArray();
            for (int i = 0; i < 1000; i++) {
                assertThat(bench.hub
                                .publish(i % 2 == 0 ? "a" : "b/" + i, io.sluice.sse.Event.of("x"))
                                .toCompletableFuture())
                        .isDone();
            }
            assertThat(bench.lanes.get(0).posted() - before[0]).isEqualTo(1);
            assertThat(bench.lanes.get(1).posted() - before[1]).isEqualTo(1);
            assertThat(bench.lanes.get(2).posted() - before[2])
                    .as("no subscriber on that lane")
                    .isZero();
            bench.run();
        }
    }

    @Test
    void anEventIsEncodedOnceForAllLanes() {
        try (HubFixture bench = new HubFixture(options -> {}, 2, HubFixture.QUIET)) {
            bench.open(new FakeSink(bench.hubLanes.get(0), null), StartPosition.live(), null, "a");
            bench.open(new FakeSink(bench.hubLanes.get(1), null), StartPosition.live(), null, "a");
            bench.run();
            bench.framers.forEach(framer -> framer.framedBlocks.clear());
            bench.publish("a", "x");
            bench.run();
            assertThat(bench.framers.get(0).framedBlocks.get(0))
                    .isSameAs(bench.framers.get(1).framedBlocks.get(0));
        }
    }
}
