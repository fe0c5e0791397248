package io.sluice.sse.hub.log;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.sluice.sse.CloseReason;
import io.sluice.sse.Event;
import io.sluice.sse.history.HistoryException;
import io.sluice.sse.history.MvStoreHistory;
import io.sluice.sse.history.SyncPolicy;
import io.sluice.sse.hub.Hub;
import io.sluice.sse.hub.lane.FakeSink;
import io.sluice.sse.hub.lane.HubFixture;
import io.sluice.sse.hub.lane.LogLines;
import io.sluice.sse.topic.OverflowPolicy;
import io.sluice.sse.topic.Publication;
import io.sluice.sse.topic.Published;
import io.sluice.sse.topic.StartPosition;
import io.sluice.sse.topic.TopicInfo;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * A history that is slow, full, broken or behind: no caller waits forever, nothing is half done, and no loss is silent.
 */
class HistoryFaultsTest {

    @TempDir
    Path directory;

    private GatedHistory gated(SyncPolicy sync) {
        return new GatedHistory(MvStoreHistory.builder(directory).sync(sync).build());
    }

    private GatedHistory gated() {
        return gated(SyncPolicy.os());
    }

    // ---- the writer

    @Test
    void aPublicationIsAcknowledgedWhenItIsForcedAndManyShareOneForce() {
        GatedHistory history = gated(SyncPolicy.always());
        history.commits.drainPermits();
        try (HistoryFixture bench = new HistoryFixture(history, options -> {})) {
            FakeSink sink = bench.open(StartPosition.live(), "a");
            List<CompletableFuture<Published>> stages = new ArrayList<>();
            for (int i = 0; i < 1000; i++) {
                stages.add(bench.hub.publish("a", Event.of(Integer.toString(i))).toCompletableFuture());
            }
            bench.untilReceived(sink, 1000); // delivered at once
            assertThat(stages).noneMatch(CompletableFuture::isDone);
            history.commits.release(1_000_000);
            await().until(() -> stages.stream().allMatch(CompletableFuture::isDone));
            assertThat(stages).noneMatch(CompletableFuture::isCompletedExceptionally);
            assertThat(history.commitCalls.get()).isLessThan(100);
        }
    }

    @Test
    void withoutForcedWritesAPublicationIsAcknowledgedAtOnce() {
        GatedHistory history = gated();
        history.appends.drainPermits();
        try (HistoryFixture bench = new HistoryFixture(history, options -> {})) {
            assertThat(bench.hub.publish("a", Event.of("x")).toCompletableFuture())
                    .isDone();
            history.appends.release(1_000_000);
        }
    }

    /** Each commit takes space of the file for a while, so a publisher of single events must not make one for each. */
    @Test
    void withoutForcedWritesEventsOfAShortTimeShareACommit() {
        GatedHistory history = gated();
        try (HistoryFixture bench = new HistoryFixture(history, options -> {})) {
            long begin = System.nanoTime();
            for (int i = 0; i < 4_000; i++) {
                bench.publish("a", Integer.toString(i));
                LockSupport.parkNanos(10_000); // so that the writer is idle between two events
            }
            bench.untilCommitted();
            long millis = (System.nanoTime() - begin) / 1_000_000;
            assertThat((long) history.commitCalls.get()).isLessThanOrEqualTo(millis / 20 + 203);
        }
    }

    @Test
    void theQueueIsBoundedAndEventsBeyondItAreNotPublished() {
        GatedHistory history = gated();
        history.appends.drainPermits();
        try (HistoryFixture bench = new HistoryFixture(history, options -> options.historyQueueBytes(10_000))) {
            FakeSink sink = bench.open(StartPosition.live(), "a");
            int taken = 0;
            CompletableFuture<Published> last;
            do {
                last = bench.hub.publish("a", Event.of(Integer.toString(taken))).toCompletableFuture();
            } while (!last.isCompletedExceptionally() && ++taken < 10_000);
            assertThat(taken).isBetween(50, 200);
            assertThatThrownBy(last::join)
                    .isInstanceOf(CompletionException.class)
                    .hasCauseInstanceOf(HistoryException.class)
                    .hasMessageContaining("does not keep up")
                    .hasMessageContaining("historyQueueBytes: 10000");
            String head = bench.hub.headId();
            assertThat(bench.hub
                            .publishAll(
                                    List.of(new Publication("b", Event.of("1")), new Publication("b", Event.of("2"))))
                            .toCompletableFuture())
                    .isCompletedExceptionally();
            assertThat(bench.hub.headId()).isEqualTo(head);
            assertThat(bench.hub.topics(null, 9)).extracting(TopicInfo::name).containsExactly("a");
            history.appends.release(1_000_000);
            bench.untilCommitted();
            bench.publish("a", "again");
            bench.untilReceived(sink, taken + 1);
            assertThat(sink.data()).hasSize(taken + 1).endsWith("again");
        }
    }

