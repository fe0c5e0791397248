package io.sluice.sse.hub.log;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.sluice.sse.CloseReason;
import io.sluice.sse.ClosedException;
import io.sluice.sse.Event;
import io.sluice.sse.history.MvStoreHistory;
import io.sluice.sse.history.SyncPolicy;
import io.sluice.sse.hub.HubBuilder;
import io.sluice.sse.hub.HubStats;
import io.sluice.sse.hub.lane.FakeSink;
import io.sluice.sse.hub.lane.HubFixture;
import io.sluice.sse.topic.OverflowPolicy;
import io.sluice.sse.topic.Publication;
import io.sluice.sse.topic.StartPosition;
import io.sluice.sse.topic.TopicInfo;
import io.sluice.sse.topic.TopicLimitException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletionException;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Topics and keys can be removed, and finished topics make room for others. */
class RemovalTest {

    @TempDir
    Path directory;

    private static Consumer<HubBuilder> small() {
        return options -> options.historyEvents(2).conflate("jobs/**").overflow(OverflowPolicy.GAP);
    }

    private static Event of(String key, String data) {
        return Event.builder().key(key).data(data).build();
    }

    private static Event without(String key) {
        return Event.builder().key(key).build();
    }

    private static boolean remove(HubFixture bench, String topic) {
        return bench.hub.remove(topic).toCompletableFuture().join();
    }

    // ---- a topic

    @ParameterizedTest
    @ValueSource(strings = {"plain", "jobs/1"})
    void aRemovedTopicReleasesEverythingItHeld(String topic) {
        try (HubFixture bench = new HubFixture(small())) {
            HubStats before = bench.hub.stats();
            List<String> ids = new ArrayList<>();
            for (int i = 0; i < 5; i++) {
                ids.add(bench.publish(topic, of("k" + i, "d" + i)).id());
            }
            bench.publish(topic, Event.builder().id("mine").data("chosen").build());
            assertThat(remove(bench, topic)).isTrue();
            assertThat(bench.hub.topics(null, 9)).isEmpty();
            assertThat(bench.hub.stats())
                    .extracting(HubStats::topics, HubStats::events, HubStats::bytes)
                    .containsExactly(before.topics(), before.events(), before.bytes());
            assertThat(bench.publish(topic, Event.builder().id("mine").data("x").build())
                            .duplicate())
                    .isFalse();
            FakeSink back = bench.open(StartPosition.after(ids.get(0)), topic);
            assertThat(back.gaps()).hasSize(1);
            assertThat(back.data()).containsExactly("x");
            FakeSink state = bench.open(StartPosition.replay(99), topic);
            assertThat(state.gaps())
                    .as("removed on purpose, so a new client misses nothing")
                    .isEmpty();
            assertThat(state.data()).containsExactly("x");
            assertThat(remove(bench, "unknown")).isFalse();
        }
    }

    @Test
    void subscribersOfARemovedTopicStayAndGetLaterEvents() {
        try (HubFixture bench = new HubFixture(small())) {
            FakeSink byName = bench.live("jobs/1");
            FakeSink byPattern = bench.live("jobs/*");
            FakeSink slow = bench.live("jobs/1");
            bench.publish("jobs/1", of("a", "a1"));
            bench.run();
            bench.onLane(() -> slow.full(true));
            bench.publish("jobs/1", of("a", "a2"));
            bench.run();
            assertThat(remove(bench, "jobs/1")).isTrue();
            bench.publish("jobs/1", of("a", "a3"));
            bench.run();
            bench.onLane(() -> slow.full(false));
            bench.run();
            assertThat(byName.data()).containsExactly("a1", "a2", "a3");
            assertThat(byPattern.data()).containsExactly("a1", "a2", "a3");
            assertThat(byName.gaps()).isEmpty();
            assertThat(slow.gaps()).as("it has not read a2").hasSize(1);
            assertThat(slow.data()).containsExactly("a1", "a3");
        }
    }

