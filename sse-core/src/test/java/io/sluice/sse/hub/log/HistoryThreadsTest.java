package io.sluice.sse.hub.log;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.sluice.sse.CloseReason;
import io.sluice.sse.Event;
import io.sluice.sse.history.MvStoreHistory;
import io.sluice.sse.history.SyncPolicy;
import io.sluice.sse.hub.Hub;
import io.sluice.sse.hub.TransportAccess;
import io.sluice.sse.hub.lane.FakeFramer;
import io.sluice.sse.hub.lane.FakeSink;
import io.sluice.sse.hub.lane.HubFixture;
import io.sluice.sse.hub.lane.HubLane;
import io.sluice.sse.test.ReceivedEvent;
import io.sluice.sse.test.ThreadLane;
import io.sluice.sse.topic.Selector;
import io.sluice.sse.topic.StartPosition;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Publishers, lanes, writer and reader at once, over rings so short that most is read from the history. */
class HistoryThreadsTest {

    private static final int PUBLISHERS = 3;
    private static final int PER_PUBLISHER = 3000;

    @TempDir
    Path directory;

    @Test
    void everySinkReceivesEveryEventOnceAndInOrder() throws Exception {
        Hub hub = Hub.builder()
                .historyEvents(20)
                .history(MvStoreHistory.builder(directory).sync(SyncPolicy.os()).build())
                .build();
        String before = hub.headId();
        List<ThreadLane> lanes = new ArrayList<>();
        List<FakeFramer> framers = new ArrayList<>();
        List<FakeSink> sinks = new CopyOnWriteArrayList<>();
        for (int l = 0; l < 2; l++) {
            ThreadLane lane = new ThreadLane();
            FakeFramer framer = new FakeFramer(lane, hub.ledger());
            HubLane hubLane = TransportAccess.of(hub).join(lane, framer, HubFixture.QUIET);
            lanes.add(lane);
            framers.add(framer);
            Random random = new Random(l);
            for (int i = 0; i < 20; i++) { // they connect one after another, while other threads publish
                String[] terms = i % 3 == 0 ? new String[] {"t/*"} : new String[] {"t/0", "t/1", "t/2", "t/3"};
                lane.schedule(
                        () -> {
                            FakeSink leaves = new FakeSink(hubLane, null);
                            leaves.open(Selector.of(terms), StartPosition.after(before), null);
                            FakeSink sink = new FakeSink(hubLane, null);
                            sink.open(Selector.of(terms), StartPosition.after(before), null);
                            sinks.add(sink);
                            leaves.close(CloseReason.CLIENT_LEFT);
                        },
                        random.nextInt(200_000_000));
            }
        }
        Thread[] publishers = new Thread[PUBLISHERS];
        for (int p = 0; p < publishers.length; p++) {
            Random random = new Random(p);
            publishers[p] = new Thread(() -> {
                for (int i = 0; i < PER_PUBLISHER; i++) {
                    hub.publish("t/" + random.nextInt(4), Event.of("x"));
                    if (random.nextInt(50) == 0) {
                        Thread.yield();
                    }
                }
            });
            publishers[p].start();
        }
        for (Thread publisher : publishers) {
            publisher.join();
        }
        await().atMost(Duration.ofMinutes(2)).until(() -> sinks.size() == 40);
        long all = (long) PUBLISHERS * PER_PUBLISHER * sinks.size();
        await().atMost(Duration.ofMinutes(2)).until(() -> hub.stats().delivered() >= all);
        hub.close();
        await().until(() -> hub.ledger().isZero());
        for (ThreadLane lane : lanes) {
            lane.close();
        }
        framers.forEach(FakeFramer::assertAllReleased);
        for (FakeSink sink : sinks) {
            assertThat(sink.gaps()).isEmpty();
            assertThat(sink.data()).hasSize(PUBLISHERS * PER_PUBLISHER);
            String previous = "";
            for (ReceivedEvent event : sink.events()) {
                assertThat(event.lastEventId()).isGreaterThan(previous);
                previous = event.lastEventId();
            }
        }
    }
}
