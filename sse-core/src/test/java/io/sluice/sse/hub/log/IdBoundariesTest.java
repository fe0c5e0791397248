package io.sluice.sse.hub.log;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.sluice.sse.CloseReason;
import io.sluice.sse.Event;
import io.sluice.sse.Gap;
import io.sluice.sse.hub.HubTestAccess;
import io.sluice.sse.hub.lane.FakeSink;
import io.sluice.sse.hub.lane.HubFixture;
import io.sluice.sse.hub.lane.LaneOptions;
import io.sluice.sse.topic.Publication;
import io.sluice.sse.topic.Published;
import io.sluice.sse.topic.StartPosition;
import io.sluice.sse.topic.TopicInfo;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

/** Boundary cases of ids: the first, the last, the one at the floor, and ids of created and forgotten topics. */
class IdBoundariesTest {

    private static final EventIds OWN = new EventIds(7);

    private static String reason(FakeSink sink) {
        assertThat(sink.gaps()).hasSize(1);
        return sink.gaps().get(0).data().replaceFirst("\\{\"reason\":\"(\\w+)\".*", "$1");
    }

    private static void chosen(HubFixture bench, String topic, String id, String data) {
        bench.publish(topic, Event.builder().id(id).data(data).build());
    }

    // ---- the first and the last

    @Test
    void positionZeroPrecedesTheFirstEventAndMissesNothingWhileAllIsKept() {
        try (HubFixture bench = new HubFixture(options -> options.historyEvents(3))) {
            FakeSink first = bench.live("a");
            assertThat(first.lastEventId()).as("of the first block").isEqualTo(OWN.text(0));
            bench.publishMany("a", 0, 3);
            FakeSink back = bench.open(StartPosition.after(OWN.text(0)), "a");
            assertThat(back.gaps()).isEmpty();
            assertThat(back.data()).containsExactly("0", "1", "2");
            bench.publish("a", "3");
            assertThat(reason(bench.open(StartPosition.after(OWN.text(0)), "a")))
                    .isEqualTo("evicted");
        }
    }

    @Test
    void theIdOfAFirstBlockWithoutEventsPrecedesTheFirstEvent() {
        try (HubFixture bench = new HubFixture()) {
            FakeSink cut = bench.live("never/born", "a");
            bench.onLane(() -> cut.close(CloseReason.RESET));
            bench.publish("a", "the first");
            FakeSink back = bench.open(StartPosition.after(cut.lastEventId()), "a");
            assertThat(back.data()).containsExactly("the first");
            assertThat(back.gaps()).isEmpty();
        }
    }

    @Test
    void afterTheLastPositionNothingIsPublishedAndIdsDoNotWrapAround() {
        try (HubFixture bench = new HubFixture()) {
            HubTestAccess.log(bench.hub).skipTo(EventIds.MAX_POSITION - 3);
            FakeSink live = bench.live("a");
            assertThatThrownBy(() ->
                            bench.hub.publishAll(java.util.Collections.nCopies(4, new Publication("b", Event.of("x")))))
                    .as("a batch that does not fit as a whole")
                    .isInstanceOf(IllegalStateException.class)
                    .hasMessageContaining("all its ids");
            assertThat(bench.hub.topics(null, 9)).extracting(TopicInfo::name).containsExactly("a");
            String before = bench.hub.headId();
            for (int i = 0; i < 3; i++) {
                String id = bench.publish("a", "n" + i);
                assertThat(id).isGreaterThan(before);
                before = id;
            }
            bench.run();
            assertThat(before).isEqualTo(OWN.text(EventIds.MAX_POSITION)).endsWith("vvvvvvvvvvv");
            assertThatThrownBy(() -> bench.publish("a", "one more")).isInstanceOf(IllegalStateException.class);
            assertThat(live.data()).containsExactly("n0", "n1", "n2");
            assertThat(bench.open(StartPosition.after(before), "a").events())
                    .as("the newest")
                    .isEmpty();
            assertThat(bench.open(StartPosition.after(OWN.text(EventIds.MAX_POSITION - 1)), "a")
                            .data())
                    .containsExactly("n2");
        }
    }

    @Test
    void theHighestIdInAYoungHubIsAhead() {
        try (HubFixture bench = new HubFixture()) {
            bench.publish("a", "kept");
            FakeSink sink = bench.open(StartPosition.after(OWN.text(EventIds.MAX_POSITION)), "a");
            assertThat(reason(sink)).isEqualTo("ahead");
            assertThat(sink.data()).containsExactly("kept");
        }
    }

    @Test
    void aResumeAtTheOldestKeptEventOrAtTheFloorMissesNothing() {
        try (HubFixture bench = new HubFixture(options -> options.historyEvents(3))) {
            bench.publishMany("a", 0, 10);
            assertThat(bench.open(StartPosition.after(OWN.text(8)), "a").data()).containsExactly("8", "9");
            FakeSink atFloor = bench.open(StartPosition.after(OWN.text(7)), "a");
            assertThat(atFloor.gaps()).isEmpty();
            assertThat(atFloor.data()).containsExactly("7", "8", "9");
            FakeSink below = bench.open(StartPosition.after(OWN.text(6)), "a");
            assertThat(reason(below)).isEqualTo("evicted");
            assertThat(below.data()).containsExactly("7", "8", "9");
        }
    }

