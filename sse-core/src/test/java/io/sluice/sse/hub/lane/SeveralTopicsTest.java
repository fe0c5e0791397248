package io.sluice.sse.hub.lane;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.sluice.sse.Event;
import io.sluice.sse.Observer;
import io.sluice.sse.topic.Publication;
import io.sluice.sse.topic.Published;
import io.sluice.sse.topic.Recipients;
import io.sluice.sse.topic.StartPosition;
import io.sluice.sse.topic.TopicLimitException;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import org.junit.jupiter.api.Test;

/** One publication to several topics: one event, kept by each of them. */
class SeveralTopicsTest {

    private static Published publish(HubFixture bench, Event event, String... topics) {
        return bench.hub.publish(List.of(topics), event).toCompletableFuture().join();
    }

    @Test
    void aSubscriberToSeveralTopicsOfAnEventGetsItOnce() {
        try (HubFixture bench = new HubFixture()) {
            FakeSink a = bench.live("a");
            FakeSink both = bench.live("a", "b");
            FakeSink byPattern = bench.live("**", "b");
            FakeSink other = bench.live("c");
            String id = publish(bench, Event.of("x"), "a", "b").id();
            bench.publish("b", "y");
            bench.run();
            assertThat(a.data()).containsExactly("x");
            assertThat(both.data()).containsExactly("x", "y");
            assertThat(byPattern.data()).containsExactly("x", "y");
            assertThat(other.data()).isEmpty();
            assertThat(a.events().get(0).lastEventId()).isEqualTo(id);
            assertThat(both.events().get(0).lastEventId()).isEqualTo(id);
            assertThat(bench.hub.stats().published()).isEqualTo(2);
            assertThat(bench.hub.stats().delivered()).isEqualTo(5);
            assertThat(bench.open(StartPosition.replay(2), "a", "b", "**").data())
                    .as("replayed")
                    .containsExactly("x", "y");
        }
    }

    @Test
    void eachTopicKeepsTheEventAndItsBytesCountOnce() {
        try (HubFixture bench = new HubFixture(options -> options.historyEvents(2))) {
            Event large = Event.of("x".repeat(10_000));
            long one = bytesAfter(bench, () -> publish(bench, large, "a"));
            long three = bytesAfter(bench, () -> publish(bench, large, "b", "c", "d"));
            assertThat(three).isBetween(one, one + 200);
            bench.publishMany("b", 0, 2);
            bench.publishMany("c", 0, 2);
            assertThat(bench.hub.stats().bytes()).as("one still keeps it").isGreaterThan(20_000);
            bench.publishMany("d", 0, 2);
            assertThat(bench.hub.stats().bytes()).as("none does").isLessThan(12_000);
        }
    }

    private static long bytesAfter(HubFixture bench, Runnable work) {
        long before = bench.hub.stats().bytes();
        work.run();
        return bench.hub.stats().bytes() - before;
    }

    /** While the event is added to the second topic, the total bound must not evict it from the first. */
    @Test
    void aLargeEventIsKeptInAllItsTopics() {
        try (HubFixture bench = new HubFixture(options -> options.historyTotalBytes(40_000))) {
            publish(bench, Event.of("x".repeat(30_000)), "a", "b", "c");
            for (String topic : List.of("a", "b", "c")) {
                assertThat(bench.open(StartPosition.replay(1), topic).data())
                        .as(topic)
                        .hasSize(1);
            }
        }
    }

    /** The total bound can be so small that one copy evicts the other. */
    @Test
    void theTotalBoundMayEvictACopyWhileTheNextIsCreated() {
        try (HubFixture bench = new HubFixture(options -> options.historyTotalBytes(280))) {
            publish(bench, Event.builder().id("mine").data("x").build(), "a", "b", "c", "d", "e");
            bench.assertRingsValid();
            assertThat(bench.hub.stats().bytes()).isLessThanOrEqualTo(280);
            assertThat(publish(bench, Event.builder().id("mine").data("x").build(), "a")
                            .duplicate())
                    .isTrue();
        }
    }

