package io.sluice.sse.hub.lane;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.sluice.sse.CloseReason;
import io.sluice.sse.Event;
import io.sluice.sse.Sink;
import io.sluice.sse.Source;
import io.sluice.sse.history.MvStoreHistory;
import io.sluice.sse.history.SyncPolicy;
import io.sluice.sse.hub.HubBuilder;
import io.sluice.sse.hub.HubStats;
import io.sluice.sse.hub.Presence;
import io.sluice.sse.test.ReceivedEvent;
import io.sluice.sse.topic.OverflowPolicy;
import io.sluice.sse.topic.Publication;
import io.sluice.sse.topic.Published;
import io.sluice.sse.topic.Recipients;
import io.sluice.sse.topic.Selector;
import io.sluice.sse.topic.StartPosition;
import io.sluice.sse.topic.Subscription;
import io.sluice.sse.topic.TopicEndedException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletionException;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;

/** A topic ends with its last event: for those who read it, for those who come later, and for its publishers. */
class EndedTopicTest {

    private static final long AGE = Duration.ofMinutes(10).toNanos();

    @TempDir
    Path directory;

    private static Published end(HubFixture bench, String topic, String data) {
        return end(bench, topic, Event.of(data));
    }

    private static Published end(HubFixture bench, String topic, Event event) {
        return bench.hub.end(topic, event).toCompletableFuture().join();
    }

    private static void assertEnded(FakeSink sink) {
        assertThat(sink.endReason()).isEqualTo(CloseReason.TOPIC_ENDED);
        ReceivedEvent last = sink.events().get(sink.events().size() - 1);
        assertThat(last.type()).isEqualTo(CloseReason.END_EVENT_NAME);
        assertThat(last.data()).isEqualTo("{\"reason\":\"topic-ended\"}");
        assertThat(sink.lastEventId()).startsWith(CloseReason.END_ID_PREFIX);
        assertThat(sink.events())
                .filteredOn(event -> event.type().equals("end"))
                .hasSize(1);
    }

    private static void assertRejected(HubFixture bench, Publication... publications) {
        HubStats before = bench.hub.stats();
        assertThatThrownBy(() -> bench.hub
                        .publishAll(List.of(publications))
                        .toCompletableFuture()
                        .join())
                .isInstanceOf(CompletionException.class)
                .hasCauseInstanceOf(TopicEndedException.class);
        assertThat(bench.hub.stats().events()).as("nothing is published").isEqualTo(before.events());
        assertThat(bench.hub.stats().topics()).as("no topic is left").isEqualTo(before.topics());
    }

    // ---- those who read it

    @Test
    void onlyStreamsOfTheTopicAloneEnd() {
        try (HubFixture bench = new HubFixture(options -> {}, 2, HubFixture.QUIET)) {
            FakeSink alone = bench.live("a");
            FakeSink onAnotherLane = new FakeSink(bench.hubLanes.get(1), null);
            bench.open(onAnotherLane, StartPosition.live(), null, "a");
            FakeSink stalled = bench.live("a");
            FakeSink two = bench.live("a", "b");
            FakeSink byPattern = bench.live("*");
            FakeSink both = bench.live("a", "a/*");
            FakeSink other = bench.live("b");
            bench.onLane(() -> stalled.full(true));
            bench.publishMany("a", 0, 3);
            end(bench, "a", "last");
            bench.publish("b", "more");
            bench.run();
            for (FakeSink ended : List.of(alone, onAnotherLane)) {
                assertThat(ended.data()).containsExactly("0", "1", "2", "last");
                assertEnded(ended);
            }
            assertThat(stalled.endReason()).as("it has not read the rest").isNull();
            bench.onLane(() -> stalled.full(false));
            bench.run();
            assertThat(stalled.data()).containsExactly("0", "1", "2", "last");
            assertEnded(stalled);
            for (FakeSink open : List.of(two, byPattern, both, other)) {
                assertThat(open.endReason()).isNull();
            }
            assertThat(two.data()).containsExactly("0", "1", "2", "last", "more");
            assertThat(byPattern.data()).containsExactly("0", "1", "2", "last", "more");
            assertThat(both.data()).containsExactly("0", "1", "2", "last");
            assertThat(bench.hub.stats().closed()).containsEntry(CloseReason.TOPIC_ENDED, 3L);
        }
    }