    @Test
    void aLargeTopicIsRemovedInSlicesAndLaterEventsStay() {
        try (HubFixture bench = new HubFixture(options -> options.historyEvents(20_000))) {
            bench.publishMany("a", 0, 10_000);
            assertThat(remove(bench, "a")).isTrue();
            assertThat(bench.hub.topics(null, 9)).isEmpty();
        }
    }

    @Test
    void aHistoryDoesNotRestoreARemovedTopic() {
        String first;
        try (HistoryFixture bench = new HistoryFixture(directory)) {
            first = bench.publish("a", "0");
            bench.publishMany("a", 1, 50);
            bench.publish("a", Event.builder().id("mine").data("chosen").build());
            bench.publish("b", "kept");
            bench.hub
                    .remove("a")
                    .toCompletableFuture()
                    .orTimeout(60, TimeUnit.SECONDS)
                    .join();
            assertThat(bench.hub.topics(null, 9)).extracting(TopicInfo::name).containsExactly("b");
            bench.publish("a", Event.builder().id("mine").data("again").build());
        }
        try (HistoryFixture bench = new HistoryFixture(directory)) {
            FakeSink back = bench.open(StartPosition.after(first), "a", "b");
            bench.untilReceived(back, 2);
            assertThat(back.data()).containsExactly("kept", "again");
            assertThat(back.gaps()).hasSize(1);
            FakeSink replay = bench.open(StartPosition.replay(99), "a");
            bench.untilReceived(replay, 1);
            assertThat(replay.data()).containsExactly("again");
            assertThat(replay.gaps()).isEmpty();
        }
    }

    /** Events that are published while the removal waits for the writer stay. */
    @Test
    void eventsPublishedAfterARemovalStayInAHistory() {
        GatedHistory history = new GatedHistory(
                MvStoreHistory.builder(directory).sync(SyncPolicy.os()).build());
        try (HistoryFixture bench = new HistoryFixture(history, options -> options.historyEvents(2))) {
            history.appends.drainPermits();
            bench.publishMany("a", 0, 10);
            var removed = bench.hub.remove("a").toCompletableFuture();
            bench.publishMany("a", 10, 20);
            assertThat(removed).isNotDone();
            history.openGates();
            removed.orTimeout(60, TimeUnit.SECONDS).join();
            bench.untilStored();
            FakeSink replay = bench.open(StartPosition.replay(99), "a");
            bench.untilReceived(replay, 10);
            assertThat(replay.data()).isEqualTo(HubFixture.numbers(10, 20));
            TopicInfo info = bench.hub.topics(null, 1).get(0);
            assertThat(info.events()).isEqualTo(10);
        }
    }

    @Test
    void aClosedHubAndAnInvalidNameAreReported() {
        try (HubFixture bench = new HubFixture()) {
            assertThatIllegalArgumentException().isThrownBy(() -> bench.hub.remove("a/*"));
            bench.hub.close();
            assertThatThrownBy(() -> bench.hub.remove("a").toCompletableFuture().join())
                    .hasCauseInstanceOf(ClosedException.class);
        }
    }

    // ---- a key

    @Test
    void aNewClientGetsNothingOfARemovedKey() {
        try (HubFixture bench = new HubFixture(small())) {
            for (String key : List.of("a", "b", "c", "d")) {
                bench.publish("jobs/1", of(key, key));
            }
            bench.publish("jobs/1", without("b")); // in the table
            FakeSink state = bench.open(StartPosition.replay(99), "jobs/1");
            assertThat(state.data()).containsExactly("a", "c", "d");
            assertThat(state.gaps()).isEmpty();
            bench.publish("jobs/1", without("d")); // in the ring
            assertThat(bench.open(StartPosition.replay(99), "jobs/1").data()).containsExactly("a", "c");
            bench.publish("jobs/1", of("d", "again"));
            assertThat(bench.open(StartPosition.replay(99), "jobs/1").data()).containsExactly("a", "c", "again");
            bench.publish("jobs/1", without("d"));
            bench.publish("jobs/1", of("e", "e"));
            bench.publish("jobs/1", of("f", "f"));
            state = bench.open(StartPosition.replay(99), "jobs/1");
            assertThat(state.data()).containsExactly("a", "c", "e", "f");
            assertThat(state.gaps()).isEmpty();
            assertThat(bench.publish("jobs/1", of("b", "again")).duplicate()).isFalse();
        }
    }