    /** Nobody looks at the stage of this publish. */
    @Test
    void aPublishThatFailsLaterIsCountedAndLogged() {
        GatedHistory history = gated(SyncPolicy.always());
        history.appends.drainPermits();
        try (HistoryFixture bench = new HistoryFixture(history, options -> {});
                LogLines lines = LogLines.of(Hub.class)) {
            bench.hub.publish("a", Event.of("has its place"));
            assertThat(bench.hub.stats().failedPublishes()).isZero();
            history.appendFails = new IllegalStateException("No space left on device");
            history.appends.release(1_000_000);
            await().untilAsserted(() ->
                    assertThat(bench.hub.stats().failedPublishes()).isEqualTo(1));
            assertThat(lines.all()).anyMatch(line -> line.startsWith("a publish failed: "));
        }
    }

    @Test
    void aFailedHistoryEndsPublishingAndTheNextStartReportsAGap() {
        GatedHistory history = gated(SyncPolicy.always());
        history.appends.drainPermits();
        String seen;
        try (HistoryFixture bench = new HistoryFixture(history, options -> {})) {
            FakeSink sink = bench.open(StartPosition.live(), "a");
            history.appends.release();
            bench.publish("a", "kept");
            assertThat(bench.hub.hasHistoryFailed()).isFalse();
            CompletableFuture<Published> broken =
                    bench.hub.publish("a", Event.of("broken")).toCompletableFuture();
            history.appendFails = new IllegalStateException("No space left on device");
            history.appends.release(1_000_000);
            assertThatThrownBy(broken::join)
                    .hasCauseInstanceOf(HistoryException.class)
                    .hasMessageContaining("No space left on device");
            assertThatThrownBy(() -> bench.publish("a", "later"))
                    .hasCauseInstanceOf(HistoryException.class)
                    .hasMessageContaining("No space left on device");
            assertThat(bench.hub.hasHistoryFailed()).isTrue();
            bench.untilReceived(sink, 2);
            seen = sink.lastEventId();
        }
        assertThat(history.closedAt).isEqualTo(-1);
        try (HistoryFixture bench = new HistoryFixture(directory, SyncPolicy.always(), options -> {})) {
            // the client has seen an event that was not stored
            assertThat(bench.open(StartPosition.after(seen), "a").gaps()).hasSize(1);
            FakeSink replay = bench.open(StartPosition.replay(10), "a");
            bench.untilReceived(replay, 1);
            assertThat(replay.data()).containsExactly("kept");
        }
    }

    /** A disk was full for a while. What was published before the failure is written later, and nothing is a gap. */
    @Test
    void aHistoryThatCanBeWrittenAgainContinues() {
        GatedHistory history = gated(SyncPolicy.always());
        String seen;
        try (HistoryFixture bench = new HistoryFixture(history, options -> options.historyEvents(1))) {
            FakeSink sink = bench.open(StartPosition.live(), "a");
            seen = bench.publish("a", "kept");
            history.appendFails = new IllegalStateException("No space left on device");
            assertThat(bench.hub.publish("a", Event.of("unacknowledged")).toCompletableFuture())
                    .failsWithin(Duration.ofSeconds(40));
            assertThat(bench.hub.hasHistoryFailed()).isTrue();
            assertThatThrownBy(() -> bench.publish("a", "rejected")).hasCauseInstanceOf(HistoryException.class);
            history.appendFails = null;
            await().until(() -> !bench.hub.hasHistoryFailed());
            bench.publish("a", "again");
            bench.untilReceived(sink, 3);
            assertThat(sink.data()).containsExactly("kept", "unacknowledged", "again");
            FakeSink replay = bench.open(StartPosition.replay(10), "a");
            bench.untilReceived(replay, 3);
            assertThat(replay.data()).containsExactly("kept", "unacknowledged", "again");
        }
        try (HistoryFixture bench = new HistoryFixture(directory, SyncPolicy.always(), options -> {})) {
            FakeSink resumed = bench.open(StartPosition.after(seen), "a");
            bench.untilReceived(resumed, 2);
            assertThat(resumed.data()).containsExactly("unacknowledged", "again");
            assertThat(resumed.gaps()).isEmpty();
        }
    }

