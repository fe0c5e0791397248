package io.sluice.sse.hub.lane;

import static org.assertj.core.api.Assertions.assertThat;

import io.sluice.sse.Event;
import io.sluice.sse.test.ReceivedEvent;
import io.sluice.sse.topic.OverflowPolicy;
import io.sluice.sse.topic.Selector;
import io.sluice.sse.topic.StartPosition;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A replay by pattern searches the topics once for many frames, and still notices whatever changes between them. */
class UpcomingEventsTest {

    private static final int TOPICS = 300;
    private static final String PADDING = "x".repeat(400);

    private static HubFixture bench() {
        return new HubFixture(options -> options.historyBytes(64 << 20).historyTotalBytes(256 << 20));
    }

    private static List<String> publish(HubFixture bench, int events) {
        List<String> published = new ArrayList<>();
        for (int i = 0; i < events; i++) {
            String data = i + PADDING;
            bench.publish("t/" + i * 37 % TOPICS, data);
            published.add(data);
        }
        return published;
    }

    @Test
    void theTopicsAreNotSearchedForEachFrame() {
        try (HubFixture bench = bench()) {
            List<String> published = publish(bench, 8_000);
            bench.framer().frameSizes().clear();
            long before = bench.hubLane().catchUp.searchedTopics();
            FakeSink sink = bench.open(StartPosition.replay(published.size()), "**");
            long searches = (bench.hubLane().catchUp.searchedTopics() - before) / TOPICS;
            assertThat(sink.data()).isEqualTo(published);
            assertThat(bench.framer().frameSizes()).hasSizeGreaterThan(100);
            assertThat(searches).isLessThan(8);
        }
    }

    /** Each client takes one frame in turn, so with one place each would replace what the others have found. */
    @Test
    void clientsAtDifferentPositionsDoNotSearchForEachFrameEither() {
        try (HubFixture bench = bench()) {
            List<String> published = publish(bench, 8_000);
            List<FakeSink> sinks = new ArrayList<>();
            bench.framer().frameSizes().clear();
            long before = bench.hubLane().catchUp.searchedTopics();
            for (int i = 0; i < 10; i++) {
                FakeSink sink = bench.sink();
                bench.open(sink, StartPosition.replay(published.size() - i), Selector.of(i % 2 == 0 ? "**" : "t/*"));
                sinks.add(sink);
            }
            bench.run();
            long searches = (bench.hubLane().catchUp.searchedTopics() - before) / TOPICS;
            for (int i = 0; i < sinks.size(); i++) {
                assertThat(sinks.get(i).data()).isEqualTo(published.subList(i, published.size()));
            }
            assertThat(searches).isLessThan(8 * sinks.size());
        }
    }

    /**
     * Events are published, evicted and removed between two frames. Each event arrives once and in order, or a gap
     * stands in its place.
     */
    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3, 4, 5, 6, 7, 8})
    void whatChangesBetweenFramesIsDeliveredOrAGap(long seed) {
        Random random = new Random(seed);
        int kept = 40; // none of the first events is evicted
        try (HubFixture bench = new HubFixture(options -> options.historyEvents(kept)
                .historyBytes(64 << 20)
                .historyTotalBytes(64 << 20)
                .overflow(OverflowPolicy.GAP)
                .conflate("t/state/*"))) {
            List<Integer> all = new ArrayList<>();
            publishSome(bench, random, 3_000, TOPICS, all);
            bench.lane().nanosPerLook(Duration.ofMillis(20).toNanos()); // a turn for each frame
            List<Model> models = new ArrayList<>();
            for (int i = 0; i < 4; i++) {
                FakeSink sink = bench.sink();
                Model model = new Model(all);
                sink.listener = model;
                models.add(model);
                bench.open(sink, StartPosition.replay(1_000 + random.nextInt(2_000)), Selector.of("t/**"));
            }
            for (int step = 0; step < 200 && bench.lane().runOne(); step++) {
                if (random.nextInt(4) == 0) {
                    publishSome(bench, random, random.nextInt(100), random.nextBoolean() ? TOPICS : 3, all);
                }
                if (random.nextInt(30) == 0) {
                    bench.hub.remove("t/" + random.nextInt(TOPICS));
                }
            }
            bench.lane().nanosPerLook(0);
            bench.run();
            for (Model model : models) {
                model.assertNoneMissed(all.size());
            }
        }
    }

    private static void publishSome(HubFixture bench, Random random, int events, int topics, List<Integer> all) {
        for (int i = 0; i < events; i++) {
            int number = all.size();
            boolean hasState = random.nextInt(10) == 0;
            String topic = "t/" + (hasState ? "state/" + random.nextInt(5) : "" + random.nextInt(topics));
            Event.Builder event = Event.builder().data(number + PADDING.substring(random.nextInt(400)));
            bench.publish(topic, hasState ? event.key("k" + random.nextInt(20)).build() : event.build());
            all.add(hasState ? -1 : number); // an event of a topic that conflates may be superseded
        }
    }

    /** Checks the events of one client as they arrive. */
    private static final class Model implements FakeSink.StreamListener {
        private final List<Integer> all;
        private int next;
        private boolean begun;
        /** A gap reports everything that was lost up to the time of the gap. */
        private int excused;

        Model(List<Integer> all) {
            this.all = all;
        }

        @Override
        public void onEvent(ReceivedEvent event) {
            if (event.type().equals("gap")) {
                excused = all.size();
                return;
            }
            int number = Integer.parseInt(event.data().replaceFirst("x.*", ""));
            assertThat(number).isGreaterThanOrEqualTo(next);
            if (begun) {
                assertNoneMissed(number);
            }
            begun |= all.get(number) >= 0; // the state comes before the events of a replay
            next = number + 1;
        }

        void assertNoneMissed(int end) {
            for (int missed = Math.max(next, excused); missed < end; missed++) {
                assertThat(all.get(missed)).as("missed without a gap").isEqualTo(-1);
            }
        }
    }
}