    @Test
    void aClientThatKnowsAnOlderValueOfARemovedKeyGetsAGap() {
        try (HubFixture bench = new HubFixture(small())) {
            String old = bench.publish("jobs/1", of("a", "running")).id();
            String last = bench.publish("jobs/1", of("a", "finished")).id();
            bench.publish("jobs/1", without("a"));
            assertThat(bench.open(StartPosition.after(old), "jobs/1").data())
                    .as("the last event of the key is sent while it is in the ring")
                    .containsExactly("finished");
            bench.publish("jobs/1", of("b", "b"));
            bench.publish("jobs/1", of("c", "c"));
            FakeSink back = bench.open(StartPosition.after(old), "jobs/1");
            assertThat(back.gaps()).hasSize(1);
            assertThat(back.data()).containsExactly("b", "c");
            assertThat(bench.open(StartPosition.after(last), "jobs/1").gaps()).isEmpty();
        }
    }

    /** Many keys are added and removed while a client reads a large state: that does not make it a slow consumer. */
    @Test
    void keysRemovedWhileAClientReadsTheStateDoNotDisconnectIt() {
        try (HubFixture bench = new HubFixture(
                options -> options.historyEvents(2).conflate("jobs/**").overflow(OverflowPolicy.DISCONNECT))) {
            for (int i = 0; i < 3000; i++) {
                bench.publish("jobs/1", of("k" + i, "d" + i));
            }
            FakeSink sink = bench.sink();
            bench.open(sink, StartPosition.replay(1), null, "jobs/1");
            bench.onLane(() -> sink.stall(1));
            bench.run();
            for (int i = 2000; i < 2900; i++) {
                bench.publish("jobs/1", without("k" + i));
            }
            bench.onLane(sink::read);
            bench.run();
            assertThat(sink.endReason()).isNull();
            assertThat(sink.gaps()).isEmpty();
            assertThat(sink.data()).contains("d0", "d1999", "d2999").doesNotContain("d2899");
        }
    }

    @Test
    void theLastKeyRemovesItsTopicAndConnectedClientsGetNothing() {
        try (HubFixture bench = new HubFixture(options -> {
            small().accept(options);
            options.historyAge(Duration.ofSeconds(1));
        })) {
            FakeSink all = bench.live("jobs/*");
            bench.publish("jobs/1", of("a", "a"));
            bench.run();
            bench.advance(TimeUnit.SECONDS.toNanos(5));
            assertThat(bench.hub.topics(null, 9)).hasSize(1);
            String id = bench.publish("jobs/1", without("a")).id();
            bench.run();
            assertThat(bench.hub.topics(null, 9)).isEmpty();
            assertThat(all.data()).containsExactly("a");
            assertThat(bench.hub.headId()).isEqualTo(id);
            bench.publish("jobs/1", without("unknown"));
            assertThat(bench.hub.topics(null, 9)).as("creates no topic").isEmpty();
        }
    }

    @Test
    void aBatchMayEndAJobAndRemoveItsKey() {
        try (HubFixture bench = new HubFixture(small())) {
            FakeSink live = bench.live("jobs/1");
            bench.hub
                    .publishAll(List.of(
                            new Publication("jobs/1", of("a", "finished")), new Publication("jobs/1", without("a"))))
                    .toCompletableFuture()
                    .join();
            bench.run();
            assertThat(live.data()).containsExactly("finished");
        }
    }