    /**
     * The store closes itself when it cannot write its file, here because of an interrupt. The failed commit has
     * evicted events, which the hub knows about.
     */
    @Test
    void aStoreThatHasClosedItselfIsOpenedAgain() {
        GatedHistory history = new GatedHistory(MvStoreHistory.builder(directory)
                .sync(SyncPolicy.os())
                .events(5)
                .build());
        try (HistoryFixture bench = new HistoryFixture(history, options -> options.historyEvents(1))) {
            bench.publishMany("a", 0, 5);
            bench.publishMany("b", 0, 3);
            bench.untilCommitted();
            history.whenAppended = batch -> Thread.currentThread().interrupt();
            bench.publish("a", "5");
            await().until(() -> bench.hub.hasHistoryFailed());
            history.whenAppended = batch -> {};
            await().until(() -> !bench.hub.hasHistoryFailed());
            bench.publishMany("a", 6, 8);
            bench.untilCommitted();
            FakeSink replay = bench.open(StartPosition.replay(10), "a");
            bench.untilReceived(replay, 5);
            assertThat(replay.data()).isEqualTo(HubFixture.numbers(3, 8));
            assertThat(bench.hub.topics(null, 9)).extracting(TopicInfo::events).containsExactly(5, 3);
        }
        try (HistoryFixture bench = new HistoryFixture(directory, SyncPolicy.os(), options -> {})) {
            assertThat(bench.hub.topics(null, 9)).extracting(TopicInfo::events).containsExactly(5, 3);
        }
    }

    @Test
    void closingWritesQueuedEvents() {
        GatedHistory history = gated();
        history.appends.drainPermits();
        HistoryFixture bench = new HistoryFixture(history, options -> options.historyEvents(1));
        bench.publishMany("a", 0, 500);
        history.appends.release(1_000_000);
        bench.close();
        try (HistoryFixture again = new HistoryFixture(directory)) {
            FakeSink replay = again.open(StartPosition.replay(1000), "a");
            again.untilReceived(replay, 500);
            assertThat(replay.data()).isEqualTo(HubFixture.numbers(0, 500));
        }
    }

    // ---- readers

    /** The ring has evicted events that the writer has not stored yet: the reader waits for the writer. */
    @Test
    void aReaderWaitsForEventsThatAreNotStoredYet() {
        GatedHistory history = gated();
        try (HistoryFixture bench = new HistoryFixture(history, options -> options.historyEvents(5))) {
            String first = bench.publish("a", "0");
            bench.publishMany("a", 1, 10);
            bench.untilStored();
            history.appends.drainPermits();
            bench.publishMany("a", 10, 100);
            FakeSink sink = bench.open(StartPosition.after(first), "a");
            bench.untilReceived(sink, 9);
            bench.lane.runAll();
            int turns = bench.lane.posted();
            assertThat(sink.data()).isEqualTo(HubFixture.numbers(1, 10));
            bench.lane.runAll();
            assertThat(bench.lane.posted()).as("no lane polls").isEqualTo(turns);
            history.appends.release(1_000_000);
            bench.untilReceived(sink, 99);
            assertThat(sink.data()).isEqualTo(HubFixture.numbers(1, 100));
            assertThat(sink.gaps()).isEmpty();
        }
    }

    @Test
    void clientsThatWaitAtTheSamePositionShareOneRead() {
        GatedHistory history = gated();
        try (HistoryFixture bench = new HistoryFixture(history, options -> options.historyEvents(5))) {
            String first = bench.publish("a", "0");
            bench.publishMany("a", 1, 100);
            bench.untilStored();
            history.reads.drainPermits();
            List<FakeSink> sinks = new ArrayList<>();
            for (int i = 0; i < 200; i++) {
                sinks.add(bench.open(StartPosition.after(first), "a"));
            }
            history.reads.release(1_000_000);
            for (FakeSink sink : sinks) {
                bench.untilReceived(sink, 99);
                assertThat(sink.data()).isEqualTo(HubFixture.numbers(1, 100));
            }
            assertThat(history.readCalls.get()).isLessThan(5);
        }
    }