    @Test
    void aChosenIdIsHeldAsLongAsOneTopicKeepsTheEvent() {
        try (HubFixture bench = new HubFixture(options -> options.historyEvents(1))) {
            Event mine = Event.builder().id("mine").data("x").build();
            assertThat(publish(bench, mine, "a", "b").duplicate()).isFalse();
            bench.publish("a", "pushes it out");
            assertThat(publish(bench, mine, "c", "b").duplicate()).isTrue();
            assertThat(bench.hub.topics(null, 9)).as("c was not created").hasSize(2);
            assertThat(bench.open(StartPosition.after("mine"), "b").gaps()).isEmpty();
            bench.publish("b", "pushes it out");
            assertThat(publish(bench, mine, "a").duplicate()).isFalse();
        }
    }

    @Test
    void eachConflatedTopicKeepsTheEventAsTheLatestOfItsKey() {
        try (HubFixture bench =
                new HubFixture(options -> options.historyEvents(1).conflate("p/*"))) {
            publish(bench, Event.builder().key("k").data("1").build(), "p/a", "p/b", "log");
            publish(bench, Event.builder().key("k").data("2").build(), "p/a");
            bench.publish("p/a", "no key");
            bench.publish("p/b", "no key");
            bench.publish("log", "last");
            FakeSink all = bench.open(StartPosition.replay(99), "p/*");
            assertThat(all.data()).containsExactly("1", "2", "no key", "no key");
            assertThat(bench.open(StartPosition.replay(99), "p/a").data()).containsExactly("2", "no key");
            bench.assertRingsValid();
        }
    }

    @Test
    void anEventIsPublishedToAllTopicsOrToNone() {
        try (HubFixture bench = new HubFixture(options -> options.maxTopics(2))) {
            bench.publish("a", "x");
            String head = bench.hub.headId();
            assertThatThrownBy(() -> publish(bench, Event.of("x"), "a", "b", "c"))
                    .hasCauseInstanceOf(TopicLimitException.class);
            assertThat(bench.hub.headId()).isEqualTo(head);
            assertThat(bench.hub.topics(null, 9)).hasSize(1);
            assertThat(publish(bench, Event.of("x"), "a", "b").duplicate()).isFalse();
        }
    }

    @Test
    void rejectedPublications() {
        try (HubFixture bench = new HubFixture()) {
            assertThatIllegalArgumentException()
                    .isThrownBy(() -> bench.hub.publish(List.of(), Event.of("x")))
                    .withMessage("topics: 0 (expected: 1 to 100)");
            List<String> many = new ArrayList<>();
            for (int i = 0; i <= 100; i++) {
                many.add("t/" + i);
            }
            assertThatIllegalArgumentException()
                    .isThrownBy(() -> bench.hub.publish(many, Event.of("x")))
                    .withMessage("topics: 101 (expected: 1 to 100)");
            assertThatIllegalArgumentException()
                    .isThrownBy(() -> bench.hub.publish(List.of("a", "b//c"), Event.of("x")));
            assertThat(new Publication(Collections.nCopies(200, "a"), Event.of("x"), Recipients.everybody()).topics())
                    .containsExactly("a");
        }
    }

    @Test
    void subscribersAreCountedOnceOverAllTopics() {
        try (HubFixture bench = new HubFixture(options -> {}, 2, HubFixture.QUIET)) {
            bench.live("a");
            bench.live("a", "b");
            bench.live("b", "**");
            FakeSink elsewhere = new FakeSink(bench.hubLanes.get(1), null);
            bench.open(elsewhere, StartPosition.live(), null, "b");
            bench.run();
            assertThat(bench.hub.subscribers("a")).isEqualTo(3);
            assertThat(bench.hub.subscribers(List.of("a", "b"))).isEqualTo(4);
            assertThat(bench.hub.subscribers(List.of("a", "b", "unborn"))).isEqualTo(4);
            assertThat(bench.hub.subscribers(List.of("unborn"))).isZero();
        }
    }

    @Test
    void theObserverIsNotifiedOfEachTopic() {
        List<String> told = new ArrayList<>();
        Observer observer = new Observer() {
            @Override
            public void published(String topic, String id) {
                told.add(topic);
            }
        };
        try (HubFixture bench = new HubFixture(options -> options.observer(observer))) {
            publish(bench, Event.of("x"), "a", "b");
            assertThat(told).containsExactly("a", "b");
        }
    }
}