    @Test
    void anEventWithoutDataIsRejectedUnlessTheTopicConflates() {
        try (HubFixture bench = new HubFixture(small())) {
            assertThatIllegalArgumentException()
                    .isThrownBy(() -> bench.hub.publish("plain", without("a")))
                    .withMessageContaining("plain does not conflate");
            assertThatIllegalArgumentException()
                    .isThrownBy(() -> bench.hub.publish(
                            "jobs/1", Event.builder().id("x").key("a").build()))
                    .withMessageStartingWith("event without data");
            FakeSink sink = bench.live("jobs/1");
            assertThatIllegalArgumentException()
                    .isThrownBy(() -> sink.send(without("a")))
                    .withMessageContaining("nothing to send");
            sink.close(CloseReason.CLIENT_LEFT);
        }
    }

    // ---- finished topics make room

    private static Consumer<HubBuilder> jobs(int maxTopics) {
        return options -> {
            small().accept(options);
            options.maxTopics(maxTopics).historyAge(Duration.ofSeconds(1));
        };
    }

    @Test
    void finishedJobsMakeRoomForOthers() {
        try (HubFixture bench = new HubFixture(jobs(200))) {
            for (int i = 0; i < 200; i++) {
                bench.publish("jobs/" + i, of("state", "done"));
            }
            assertThatThrownBy(() -> bench.publish("other", "x"))
                    .isInstanceOf(CompletionException.class)
                    .hasCauseInstanceOf(TopicLimitException.class);
            bench.advance(TimeUnit.SECONDS.toNanos(10));
            assertThat(bench.hub.topics(null, 999)).hasSize(200);
            bench.publish("jobs/new", of("state", "running"));
            bench.publish("other", "x");
            bench.open(StartPosition.live(), "third");
            assertThat(bench.hub.topics(null, 999))
                    .hasSize(200)
                    .extracting(TopicInfo::name)
                    .contains("jobs/new", "other", "third", "jobs/199")
                    .doesNotContain("jobs/0", "jobs/1", "jobs/2");
            FakeSink gone = bench.open(StartPosition.replay(9), "jobs/*");
            assertThat(gone.gaps()).as("its state is lost").hasSize(1);
        }
    }

    @Test
    void aTopicThatASubscriberNamedOrThatIsPublishedToIsNotFinished() {
        try (HubFixture bench = new HubFixture(jobs(3))) {
            for (int i = 0; i < 3; i++) {
                bench.publish("jobs/" + i, of("state", "d" + i));
            }
            FakeSink named = bench.live("jobs/0");
            bench.advance(TimeUnit.SECONDS.toNanos(10));
            bench.publish("jobs/1", of("state", "goes on"));
            // A batch that needs a finished topic and a new one keeps the finished topic.
            bench.hub
                    .publishAll(List.of(
                            new Publication("jobs/1", of("state", "again")),
                            new Publication("new", Event.of("x")),
                            new Publication("jobs/1", of("state", "end"))))
                    .toCompletableFuture()
                    .join();
            assertThat(bench.hub.topics(null, 9))
                    .extracting(TopicInfo::name)
                    .containsExactly("jobs/0", "jobs/1", "new");
            assertThatThrownBy(() -> bench.publish("one-more", "x")).hasCauseInstanceOf(TopicLimitException.class);
            assertThat(named.endReason()).isNull();
        }
    }

    @Test
    void aBatchDoesNotEvictATopicThatItNeeds() {
        try (HubFixture bench = new HubFixture(jobs(1))) {
            bench.publish("jobs/0", of("state", "done"));
            bench.advance(TimeUnit.SECONDS.toNanos(10));
            assertThatThrownBy(() -> bench.hub
                            .publishAll(List.of(
                                    new Publication("jobs/0", of("state", "more")),
                                    new Publication("new", Event.of("x"))))
                            .toCompletableFuture()
                            .join())
                    .hasCauseInstanceOf(TopicLimitException.class);
            assertThat(bench.open(StartPosition.replay(9), "jobs/0").data()).containsExactly("done");
        }
    }
}
