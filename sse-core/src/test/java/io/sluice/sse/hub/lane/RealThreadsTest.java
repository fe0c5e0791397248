package io.sluice.sse.hub.lane;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.sluice.sse.Event;
import io.sluice.sse.hub.Hub;
import io.sluice.sse.hub.TransportAccess;
import io.sluice.sse.test.ReceivedEvent;
import io.sluice.sse.test.ThreadLane;
import io.sluice.sse.topic.Selector;
import io.sluice.sse.topic.StartPosition;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Publishers and lanes on their own threads: each sink gets everything once and in order, and no wake-up is lost.
 */
class RealThreadsTest {

    private static final int PER_PUBLISHER = 3000;

    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3, 4, 5})
    void everySinkReceivesEveryEventOnceAndInOrder(long seed) throws Exception {
        Hub hub = Hub.builder().historyEvents(100_000).build();
        List<ThreadLane> lanes = new ArrayList<>();
        List<FakeFramer> framers = new ArrayList<>();
        List<FakeSink> sinks = new CopyOnWriteArrayList<>();
        for (int l = 0; l < 2; l++) {
            ThreadLane lane = new ThreadLane();
            FakeFramer framer = new FakeFramer(lane, hub.ledger());
            HubLane hubLane = TransportAccess.of(hub).join(lane, framer, HubFixture.QUIET);
            lanes.add(lane);
            framers.add(framer);
            for (int i = 0; i < 20; i++) {
                String[] terms = i % 3 == 0 ? new String[] {"t/*"} : new String[] {"t/0", "t/1", "t/2", "t/3"};
                lane.execute(() -> {
                    FakeSink sink = new FakeSink(hubLane, null);
                    sink.open(Selector.of(terms), StartPosition.live(), null);
                    sinks.add(sink);
                });
            }
        }
        await().until(() -> sinks.size() == 40);
        Thread[] publishers = new Thread[3];
        for (int p = 0; p < publishers.length; p++) {
            int publisher = p;
            Random random = new Random(seed * 31 + p);
            publishers[p] = new Thread(() -> {
                for (int i = 0; i < PER_PUBLISHER; i++) {
                    hub.publish("t/" + random.nextInt(4), Event.of(publisher + ":" + i));
                    if (random.nextInt(20) == 0) {
                        Thread.yield();
                    }
                }
            });
            publishers[p].start();
        }
        for (Thread publisher : publishers) {
            publisher.join();
        }
        long all = 3L * PER_PUBLISHER * sinks.size();
        await().atMost(Duration.ofSeconds(60)).until(() -> hub.stats().delivered() == all);
        hub.close();
        await().until(() -> hub.ledger().isZero());
        for (ThreadLane lane : lanes) {
            lane.close();
        }
        framers.forEach(FakeFramer::assertAllReleased);
        for (FakeSink sink : sinks) {
            String before = "";
            assertThat(sink.data()).hasSize(3 * PER_PUBLISHER);
            for (ReceivedEvent event : sink.events()) {
                assertThat(event.lastEventId().compareTo(before)).isPositive();
                before = event.lastEventId();
            }
        }
    }
}