    @Test
    void aStreamThatASourceFillsStaysOpen() {
        try (HubFixture bench = new HubFixture()) {
            Source source = new Source() {
                @Override
                public void start(Sink sink) {
                    sink.send(Event.of("from the source"));
                }
            };
            FakeSink filled = bench.live(source);
            end(bench, "a", "last");
            bench.run();
            assertThat(filled.data()).containsExactlyInAnyOrder("from the source", "last");
            assertThat(filled.endReason()).isNull();
            FakeSink later = bench.live(source);
            assertThat(later.data()).as("it gets only what follows").containsExactly("from the source");
            assertThat(later.endReason()).isNull();
        }
    }

    @Test
    void aStreamIsOfTheTopicAloneWhenItsOtherSubscriptionsHaveEnded() {
        try (HubFixture bench = new HubFixture()) {
            FakeSink sink = bench.live("a");
            Subscription other = bench.subscribe(sink, "b");
            end(bench, "a", "last");
            bench.run();
            assertThat(sink.endReason()).isNull();
            bench.cancel(other);
            assertThat(sink.data()).containsExactly("last");
            assertEnded(sink);
        }
    }

    @Test
    void directSendsPrecedeTheEnd() {
        try (HubFixture bench = new HubFixture()) {
            FakeSink sink = bench.live("a");
            bench.onLane(() -> sink.full(true));
            sink.send(Event.of("direct"));
            end(bench, "a", "last");
            bench.run();
            bench.onLane(() -> sink.full(false));
            bench.run();
            assertThat(sink.data()).containsExactly("direct", "last");
            assertEnded(sink);
        }
    }

    @Test
    void theEndIsForAllClientsWhoeverReceivesTheLastEvent() {
        try (HubFixture bench = new HubFixture()) {
            FakeSink filtered =
                    bench.open(StartPosition.live(), Selector.of("a").filtered(event -> false));
            FakeSink other = bench.live("a");
            bench.hub.publish(new Publication("a", Event.of("x"))
                    .to(Recipients.principal("ann"))
                    .asLast());
            bench.run();
            for (FakeSink sink : List.of(filtered, other)) {
                assertThat(sink.data()).isEmpty();
                assertEnded(sink);
            }
        }
    }

    @Test
    void aBacklogOfManyFramesComesBeforeTheEnd() {
        try (HubFixture bench = new HubFixture(options -> options.historyEvents(10_000))) {
            FakeSink sink = bench.live("a");
            String large = "x".repeat(10_000);
            for (int i = 0; i < 50; i++) {
                bench.publish("a", large);
                bench.publish("b", large);
            }
            end(bench, "a", "last");
            bench.run();
            assertThat(sink.data()).hasSize(51).endsWith("last");
            assertEnded(sink);
        }
    }

    @ParameterizedTest
    @EnumSource(OverflowPolicy.class)
    void aClientThatMissedEventsMeetsItsPolicyFirst(OverflowPolicy policy) {
        try (HubFixture bench =
                new HubFixture(options -> options.historyEvents(2).overflow(policy))) {
            FakeSink sink = bench.live("a");
            bench.onLane(() -> sink.full(true));
            bench.publishMany("a", 0, 5);
            end(bench, "a", "last");
            bench.run();
            bench.onLane(() -> sink.full(false));
            bench.run();
            if (policy == OverflowPolicy.DISCONNECT) {
                assertThat(sink.endReason()).isEqualTo(CloseReason.SLOW_CONSUMER);
                FakeSink back = bench.open(StartPosition.after(sink.lastEventId()), "a");
                assertThat(back.gaps()).hasSize(1);
                assertThat(back.data()).containsExactly("4", "last");
                assertEnded(back);
                return;
            }
            assertThat(sink.gaps()).hasSize(1);
            assertThat(sink.data()).isEqualTo(policy == OverflowPolicy.LATEST ? List.of() : List.of("4", "last"));
            assertEnded(sink);
        }
    }

