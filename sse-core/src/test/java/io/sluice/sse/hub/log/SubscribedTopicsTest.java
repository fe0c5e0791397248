package io.sluice.sse.hub.log;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.sluice.sse.CloseReason;
import io.sluice.sse.Event;
import io.sluice.sse.hub.lane.FakeSink;
import io.sluice.sse.hub.lane.HubFixture;
import io.sluice.sse.topic.Publication;
import io.sluice.sse.topic.StartPosition;
import io.sluice.sse.topic.TopicLimitException;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** Topics that are there for their subscribers only do not take the place of publishers, and are bounded. */
class SubscribedTopicsTest {

    private static String[] names(String prefix, int count) {
        return IntStream.range(0, count).mapToObj(i -> prefix + i).toArray(String[]::new);
    }

    private static FakeSink open(HubFixture bench, String... names) {
        FakeSink sink = bench.sink();
        bench.open(sink, StartPosition.live(), null, names);
        bench.run();
        return sink;
    }

    @Test
    void subscribersDoNotTakeThePlaceOfPublishers() {
        try (HubFixture bench = new HubFixture(options -> options.maxTopics(100))) {
            for (int i = 0; i < 10; i++) {
                open(bench, names("few/" + i + "/", 10));
            }
            assertThatThrownBy(() -> open(bench, "few/more"))
                    .isInstanceOf(TopicLimitException.class)
                    .hasMessageContaining("its maximum of 100 topics");
            for (String name : names("t/", 100)) {
                bench.publish(name, "x");
            }
            assertThatThrownBy(() -> bench.publish("t/more", "x")).hasCauseInstanceOf(TopicLimitException.class);
            assertThat(bench.hub.stats().topics()).isEqualTo(200);
        }
    }

    /** A topic counts for publishers while it keeps an event, whoever subscribes to it. */
    @Test
    void aSubscribedTopicCountsForPublishersWhileItKeepsAnEvent() {
        try (HubFixture bench = new HubFixture(options -> options.maxTopics(4).historyAge(Duration.ofSeconds(1)))) {
            FakeSink sink = open(bench, "a", "b", "c");
            for (int round = 0; round < 3; round++) {
                for (String name : List.of("a", "b", "c", "d")) {
                    bench.publish(name, "x");
                }
                bench.run();
                assertThatThrownBy(() -> bench.publish("e", "x")).hasCauseInstanceOf(TopicLimitException.class);
                assertThatThrownBy(() -> bench.hub
                                .publishAll(List.of(
                                        new Publication("a", Event.of("x")), new Publication("e", Event.of("x"))))
                                .toCompletableFuture()
                                .join())
                        .hasCauseInstanceOf(TopicLimitException.class);
                bench.advance(TimeUnit.SECONDS.toNanos(2));
                assertThat(bench.hub.stats().topics()).isEqualTo(3);
                for (String name : names("other/", 4)) {
                    bench.publish(name, "x");
                }
                assertThatThrownBy(() -> bench.publish("a", "x")).hasCauseInstanceOf(TopicLimitException.class);
                bench.advance(TimeUnit.SECONDS.toNanos(2));
            }
            sink.close(CloseReason.CLIENT_LEFT);
            bench.run();
            assertThat(bench.hub.stats().topics()).isZero();
            open(bench, "e", "f", "g", "h");
            assertThat(bench.hub.stats().topics()).isEqualTo(4);
        }
    }

    /** The repetition gives up its hold on the topic, although a later event of the batch comes to it. */
    @Test
    void aTopicCountsForPublishersAfterABatchWithARepetition() {
        try (HubFixture bench = new HubFixture(options -> options.maxTopics(2))) {
            open(bench, "a");
            Event known = Event.builder().id("known").data("x").build();
            bench.hub.publish("b", known);
            bench.hub
                    .publishAll(List.of(new Publication("a", known), new Publication("a", Event.of("x"))))
                    .toCompletableFuture()
                    .join();
            assertThatThrownBy(() -> bench.publish("c", "x")).hasCauseInstanceOf(TopicLimitException.class);
            bench.publish("a", "x");
        }
    }

    @Test
    void aStreamWithManyNamesLeavesRoomForOthers() {
        try (HubFixture bench = new HubFixture(options -> options.maxTopics(1000))) {
            assertThatThrownBy(() -> open(bench, names("many/", 1000)))
                    .isInstanceOf(TopicLimitException.class)
                    .hasMessageContaining("streams with few topics");
            assertThat(bench.hub.stats().topics()).as("none of them is left").isZero();
            open(bench, names("many/", 750));
            assertThatThrownBy(() -> open(bench, names("more/", 17))).isInstanceOf(TopicLimitException.class);
            open(bench, names("few/", 16));
            open(bench, names("many/", 750)); // names of topics that exist need no room
        }
    }

    @Test
    void theirBytesAreBounded() {
        try (HubFixture bench = new HubFixture(options -> options.historyTotalBytes(8 << 20))) {
            String longest = "x".repeat(200);
            int streams = 0;
            for (; streams < 100; streams++) {
                String prefix = streams + longest;
                try {
                    open(bench, names(prefix, 160));
                } catch (TopicLimitException e) {
                    assertThat(e).hasMessageContaining("their maximum of " + (2 << 20) + " bytes");
                    break;
                }
            }
            assertThat(streams).isBetween(20, 21); // of 160 names of 600 bytes each
            bench.publish("others", "x");
        }
    }

    @Test
    void whatSubscribersLeaveIsGivenBack() {
        try (HubFixture bench = new HubFixture(options -> options.historyTotalBytes(4 << 20))) {
            for (int i = 0; i < 100; i++) { // ten times the bytes that may be there at once
                open(bench, names(i + "x".repeat(200), 160)).close(CloseReason.CLIENT_LEFT);
                bench.run();
            }
            assertThat(bench.hub.stats().topics()).isZero();
        }
    }
}