    /** However many clients wait at different positions, only a few pages are read at a time. */
    @Test
    void pendingPagesAreBounded() {
        GatedHistory history = gated();
        try (HistoryFixture bench = new HistoryFixture(history, options -> options.historyEvents(5))) {
            List<String> ids = new ArrayList<>();
            for (int i = 0; i < 200; i++) {
                ids.add(bench.publish("a", Integer.toString(i)));
            }
            bench.untilStored();
            history.reads.drainPermits();
            List<FakeSink> sinks = new ArrayList<>();
            for (int i = 0; i < 150; i++) {
                sinks.add(bench.open(StartPosition.after(ids.get(i)), "a"));
            }
            history.reads.release(1000);
            await().until(() -> history.readCalls.get() == 16);
            assertThat(history.reads.availablePermits()).isEqualTo(1000 - 16); // the lane does not run meanwhile
            for (int i = 0; i < 150; i++) {
                bench.untilReceived(sinks.get(i), 199 - i);
                assertThat(sinks.get(i).data()).isEqualTo(HubFixture.numbers(i + 1, 200));
            }
        }
    }

    @Test
    void aClientThatLeavesWhileItsPageIsReadReceivesNothing() {
        GatedHistory history = gated();
        try (HistoryFixture bench = new HistoryFixture(history, options -> options.historyEvents(5))) {
            String first = bench.publish("a", "0");
            bench.publishMany("a", 1, 100);
            bench.untilStored();
            history.reads.drainPermits();
            FakeSink leaves = bench.open(StartPosition.after(first), "a");
            FakeSink asks = bench.open(StartPosition.replay(50), "a");
            FakeSink stays = bench.open(StartPosition.after(first), "a");
            leaves.close(CloseReason.CLIENT_LEFT);
            asks.close(CloseReason.CLIENT_LEFT);
            bench.lane.runAll();
            history.reads.release(1_000_000);
            bench.untilReceived(stays, 99);
            assertThat(leaves.data()).isEmpty();
            assertThat(asks.data()).isEmpty();
        }
    }

    @Test
    void closingAHubWhileAPageIsReadCompletes() throws InterruptedException {
        GatedHistory history = gated();
        try (HistoryFixture bench = new HistoryFixture(history, options -> options.historyEvents(5))) {
            String first = bench.publish("a", "0");
            bench.publishMany("a", 1, 100);
            bench.untilStored();
            history.reads.drainPermits();
            bench.open(StartPosition.after(first), "a");
            await().until(() -> history.readCalls.get() == 1);
            Thread closes = new Thread(bench.hub::close);
            closes.start();
            await().until(() -> closes.getState() == Thread.State.TIMED_WAITING
                    || closes.getState() == Thread.State.WAITING
                    || !closes.isAlive());
            assertThat(closes.isAlive()).as("waits for the page").isTrue();
            history.reads.release(1_000_000);
            closes.join(60_000);
            assertThat(history.closedAt).isEqualTo(100);
            assertThat(history.readersWhenClosed).isZero();
        }
    }

    @Test
    void anUnreadablePageDisconnectsTheClientsThatWaitForIt() {
        GatedHistory history = gated();
        try (HistoryFixture bench = new HistoryFixture(history, options -> options.historyEvents(5))) {
            String first = bench.publish("a", "0");
            String late = null;
            for (int i = 1; i < 100; i++) {
                late = bench.publish("a", Integer.toString(i));
            }
            bench.untilStored();
            FakeSink other = bench.open(StartPosition.after(late), "a");
            history.readFails = new IllegalStateException("a bad sector");
            FakeSink sink = bench.open(StartPosition.after(first), "a");
            bench.until(() -> sink.endReason() != null);
            assertThat(sink.endReason()).isEqualTo(CloseReason.RESET);
            bench.publish("a", "100");
            bench.untilReceived(other, 1);
        }
    }

    // ---- the store's own floor

