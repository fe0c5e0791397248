package io.sluice.sse.hub.lane;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.sluice.sse.CloseReason;
import io.sluice.sse.hub.TransportAccess;
import io.sluice.sse.hub.log.LogAssertions;
import io.sluice.sse.topic.Selector;
import io.sluice.sse.topic.StartPosition;
import io.sluice.sse.topic.TopicLimitException;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** Patterns that include many topics are added and removed in slices, and their cost is bounded. */
class ManyPatternsTest {

    private static final int TOPICS = 3 * PatternSlices.TOPICS;

    private static HubFixture bench(int topics) {
        HubFixture bench = new HubFixture(hub -> hub.historyEvents(4));
        for (int i = 0; i < topics; i++) {
            bench.publish("t/" + i + "/x", "old");
        }
        bench.run();
        return bench;
    }

    @Test
    void aPatternOfManyTopicsIsAddedAndRemovedInSlices() {
        try (HubFixture bench = bench(TOPICS)) {
            FakeSink sink = bench.sink();
            bench.open(sink, StartPosition.live(), Selector.of("t/*/x", "**", "t/**"));
            int tasks = 3;
            bench.lane().runOne();
            bench.lane().runOne();
            bench.lane().runOne();
            List<String> expected = new ArrayList<>();
            // the pattern's lists were added to some of these topics, not yet to others
            for (int i = 0; i < TOPICS; i++) {
                bench.publish("t/" + i + "/x", "while they are added " + i);
                expected.add("while they are added " + i);
            }
            while (bench.lane().runOne()) {
                tasks++;
            }
            assertThat(tasks)
                    .as("one slice for each %s topics", PatternSlices.TOPICS)
                    .isBetween(8, 40);
            assertThat(LaneTestAccess.isBehind(sink)).isFalse();
            bench.publish("t/0/x", "first");
            bench.publish("t/" + (TOPICS - 1) + "/x", "last");
            bench.publish("t/new/x", "new");
            bench.run();
            expected.addAll(List.of("first", "last", "new"));
            assertThat(sink.data()).isEqualTo(expected);

            bench.onLane(() -> sink.close(CloseReason.CLIENT_LEFT));
            assertThat(bench.lane().waiting()).as("slices that follow").isPositive();
            FakeSink next = bench.live("**");
            bench.publish("t/7/x", "again");
            bench.run();
            assertThat(next.data()).containsExactly("again");
        }
    }

    /** The thread of the lane may go on with other hubs. */
    @Test
    void aLaneThatLeavesRemovesItsPatternsInSlices() {
        try (HubFixture bench = bench(TOPICS)) {
            FakeSink sink = bench.live("**");
            LaneRegistry lanes = TransportAccess.of(bench.hub);
            bench.onLane(() -> {
                sink.close(CloseReason.CLIENT_LEFT);
                lanes.leave(bench.hubLane());
            });
            int slices = 0;
            while (bench.lane().runOne()) {
                slices++;
            }
            assertThat(slices)
                    .isGreaterThanOrEqualTo(TOPICS / PatternSlices.TOPICS - 1); // the close does the first one
            LogAssertions.assertNoListeners(bench.hub);
        }
    }

    @Test
    void aLaneWhoseThreadEndsLeavesNoPattern() {
        try (HubFixture bench = bench(TOPICS)) {
            FakeSink sink = bench.live("**");
            LaneRegistry lanes = TransportAccess.of(bench.hub);
            bench.onLane(() -> {
                sink.close(CloseReason.CLIENT_LEFT);
                lanes.leave(bench.hubLane());
            });
            bench.lane().terminate();
            lanes.leave(bench.hubLane());
            LogAssertions.assertNoListeners(bench.hub);
        }
    }

    @Test
    void aLaterSubscriptionMissesNothingWhileItsPatternIsAdded() {
        try (HubFixture bench = bench(TOPICS)) {
            FakeSink sink = bench.live("other");
            sink.subscribe(Selector.of("**"));
            bench.lane().runOne();
            bench.publish("t/" + (TOPICS - 1) + "/x", "at once");
            bench.run();
            bench.publish("t/" + (TOPICS - 2) + "/x", "later");
            bench.run();
            assertThat(sink.data()).containsExactly("at once", "later");
        }
    }

    @Test
    void aClientThatLeavesWhileItsPatternIsAddedLeavesNothing() {
        try (HubFixture bench = bench(TOPICS)) {
            FakeSink sink = bench.sink();
            bench.open(sink, StartPosition.live(), Selector.of("**"));
            bench.lane().runOne();
            bench.onLane(() -> sink.close(CloseReason.CLIENT_LEFT));
        } // the fixture checks that no list is left in any topic
    }

    @Test
    void patternsOfAStreamAreBounded() {
        List<String> most = IntStream.range(0, Selector.MAX_PATTERNS)
                .mapToObj(i -> i + "/*")
                .toList();
        assertThat(Selector.of(most).patterns()).hasSize(Selector.MAX_PATTERNS);
        assertThatIllegalArgumentException()
                .isThrownBy(() -> Selector.of(
                        IntStream.range(0, 101).mapToObj(i -> i + "/*").toList()))
                .withMessage("101 patterns: at most 100 are allowed on one stream");
        try (HubFixture bench = new HubFixture()) {
            FakeSink sink = bench.open(StartPosition.live(), Selector.of(most));
            assertThatThrownBy(() -> bench.subscribe(sink, "more/*")).hasMessageContaining("at most 100");
        }
    }

    @Test
    void segmentsAreBounded() {
        String most = "a" + "/a".repeat(31);
        assertThat(Selector.of(most).topics()).containsExactly(most);
        assertThatIllegalArgumentException()
                .isThrownBy(() -> Selector.of(most + "/**"))
                .withMessageContaining("it has 33 segments, at most 32 are allowed");
    }

    /** Eleven patterns for each of 30,000 topics are too many lists for one stream, and none of the lists is kept. */
    @Test
    void patternsThatOverlapTooMuchAreRejected() {
        try (HubFixture bench = new HubFixture(hub -> hub.historyEvents(1))) {
            FakeSink publishers = bench.live("x");
            for (int i = 0; i < 30_000; i++) {
                bench.publish("a/b/c/" + i, "x");
            }
            bench.run();
            List<String> overlapping = List.of(
                    "a/**",
                    "a/b/**",
                    "a/b/c/**",
                    "*/**",
                    "*/b/**",
                    "*/*/**",
                    "*/b/c/**",
                    "*/*/c/*",
                    "a/*/**",
                    "a/*/c/*",
                    "**");
            assertThatThrownBy(() -> bench.open(bench.sink(), StartPosition.live(), Selector.of(overlapping)))
                    .isInstanceOf(TopicLimitException.class)
                    .hasMessageContaining("each topic is counted once for each pattern");
            FakeSink fine = bench.live("**", "a/**");
            bench.publish("a/b/c/29999", "it goes on");
            bench.run();
            assertThat(fine.data()).containsExactly("it goes on");
            assertThat(publishers.isOpen()).isTrue();
        }
    }
}
