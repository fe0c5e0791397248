package io.sluice.sse.hub.lane;

import static org.assertj.core.api.Assertions.assertThat;

import io.sluice.sse.topic.OverflowPolicy;
import io.sluice.sse.topic.Selector;
import io.sluice.sse.topic.StartPosition;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** The work of a lane with a long backlog is proportional to the backlog, and it does not block its event loop. */
class BacklogTest {

    private static final int TOPICS = 100;
    private static final int EVENTS = 3_000;
    private static final String LARGE = "x".repeat(HubLane.FRAME_BYTES);

    /** Every tenth event fills a frame alone, so no pass can take more than a few events. */
    private static List<String> publishBacklog(HubFixture bench) {
        List<String> published = new ArrayList<>();
        for (int i = 0; i < EVENTS; i++) {
            String data = i % 10 == 0 ? i + LARGE : Integer.toString(i);
            bench.publish("t/" + (i * 37 % TOPICS), data);
            published.add(data);
        }
        return published;
    }

    private static HubFixture bench() {
        return new HubFixture(options -> options.historyBytes(64 << 20).historyTotalBytes(64 << 20));
    }

    @Test
    void eachEventOfABacklogIsCopiedAFewTimesOnly() {
        try (HubFixture bench = bench()) {
            FakeSink all = bench.live("**");
            FakeSink some = bench.live("t/1", "t/2", "t/*");
            List<String> published = publishBacklog(bench);
            long[] before = bench.hubLane().copies();
            bench.run();
            long[] after = bench.hubLane().copies();
            assertThat(all.data()).isEqualTo(published);
            assertThat(some.data()).isEqualTo(published);
            int passes = EVENTS / 10;
            assertThat(after[1] - before[1])
                    .as("copied entries")
                    .isLessThan(4 * EVENTS + DirtyTopics.MIN_WINDOW * passes);
            assertThat(after[0] - before[0])
                    .as("copied ranges")
                    .isLessThan(4 * EVENTS + DirtyTopics.MIN_WINDOW * passes);
        }
    }

    @Test
    void aFlushReleasesTheEventLoopAndTheRestFollowsInLaterTurns() {
        try (HubFixture bench = bench()) {
            FakeSink sink = bench.live("**");
            List<String> published = publishBacklog(bench);
            bench.lane().nanosPerLook(Duration.ofMillis(1).toNanos());
            bench.onLane(() -> {
                long begin = bench.lane().nanoTime();
                long head = bench.hubLane().flushPublished();
                assertThat(bench.lane().nanoTime() - begin).isLessThan(2 * LaneTurns.FLUSH_NANOS);
                assertThat(sink.hasReached(head)).isFalse();
            });
            bench.run();
            assertThat(sink.data()).isEqualTo(published);
        }
    }

    @Test
    void manyConcurrentEndsDoNotBlockTheEventLoop() {
        try (HubFixture bench = bench()) {
            List<FakeSink> sinks = new ArrayList<>();
            for (int i = 0; i < 50; i++) {
                sinks.add(bench.live("**"));
            }
            publishBacklog(bench);
            bench.lane().nanosPerLook(Duration.ofMillis(1).toNanos());
            bench.onLane(() -> {
                long begin = bench.lane().nanoTime();
                sinks.forEach(sink -> sink.complete());
                sinks.forEach(sink -> assertThat(sink.isOpen()).isFalse());
                assertThat(bench.lane().nanoTime() - begin).isLessThan(4 * LaneTurns.FLUSH_NANOS);
            });
            bench.lane().nanosPerLook(0);
        }
    }

    /** A topic's next event lies beyond the end of a short pass, and is evicted before the next pass can send it. */
    @Test
    void anEventEvictedWhileItWaitsIsAGap() {
        try (HubFixture bench = new HubFixture(
                options -> options.historyEvents(20).historyBytes(64 << 20).overflow(OverflowPolicy.GAP))) {
            FakeSink sink = bench.live("**");
            for (int i = 0; i < 10; i++) {
                bench.publish("large", i + LARGE);
            }
            bench.publish("small", "lost");
            bench.lane().runOne(); // a pass that ends before the head
            bench.publishMany("small", 0, 20);
            bench.run();
            assertThat(sink.text().contains("event: gap")).isTrue();
            assertThat(sink.data()).endsWith(HubFixture.numbers(0, 20).toArray(String[]::new));
            assertThat(sink.data()).doesNotContain("lost");
        }
    }

    @Test
    void aClientThatConnectsDuringABacklogReceivesAllOfIt() {
        try (HubFixture bench = bench()) {
            bench.live("**");
            List<String> published = publishBacklog(bench);
            bench.lane().runOne();
            FakeSink late = bench.sink();
            bench.open(late, StartPosition.replay(EVENTS), Selector.of("**"));
            bench.run();
            assertThat(late.data()).isEqualTo(published);
        }
    }

    /** A replay of many topics copies the events that it sends, and about one more for each topic and frame. */
    @Test
    void aReplayOfManyTopicsCopiesLittleMoreThanItSends() {
        try (HubFixture bench = bench()) {
            List<String> published = new ArrayList<>();
            int topics = 300;
            for (int i = 0; i < 30 * topics; i++) { // each topic has consecutive positions, the newest topic first
                String data = i + "x".repeat(100);
                bench.publish("t/" + (topics - 1 - i / 30), data);
                published.add(data);
            }
            bench.framer().frameSizes().clear();
            long before = bench.hubLane().catchUp.copiedEntries();
            FakeSink sink = bench.open(StartPosition.replay(published.size()), "**");
            long copied = bench.hubLane().catchUp.copiedEntries() - before;
            assertThat(sink.data()).isEqualTo(published);
            int frames = bench.framer().frameSizes().size();
            assertThat(copied).isLessThan(2L * published.size() + (long) frames * topics);
        }
    }
}