    @Test
    void aPrincipalLeavesWithTheEnd() {
        try (HubFixture bench = new HubFixture(options ->
                options.presence(Presence.of("a").withEvents("presence").withGracePeriod(Duration.ZERO)))) {
            FakeSink sink = bench.live("a");
            end(bench, "a", "last");
            bench.run();
            assertEnded(sink);
            assertThat(bench.hub.members("a")).isEmpty();
            assertThatIllegalArgumentException()
                    .isThrownBy(() -> bench.hub.end("presence/a", Event.of("x")))
                    .withMessageContaining("presence/a");
        }
    }

    // ---- those who come later

    enum Kind {
        PLAIN,
        PLAIN_EVICTED,
        CONFLATING,
        DURABLE,
        LAST_EVICTED
    }

    enum Start {
        LIVE,
        REPLAY_ONE,
        REPLAY_ALL,
        SINCE,
        AFTER_FIRST,
        AFTER_LAST,
        AFTER_CHOSEN_LAST,
        AFTER_UNKNOWN
    }

    private static final int EVENTS = 30;
    private static final int RING = 10;

    static Stream<Arguments> all() {
        return Stream.of(Kind.values())
                .flatMap(kind -> Stream.of(Start.values()).map(start -> Arguments.of(kind, start)));
    }

    private void options(Kind kind, HubBuilder options) {
        options.overflow(OverflowPolicy.GAP).historyEvents(kind == Kind.PLAIN ? 1000 : RING);
        switch (kind) {
            case CONFLATING -> options.conflate("t");
            case LAST_EVICTED -> options.historyTotalBytes(4_000);
            case DURABLE ->
                options.history(MvStoreHistory.builder(directory)
                        .sync(SyncPolicy.os())
                        .age(Duration.ofDays(36_000))
                        .build());
            default -> {}
        }
    }

    private static StartPosition start(Start start, HubFixture bench, String first, String last) {
        return switch (start) {
            case LIVE -> StartPosition.live();
            case REPLAY_ONE -> StartPosition.replay(1);
            case REPLAY_ALL -> StartPosition.replay(StartPosition.MAX_REPLAY);
            case SINCE -> StartPosition.since(bench.wallTime.minus(Duration.ofHours(1)));
            case AFTER_FIRST -> StartPosition.after(first);
            case AFTER_LAST, AFTER_CHOSEN_LAST -> StartPosition.after(last);
            case AFTER_UNKNOWN -> StartPosition.after("leads-nowhere");
        };
    }

    /** The numbers of the events that a client gets; the topic has the events 0 to 29, and the last one is 30. */
    private static List<String> expected(Kind kind, Start start) {
        int from = switch (start) {
            case REPLAY_ONE -> EVENTS;
            case AFTER_FIRST -> 1;
            case AFTER_LAST, AFTER_CHOSEN_LAST -> EVENTS + 1;
            default -> 0;
        };
        return switch (kind) {
            case LAST_EVICTED -> List.of();
            case PLAIN_EVICTED -> HubFixture.numbers(Math.max(from, EVENTS + 1 - RING), EVENTS + 1);
            // Two keys: the event before the last one is the latest of the other. A replay is of the whole state.
            case CONFLATING ->
                switch (start) {
                    case REPLAY_ONE, REPLAY_ALL -> HubFixture.numbers(EVENTS - 1, EVENTS + 1);
                    case AFTER_LAST, AFTER_CHOSEN_LAST -> List.of();
                    default -> HubFixture.numbers(EVENTS + 1 - RING, EVENTS + 1);
                };
            default -> HubFixture.numbers(from, EVENTS + 1);
        };
    }

    private static boolean expectsGap(Kind kind, Start start) {
        return switch (start) {
            case AFTER_UNKNOWN -> true;
            case SINCE, AFTER_FIRST -> kind == Kind.PLAIN_EVICTED || kind == Kind.LAST_EVICTED;
            default -> false;
        };
    }