    @Test
    void aGapCarriesAnIdFromWhichNothingMoreIsMissed() {
        try (HubFixture bench = new HubFixture(options -> options.historyEvents(3))) {
            bench.publishMany("a", 0, 10);
            for (String id :
                    List.of(OWN.text(1), OWN.text(999), new EventIds(8).text(9), "nonsense", "x".repeat(9000))) {
                FakeSink cut = bench.sink();
                bench.open(cut, StartPosition.after(id), null, "a");
                assertThat(cut.gaps()).hasSize(1);
                FakeSink back = bench.open(StartPosition.after(cut.lastEventId()), "a");
                assertThat(back.gaps()).as("the gap was sent already").isEmpty();
                assertThat(back.data()).containsExactly("7", "8", "9");
            }
        }
    }

    @Test
    void repeatedReconnectsWithTheSameIdGetTheSameEvents() {
        try (HubFixture bench = new HubFixture(options -> options.historyEvents(3))) {
            bench.publishMany("a", 0, 10);
            for (int i = 0; i < 100; i++) {
                FakeSink sink = bench.open(StartPosition.after(OWN.text(i % 2 == 0 ? 7 : 6)), "a");
                assertThat(sink.gaps()).hasSize(i % 2);
                assertThat(sink.data()).containsExactly("7", "8", "9");
            }
        }
    }

    // ---- several topics, and topics that are created and forgotten

    @Test
    void anIdOfOneTopicIsAPositionInAllTopics() {
        try (HubFixture bench = new HubFixture()) {
            String ofOther = bench.publish("other", "x");
            bench.publish("a", "1");
            String behind = bench.publish("other", "y");
            assertThat(bench.open(StartPosition.after(ofOther), "a").data()).containsExactly("1");
            assertThat(bench.open(StartPosition.after(behind), "a").events()).isEmpty();
        }
    }

    @Test
    void onlyATopicThatLostEventsCausesAGap() {
        try (HubFixture bench = new HubFixture(options -> options.historyEvents(2))) {
            bench.publish("quiet", "q1"); // position 1
            bench.publishMany("busy", 0, 5); // positions 2 to 6, of which 5 and 6 are kept
            assertThat(bench.open(StartPosition.after(OWN.text(1)), "quiet").gaps())
                    .isEmpty();
            FakeSink both = bench.open(StartPosition.after(OWN.text(1)), "quiet", "busy");
            assertThat(reason(both)).isEqualTo("evicted");
            assertThat(both.data()).containsExactly("3", "4");
            assertThat(bench.open(StartPosition.after(OWN.text(4)), "quiet", "busy")
                            .gaps())
                    .isEmpty();
        }
    }

    @Test
    void aTopicWithoutEventsAndAPatternWithoutTopicsMissNothing() {
        try (HubFixture bench = new HubFixture(options -> options.historyEvents(1))) {
            bench.publishMany("a", 0, 5);
            for (String term : List.of("never", "none/*", "none/**")) {
                FakeSink sink = bench.open(StartPosition.after(OWN.text(0)), term);
                assertThat(sink.events()).as(term).isEmpty();
                assertThat(reason(bench.open(StartPosition.after("nonsense"), term)))
                        .as("an unknown id is a gap anyway")
                        .isEqualTo("unknown");
            }
            FakeSink waiting = bench.open(StartPosition.after(OWN.text(0)), "none/*");
            bench.publish("none/1", "born");
            bench.run();
            assertThat(waiting.data()).containsExactly("born");
        }
    }

    @Test
    void aTopicThatWasForgottenAndCreatedAgainKeepsItsFloor() {
        try (HubFixture bench = new HubFixture(options -> options.historyAge(Duration.ofSeconds(1)))) {
            bench.publish("a/1", "old");
            bench.advanceHub(TimeUnit.SECONDS.toNanos(5));
            assertThat(bench.hub.topics(null, 9)).isEmpty();
            bench.publish("a/1", "new");
            for (String term : List.of("a/1", "a/*", "**")) {
                FakeSink missed = bench.open(StartPosition.after(OWN.text(0)), term);
                assertThat(reason(missed)).as(term).isEqualTo("evicted");
                assertThat(missed.data()).containsExactly("new");
                FakeSink hadIt = bench.open(StartPosition.after(OWN.text(1)), term);
                assertThat(hadIt.gaps()).as(term).isEmpty();
                assertThat(hadIt.data()).containsExactly("new");
            }
            assertThat(bench.open(StartPosition.after(OWN.text(0)), "a/2").gaps())
                    .as("another topic has lost nothing")
                    .isEmpty();
        }
    }

