package io.sluice.sse.hub;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** A pass looks at a few sinks before it writes to the first of them. */
class AheadTest {

    private static final int SINKS = Ahead.SINKS * 2 + 3;

    private final List<String> seen = new ArrayList<>();

    private void listen(Bench bench, String... topics) {
        for (int i = 0; i < SINKS; i++) {
            FakeSink sink = bench.live(topics);
            sink.onLook = () -> seen.add("look");
        }
    }

    private void hearWrites(Bench bench) {
        bench.hubLane().sinks.forEach(sink -> ((FakeSink) sink).onNextWrite = () -> seen.add("write"));
    }

    private static List<String> inGroups() {
        List<String> all = new ArrayList<>();
        for (int from = 0; from < SINKS; from += Ahead.SINKS) {
            int count = Math.min(Ahead.SINKS, SINKS - from);
            IntStream.range(0, count).forEach(i -> all.add("look"));
            IntStream.range(0, count).forEach(i -> all.add("write"));
        }
        return all;
    }

    @Test
    void aPassOfOneTopicLooksAtAGroupBeforeItWritesToIt() {
        try (Bench bench = new Bench()) {
            listen(bench, "a");
            hearWrites(bench);
            bench.publish("a", "x");
            bench.run();
            assertThat(seen).isEqualTo(inGroups());
        }
    }

    @Test
    void aPassOfSeveralTopicsDoesToo() {
        try (Bench bench = new Bench()) {
            listen(bench, "a", "b");
            hearWrites(bench);
            bench.publish("a", "x");
            bench.publish("b", "y");
            bench.run();
            assertThat(seen).isEqualTo(inGroups());
        }
    }
}