    @ParameterizedTest
    @MethodSource("all")
    void aLaterClientGetsWhatIsKeptAndThenTheEnd(Kind kind, Start start) {
        try (HubFixture bench = new HubFixture(options -> options(kind, options))) {
            List<String> ids = new ArrayList<>();
            for (int i = 0; i < EVENTS; i++) {
                ids.add(bench.publish("t", event(i).build()).id());
            }
            Event.Builder last = event(EVENTS);
            if (start == Start.AFTER_CHOSEN_LAST) {
                last.id("the-last");
            }
            String lastId = end(bench, "t", last.build()).id();
            if (kind == Kind.LAST_EVICTED) {
                bench.publish("flood", "x".repeat(3_900));
                assertThat(bench.hub.stats().topics()).isEqualTo(1);
            }
            boolean isForgotten = kind == Kind.LAST_EVICTED && start == Start.AFTER_CHOSEN_LAST;
            FakeSink sink = bench.open(start(start, bench, ids.get(0), lastId), "t");
            org.awaitility.Awaitility.await()
                    .pollInSameThread()
                    .pollInterval(Duration.ofMillis(1))
                    .until(() -> {
                        bench.run();
                        return sink.endReason() != null;
                    });
            assertThat(sink.data()).isEqualTo(expected(kind, start));
            assertThat(sink.gaps()).hasSize(expectsGap(kind, start) || isForgotten ? 1 : 0);
            assertEnded(sink);
            assertRejected(bench, new Publication("t", Event.of("x")));
        }
    }

    private static Event.Builder event(int number) {
        return Event.builder().key("k" + number % 2).data(Integer.toString(number));
    }

    @Test
    void aClientThatCameBeforeItsTopicEndsWithIt() {
        try (HubFixture bench = new HubFixture()) {
            FakeSink early = bench.live("a");
            assertThat(early.endReason()).isNull();
            end(bench, "a", "first and last");
            bench.run();
            assertThat(early.data()).containsExactly("first and last");
            assertEnded(early);
        }
    }

    // ---- its publishers

    @Test
    void nothingFollowsTheLastEvent() {
        try (HubFixture bench = new HubFixture(options -> options.conflate("a"))) {
            end(bench, "a", "last");
            Publication later = new Publication("a", Event.of("x"));
            assertRejected(bench, later);
            assertRejected(bench, later.asLast());
            assertRejected(bench, new Publication("new", Event.of("x")), later);
            assertRejected(bench, Publication.of(Event.of("x"), "new", "a"));
            assertRejected(bench, new Publication("a", Event.builder().key("k").build()));
            assertThatThrownBy(() -> bench.publish("a", "x"))
                    .cause()
                    .isInstanceOf(TopicEndedException.class)
                    .hasMessageContaining("\"a\"");
            assertThat(bench.hub.stats().failedPublishes()).isEqualTo(6);
        }
    }

    @Test
    void aBatchMayEndItsTopics() {
        try (HubFixture bench = new HubFixture()) {
            FakeSink a = bench.live("a");
            FakeSink b = bench.live("b");
            Publication one = new Publication("a", Event.of("1"));
            Publication last = Publication.of(Event.of("2"), "a", "b").asLast();
            assertRejected(bench, last, one);
            assertRejected(bench, last, last);
            bench.hub.publishAll(List.of(one, last)).toCompletableFuture().join();
            bench.run();
            assertThat(a.data()).containsExactly("1", "2");
            assertThat(b.data()).containsExactly("2");
            assertEnded(a);
            assertEnded(b);
        }
    }

    @Test
    void anEndWithAChosenIdMayBeRepeated() {
        try (HubFixture bench = new HubFixture()) {
            Event last = Event.builder().id("the-end").data("last").build();
            Event before = Event.builder().id("before").data("x").build();
            assertThat(bench.publish("a", before).duplicate()).isFalse();
            assertThat(end(bench, "a", last).duplicate()).isFalse();
            assertThat(end(bench, "a", last).duplicate()).isTrue();
            assertThat(bench.publish("a", before).duplicate())
                    .as("it was published before the end")
                    .isTrue();
            assertRejected(
                    bench,
                    new Publication("a", Event.builder().id("late").data("x").build()));
        }
    }

    @Test
    void anEndMustNotRepeatTheIdOfAnotherEvent() {
        try (HubFixture bench = new HubFixture()) {
            Event event = Event.builder().id("mine").data("x").build();
            bench.publish("a", event);
            assertThatIllegalArgumentException()
                    .isThrownBy(() -> bench.hub.end("a", event))
                    .withMessageContaining("\"mine\"")
                    .withMessageContaining("topic a");
            Publication other =
                    new Publication("b", Event.builder().id("id").data("x").build());
            assertThatIllegalArgumentException().isThrownBy(() -> bench.hub.publishAll(List.of(other, other.asLast())));
            assertThat(bench.publish("a", Event.of("y")).duplicate())
                    .as("it has not ended")
                    .isFalse();
            assertThat(bench.hub.stats().topics()).isEqualTo(1);
        }
    }

