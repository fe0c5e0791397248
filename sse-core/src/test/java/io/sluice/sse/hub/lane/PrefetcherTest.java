package io.sluice.sse.hub.lane;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** A pass prefetches a few sinks before it writes to the first of them. */
class PrefetcherTest {

    private static final int SINKS = Prefetcher.SINKS * 2 + 3;

    private final List<String> seen = new ArrayList<>();

    private void subscribers(HubFixture bench, String... topics) {
        for (int i = 0; i < SINKS; i++) {
            FakeSink sink = bench.live(topics);
            sink.onLook = () -> seen.add("look");
        }
    }

    private void recordWrites(HubFixture bench) {
        bench.onLane(
                () -> bench.hubLane().forEachSink(sink -> ((FakeSink) sink).onNextWrite = () -> seen.add("write")));
    }

    private static List<String> inGroups() {
        List<String> all = new ArrayList<>();
        for (int from = 0; from < SINKS; from += Prefetcher.SINKS) {
            int count = Math.min(Prefetcher.SINKS, SINKS - from);
            IntStream.range(0, count).forEach(i -> all.add("look"));
            IntStream.range(0, count).forEach(i -> all.add("write"));
        }
        return all;
    }

    @Test
    void aPassOfOneTopicPrefetchesAGroupBeforeItWritesToIt() {
        try (HubFixture bench = new HubFixture()) {
            subscribers(bench, "a");
            recordWrites(bench);
            bench.publish("a", "x");
            bench.run();
            assertThat(seen).isEqualTo(inGroups());
        }
    }

    @Test
    void aPassOfSeveralTopicsDoesToo() {
        try (HubFixture bench = new HubFixture()) {
            subscribers(bench, "a", "b");
            recordWrites(bench);
            bench.publish("a", "x");
            bench.publish("b", "y");
            bench.run();
            assertThat(seen).isEqualTo(inGroups());
        }
    }
}