    @Test
    void aHeartbeatAdvancesTheIdWhenOnlyOtherTopicsHaveEvents() {
        LaneOptions beats = HubFixture.QUIET.withHeartbeat(Duration.ofSeconds(8));
        try (HubFixture bench = new HubFixture(options -> options.historyEvents(1), 1, beats)) {
            FakeSink silent = bench.live("silent", "none/**");
            bench.publishMany("other", 0, 20);
            bench.advance(TimeUnit.SECONDS.toNanos(20));
            assertThat(silent.events()).isEmpty();
            assertThat(silent.lastEventId()).isEqualTo(bench.hub.headId());
            assertThat(bench.open(StartPosition.after(silent.lastEventId()), "silent", "other")
                            .gaps())
                    .as("from then on it may subscribe to the other topic too")
                    .isEmpty();
        }
    }

    // ---- ids that the publisher chose

    @Test
    void aChosenIdIsAPositionInAllTopics() {
        try (HubFixture bench = new HubFixture()) {
            bench.publish("b", "before");
            chosen(bench, "a", "order-1", "chosen");
            bench.publish("b", "after");
            assertThat(bench.open(StartPosition.after("order-1"), "b").data()).containsExactly("after");
            assertThat(bench.open(StartPosition.after("order-1"), "b").retries())
                    .hasSize(1);
        }
    }

    @Test
    void aChosenIdWhoseEventIsNotKeptIsAGapAndEverythingKeptFollows() {
        try (HubFixture bench = new HubFixture(options -> options.historyEvents(2))) {
            chosen(bench, "a", "order-1", "0");
            bench.publishMany("a", 1, 3);
            FakeSink sink = bench.open(StartPosition.after("order-1"), "a");
            assertThat(reason(sink)).isEqualTo("unknown");
            assertThat(sink.data()).containsExactly("1", "2");
        }
    }

    @Test
    void aHeartbeatAfterAChosenIdCarriesAPositionThatOutlivesTheEvent() {
        LaneOptions beats = HubFixture.QUIET.withHeartbeat(Duration.ofSeconds(8));
        try (HubFixture bench = new HubFixture(options -> options.historyEvents(1), 1, beats)) {
            FakeSink sink = bench.live("a");
            chosen(bench, "a", "order-1", "0");
            bench.run();
            assertThat(sink.lastEventId()).isEqualTo("order-1");
            bench.advance(TimeUnit.SECONDS.toNanos(20));
            assertThat(sink.lastEventId()).isEqualTo(OWN.text(1));
            bench.publish("a", "1");
            FakeSink back = bench.open(StartPosition.after(sink.lastEventId()), "a");
            assertThat(back.gaps()).isEmpty();
            assertThat(back.data()).containsExactly("1");
        }
    }

    @Test
    void aRepeatedIdReturnsTheFirstEventAndCanBeChosenAgainAfterItsEviction() {
        try (HubFixture bench = new HubFixture(options -> options.historyEvents(2))) {
            FakeSink live = bench.live("**");
            chosen(bench, "a", "mine", "first");
            bench.run();
            Published again =
                    bench.publish("b", Event.builder().id("mine").data("again").build());
            assertThat(again).isEqualTo(new Published("mine", "a", true));
            assertThat(bench.hub.topics(null, 9)).extracting(TopicInfo::name).containsExactly("a");
            bench.publishMany("a", 1, 3);
            bench.run();
            assertThat(bench.publish(
                            "b", Event.builder().id("mine").data("anew").build()))
                    .isEqualTo(new Published("mine", "b", false));
            bench.run();
            assertThat(live.data()).containsExactly("first", "1", "2", "anew");
            bench.publish("b", "last");
            assertThat(bench.open(StartPosition.after("mine"), "**").data())
                    .as("it resumes after the event that is kept")
                    .containsExactly("last");
        }
    }

    @Test
    void anIdRepeatedWithinABatchReturnsTheFirstEventOfTheBatch() {
        try (HubFixture bench = new HubFixture()) {
            Event event = Event.builder().id("mine").data("x").build();
            List<Published> answers = new ArrayList<>(bench.hub
                    .publishAll(List.of(new Publication("a", event), new Publication("b", event)))
                    .toCompletableFuture()
                    .join());
            assertThat(answers).containsExactly(new Published("mine", "a", false), new Published("mine", "a", true));
        }
    }

    /** The builder rejects the name, but a gap can become an event. */
    @Test
    void theEventOfAGapCannotBePublished() {
        Event gap = new Gap(Gap.Reason.EVICTED, null, "0").toEvent();
        try (HubFixture bench = new HubFixture()) {
            assertThatThrownBy(() -> bench.hub.publish("a", gap))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageContaining("gap");
        }
    }

    @Test
    void idsInTheFormatOfTheHubAndEndIdsCannotBeChosen() {
        try (HubFixture bench = new HubFixture()) {
            for (String id : List.of(OWN.text(5), new EventIds(8).text(5), "end~", "end~1")) {
                assertThatThrownBy(() -> chosen(bench, "a", id, "x"))
                        .as(id)
                        .isInstanceOf(IllegalArgumentException.class)
                        .hasMessageContaining(id);
            }
        }
    }
}