    @Test
    void theLastEventHasData() {
        try (HubFixture bench = new HubFixture(options -> options.conflate("a"))) {
            assertThatIllegalArgumentException()
                    .isThrownBy(
                            () -> bench.hub.end("a", Event.builder().key("k").build()))
                    .withMessageContaining("last event");
        }
    }

    // ---- how long the end is known

    private static void assertForgotten(HubFixture bench, String topic) {
        HubStats stats = bench.hub.stats();
        assertThat(stats)
                .extracting(HubStats::topics, HubStats::events, HubStats::bytes)
                .containsExactly(0L, 0L, 0L);
        FakeSink fresh = bench.open(StartPosition.replay(9), topic);
        assertThat(fresh.gaps()).isEmpty();
        bench.publish(topic, Event.builder().key("k").data("new").build());
        bench.run();
        assertThat(fresh.data()).containsExactly("new");
        assertThat(fresh.endReason()).isNull();
    }

    @ParameterizedTest
    @EnumSource(names = {"PLAIN", "CONFLATING"})
    void theTopicIsForgottenByItsAge(Kind kind) {
        try (HubFixture bench = new HubFixture(options -> options(kind, options))) {
            for (int i = 0; i < EVENTS; i++) {
                bench.publish("t", event(i).build());
            }
            end(bench, "t", event(EVENTS).build());
            bench.advanceHub(AGE / 2);
            assertRejected(bench, new Publication("t", Event.of("x")));
            bench.advanceHub(AGE);
            assertForgotten(bench, "t");
            assertThat(bench.hubTimers()).as("for the new event").isEqualTo(1);
        }
    }

    @Test
    void theEndIsForgottenByItsAgeAlthoughItsLastEventWasEvicted() {
        try (HubFixture bench = new HubFixture(options -> options(Kind.LAST_EVICTED, options))) {
            end(bench, "t", "last");
            bench.publish("flood", "x".repeat(3_900));
            bench.hub.remove("flood");
            assertThat(bench.hub.stats().events()).isZero();
            assertRejected(bench, new Publication("t", Event.of("x")));
            assertThat(bench.hubTimers()).isEqualTo(1);
            bench.advanceHub(AGE + AGE / 4);
            assertThat(bench.hubTimers()).as("nothing is left to expire").isZero();
            assertForgotten(bench, "t");
        }
    }

    @Test
    void aClientOfSeveralTopicsGetsTheNewTopicOfThatName() {
        try (HubFixture bench = new HubFixture()) {
            FakeSink two = bench.live("a", "b");
            end(bench, "a", "last");
            bench.run();
            bench.advanceHub(2 * AGE);
            bench.publish("a", "new");
            bench.run();
            assertThat(two.data()).containsExactly("last", "new");
        }
    }

    @Test
    void aRemovedTopicIsNewAtOnce() {
        try (HubFixture bench = new HubFixture()) {
            end(bench, "a", "last");
            assertThat(bench.hub.remove("a").toCompletableFuture().join()).isTrue();
            assertForgotten(bench, "a");
        }
        try (HubFixture bench = new HubFixture(options -> options(Kind.LAST_EVICTED, options))) {
            end(bench, "t", "last");
            bench.publish("flood", "x".repeat(3_900));
            assertThat(bench.hub.remove("t").toCompletableFuture().join())
                    .as("only its end is known")
                    .isTrue();
            bench.hub.remove("flood");
            assertForgotten(bench, "t");
        }
    }

    @Test
    void theNumberOfKnownEndsIsBounded() {
        Consumer<HubBuilder> options =
                builder -> builder.historyTotalBytes(1 << 20).historyEvents(1);
        try (HubFixture bench = new HubFixture(options)) {
            int bound = 4096;
            for (int i = 0; i <= bound; i++) {
                end(bench, "t" + i, "last");
            }
            assertThat(bench.publish("t0", Event.of("new again")).duplicate()).isFalse();
            assertRejected(bench, new Publication("t1", Event.of("x")));
            assertRejected(bench, new Publication("t" + bound, Event.of("x")));
        }
    }
}