    @Test
    void onlyEventsEvictedFromTheStoreAreAGap() {
        MvStoreHistory store = MvStoreHistory.builder(directory)
                .sync(SyncPolicy.os())
                .events(50)
                .build();
        List<String> ids = new ArrayList<>();
        try (HistoryFixture bench =
                new HistoryFixture(store, options -> options.historyEvents(5).overflow(OverflowPolicy.GAP))) {
            for (int i = 0; i < 100; i++) {
                ids.add(bench.publish("a", Integer.toString(i)));
            }
            bench.publish("b", "other");
            bench.untilCommitted();
            assertFloor(bench, ids);
        }
        MvStoreHistory again = MvStoreHistory.builder(directory)
                .sync(SyncPolicy.os())
                .events(50)
                .build();
        try (HistoryFixture bench =
                new HistoryFixture(again, options -> options.historyEvents(5).overflow(OverflowPolicy.GAP))) {
            assertFloor(bench, ids); // the floor survives the restart
        }
    }

    /** Fifty of a hundred events were evicted: the floor is the fiftieth. */
    private static void assertFloor(HistoryFixture bench, List<String> ids) {
        for (int i : new int[] {0, 48}) {
            FakeSink missed = bench.open(StartPosition.after(ids.get(i)), "a");
            bench.untilReceived(missed, 50);
            assertThat(missed.gaps()).hasSize(1);
            assertThat(missed.gaps().get(0).data()).contains("\"evicted\"").contains(ids.get(49));
            assertThat(missed.data()).isEqualTo(HubFixture.numbers(50, 100));
        }
        for (int i : new int[] {49, 50}) {
            FakeSink whole = bench.open(StartPosition.after(ids.get(i)), "a");
            bench.untilReceived(whole, 99 - i);
            assertThat(whole.gaps()).isEmpty();
            assertThat(whole.data()).isEqualTo(HubFixture.numbers(i + 1, 100));
        }
        FakeSink other = bench.open(StartPosition.after(ids.get(0)), "b");
        bench.untilReceived(other, 1);
        assertThat(other.gaps()).isEmpty();
    }

    @Test
    void theOverflowPolicyAppliesWhenTheStoreEvictsAPageBeingRead() {
        for (OverflowPolicy policy : OverflowPolicy.values()) {
            MvStoreHistory store = MvStoreHistory.builder(directory.resolve(policy.name()))
                    .sync(SyncPolicy.os())
                    .events(50)
                    .build();
            GatedHistory history = new GatedHistory(store);
            try (HistoryFixture bench = new HistoryFixture(
                    history, options -> options.historyEvents(5).overflow(policy))) {
                String first = bench.publish("a", "0");
                bench.publishMany("a", 1, 40);
                bench.untilCommitted();
                history.whenRead = () -> { // the page is read, and its events are evicted before it reaches the lane
                    history.whenRead = () -> {};
                    bench.publishMany("a", 40, 140);
                    await().until(() -> bench.writer().queuedBytes() == 0);
                };
                FakeSink sink = bench.open(StartPosition.after(first), "a");
                switch (policy) {
                    case DISCONNECT -> {
                        bench.until(() -> sink.endReason() != null);
                        assertThat(sink.endReason()).isEqualTo(CloseReason.SLOW_CONSUMER);
                        assertThat(sink.data()).isEmpty();
                    }
                    case GAP -> {
                        bench.untilReceived(sink, 50);
                        assertThat(sink.gaps()).hasSize(1);
                        assertThat(sink.data()).isEqualTo(HubFixture.numbers(90, 140));
                    }
                    case LATEST -> {
                        bench.until(() -> sink.gaps().size() == 1);
                        bench.publish("a", "140");
                        bench.untilReceived(sink, 1);
                        assertThat(sink.data()).containsExactly("140");
                    }
                }
            }
        }
    }

    @Test
    void anEmptiedTopicIsForgottenButItsFloorIsNot() {
        MvStoreHistory store = MvStoreHistory.builder(directory)
                .sync(SyncPolicy.os())
                .totalBytes(2000)
                .build();
        String before;
        try (HistoryFixture bench = new HistoryFixture(store, options -> options.historyEvents(1))) {
            before = bench.publish("gone", "0");
            bench.publishMany("gone", 1, 5);
            bench.publishMany("other", 0, 100);
            bench.untilCommitted();
            assertThat(bench.hub.topics(null, 9)).extracting(TopicInfo::name).containsExactly("other");
        }
        try (HistoryFixture bench = new HistoryFixture(directory)) {
            assertThat(bench.hub.topics(null, 9)).extracting(TopicInfo::name).containsExactly("other");
            assertThat(bench.open(StartPosition.after(before), "gone").gaps()).hasSize(1);
            assertThat(bench.open(StartPosition.after(before), "never").gaps()).isEmpty();
        }
    }
}
