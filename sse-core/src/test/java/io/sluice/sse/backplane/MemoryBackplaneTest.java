package io.sluice.sse.backplane;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.sluice.sse.CloseReason;
import io.sluice.sse.Event;
import io.sluice.sse.Identity;
import io.sluice.sse.history.MvStoreHistory;
import io.sluice.sse.hub.Hub;
import io.sluice.sse.hub.HubBuilder;
import io.sluice.sse.test.RecordingSink;
import io.sluice.sse.topic.OverflowPolicy;
import io.sluice.sse.topic.Publication;
import io.sluice.sse.topic.Recipients;
import io.sluice.sse.topic.StartPosition;
import io.sluice.sse.topic.TopicEndedException;
import io.sluice.sse.topic.TopicLimitException;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Consumer;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What a hub does with what its backplane reports, and the contract over two hubs. */
class MemoryBackplaneTest extends BackplaneContract {

    private final MemoryBackplane memory = new MemoryBackplane();

    @Override
    protected Hub newNode(Consumer<HubBuilder> options) {
        HubBuilder builder = Hub.builder().backplane(memory.node());
        options.accept(builder);
        return builder.build();
    }

    @Test
    void aLossIsAGapForEveryLiveClientAndDisconnectsNone() throws Exception {
        Hub a = node(options -> {});
        RecordingSink byName = client(a, StartPosition.live(), "t");
        RecordingSink byPattern = client(a, StartPosition.live(), "none/*");
        RecordingSink stalled = client(a, StartPosition.live(), "t").stall(0);
        get(a.publish("t", Event.of("before")));
        awaitData(byName, "before");
        String before = byName.lastEventId();
        memory.lose();
        get(a.publish("t", Event.of("after")));
        byName.await(() -> byName.data().contains("after"));
        assertThat(byName.data()).containsSubsequence("before", "after");
        assertThat(byName.gaps())
                .singleElement()
                .satisfies(gap ->
                        assertThat(gap.data()).contains("\"reason\":\"lost\"").contains(before));
        byPattern.await(() -> !byPattern.gaps().isEmpty());
        stalled.read();
        stalled.await(() -> stalled.data().contains("after"));
        assertThat(stalled.gaps()).hasSize(1);
        assertThat(stalled.data()).containsSubsequence("before", "after");
        assertThat(a.maxLag()).isLessThan(10);
    }

    @Test
    void aResumeAcrossALossIsAGapAndOneAfterItIsNone() throws Exception {
        Hub a = node(options -> {});
        Hub b = node(options -> {});
        String before = get(a.publish("t", Event.of("before"))).id();
        Instant early = Instant.now().minusSeconds(60);
        memory.lose();
        String after = get(a.publish("t", Event.of("after"))).id();
        assertThat(after).isGreaterThan(before);
        RecordingSink across = client(b, StartPosition.after(before), "t");
        across.await(() -> across.data().contains("after"));
        assertThat(across.gaps()).hasSize(1);
        assertThat(client(b, StartPosition.since(early), "t").gaps()).hasSize(1);
        get(b.publish("t", Event.of("later")));
        awaitData(client(b, StartPosition.after(after), "t"), "later");
    }

    @Test
    void aTopicThatWantsTheLatestSkipsToTheHead() throws Exception {
        Hub a = node(options -> options.overflow(OverflowPolicy.LATEST));
        RecordingSink sink = client(a, StartPosition.live(), "t");
        get(a.publish("t", Event.of("before")));
        memory.lose();
        get(a.publish("t", Event.of("skipped")));
        sink.run();
        get(a.publish("t", Event.of("after")));
        sink.await(() -> sink.data().contains("after"));
        assertThat(sink.gaps()).hasSize(1);
        assertThat(sink.data()).doesNotContain("skipped");
    }

    @Test
    void aNodeThatJoinsLaterReportsWhatItDoesNotHave() throws Exception {
        Hub a = node(options -> {});
        String first = get(a.publish("t", Event.of("1"))).id();
        String second = get(a.publish("t", Event.of("2"))).id();
        Hub b = node(options -> {});
        get(a.publish("t", Event.of("3")));
        RecordingSink old = client(b, StartPosition.after(first), "t");
        old.await(() -> old.data().contains("3"));
        assertThat(old.gaps()).hasSize(1);
        awaitData(client(b, StartPosition.after(second), "t"), "3");
    }

    @Test
    void aClientThatMovesToANodeThatIsBehindWaitsThereWithoutAGap() throws Exception {
        Hub a = node(options -> {});
        Hub b = node(options -> {});
        get(a.publish("t", Event.of("0")));
        memory.hold(1);
        RecordingSink atA = client(a, StartPosition.live(), "t");
        for (int i = 1; i <= 3; i++) {
            get(a.publish("t", Event.of("" + i)));
        }
        awaitData(atA, "1", "2", "3");
        RecordingSink moved = client(b, StartPosition.after(atA.lastEventId()), "t");
        RecordingSink other = client(b, StartPosition.after(a.headId()), "*");
        assertThat(moved.lastEventId()).isEqualTo(a.headId()).isGreaterThan(b.headId());
        memory.release(1, 2);
        get(a.publish("t", Event.of("4")));
        moved.run();
        other.run();
        assertThat(moved.data()).isEmpty();
        memory.releaseAll(1);
        awaitData(moved, "4");
        awaitData(other, "4");
        get(b.publish("t", Event.of("5")));
        awaitData(moved, "4", "5");
        assertThat(b.maxLag()).isZero();
    }

    @Test
    void aClientAheadOfItsNodeGetsTheGapOfALaterLossAndLeavesWithoutATrace() throws Exception {
        Hub a = node(options -> {});
        Hub b = node(options -> {});
        memory.hold(1);
        String ahead = get(a.publish("t", Event.of("1"))).id();
        RecordingSink moved = client(b, StartPosition.after(ahead), "t");
        RecordingSink leaves = client(b, StartPosition.after(ahead), "t");
        leaves.close();
        memory.lose();
        memory.releaseAll(1);
        get(a.publish("t", Event.of("2")));
        moved.await(() -> moved.data().contains("2"));
        assertThat(moved.gaps()).hasSize(1);
        assertThat(moved.data()).doesNotContain("1");
        assertThat(leaves.data()).isEmpty();
    }

    @Test
    void anIdThatIsFartherAheadThanANodeCanBeBehindIsAGap() throws Exception {
        Hub a = node(options -> {});
        Hub b = node(options -> {});
        get(a.publish("t", Event.of("1")));
        memory.hold(1);
        memory.lose();
        String far = get(a.publish("t", Event.of("2"))).id();
        RecordingSink moved = client(b, StartPosition.after(far), "t");
        assertThat(moved.gaps())
                .singleElement()
                .satisfies(gap -> assertThat(gap.data()).contains("\"reason\":\"ahead\""));
    }

    @Test
    void theSinkOfAnotherNodeIsNotMeantByItsNumber() throws Exception {
        Hub a = node(options -> {});
        Hub b = node(options -> {});
        RecordingSink atA = client(a, StartPosition.live(), "t");
        RecordingSink atB = client(b, StartPosition.live(), "t");
        assertThat(atA.id()).isEqualTo(atB.id());
        get(a.publish(new Publication("t", Event.of("one")).to(Recipients.client(atA.id()))));
        get(a.publish(new Publication("t", Event.of("others")).to(Recipients.except(atA.id()))));
        get(a.publish("t", Event.of("all")));
        awaitData(atA, "one", "all");
        awaitData(atB, "others", "all");
    }

    @Test
    void anEventThatCannotBePublishedIsSkippedAndCounted() throws Exception {
        Hub a = node(options -> {});
        RecordingSink sink = client(a, StartPosition.live(), "t");
        memory.appendForeign(new Backplane.Change.Events(List.of(new Publication("t", Event.comment("no data")))));
        memory.appendForeign(new Backplane.Change.Events(List.of(
                new Publication("t", Event.builder().id(a.headId()).data("x").build()))));
        memory.appendForeign(new Backplane.Change.Events(List.of(new Publication("t", Event.of("good")))));
        awaitData(sink, "good");
        Awaitility.await()
                .untilAsserted(
                        () -> assertThat(a.backplane().orElseThrow().skipped()).isEqualTo(2));
    }

    @Test
    void aNodeWithoutRoomForATopicOfAnotherNodeReportsAGap() throws Exception {
        Hub a = node(options -> {});
        Hub b = node(options -> options.maxTopics(1));
        RecordingSink atA = client(a, StartPosition.live(), "t");
        RecordingSink atB = client(b, StartPosition.live(), "t");
        get(a.publish("t", Event.of("before")));
        awaitData(atB, "before");
        get(a.publish("new", Event.of("refused by b")));
        get(a.publish("t", Event.of("after")));
        atB.await(() -> atB.data().contains("after"));
        assertThat(atB.gaps())
                .singleElement()
                .satisfies(gap -> assertThat(gap.data()).contains("\"reason\":\"lost\""));
        Awaitility.await()
                .untilAsserted(
                        () -> assertThat(b.backplane().orElseThrow().skipped()).isEqualTo(1));
        awaitData(atA, "before", "after");
        assertThat(a.backplane().orElseThrow().skipped()).isZero();
        // What b itself cannot take does not reach the others.
        assertThatThrownBy(() -> get(b.publish("another", Event.of("x"))))
                .hasCauseInstanceOf(TopicLimitException.class);
        assertThat(b.headId()).isEqualTo(atB.lastEventId());
    }

    @Test
    void anEventAfterTheEndOfItsTopicIsAGapOnlyWhereAClientSubscribesToIt() throws Exception {
        Hub a = node(options -> {});
        Hub b = node(options -> {});
        RecordingSink other = client(a, StartPosition.live(), "u");
        RecordingSink both = client(b, StartPosition.live(), "t", "u");
        get(a.end("t", Event.of("last")));
        assertThatThrownBy(() -> get(a.publish("t", Event.of("x")))).hasCauseInstanceOf(TopicEndedException.class);
        get(b.publish("u", Event.of("no gap so far")));
        awaitData(both, "last", "no gap so far");
        memory.appendForeign(new Backplane.Change.Events(List.of(new Publication("t", Event.of("late")))));
        get(a.publish("u", Event.of("after")));
        both.await(() -> both.data().contains("after"));
        assertThat(both.gaps()).hasSize(1);
        assertThat(both.data()).doesNotContain("late");
        awaitData(other, "no gap so far", "after");
        Awaitility.await()
                .untilAsserted(
                        () -> assertThat(a.backplane().orElseThrow().skipped()).isEqualTo(1));
        Awaitility.await()
                .untilAsserted(
                        () -> assertThat(b.backplane().orElseThrow().skipped()).isEqualTo(1));
    }

    @Test
    void aRevocationThatIsOlderThanTheHubEndsNoStream() throws Exception {
        Hub a = node(options -> {});
        RecordingSink ann = client(a, Identity.of("ann"), StartPosition.live(), "t");
        Backplane.Change revocation = new Backplane.Change.Revocation("ann");
        memory.load(revocation, System.currentTimeMillis() - 600_000);
        get(a.publish("t", Event.of("one")));
        awaitData(ann, "one");
        assertThat(ann.endReason()).isNull();
        memory.load(revocation, System.currentTimeMillis()); // this node could not read it when it was made
        ann.await(() -> ann.endReason() != null);
        assertThat(ann.endReason()).isEqualTo(CloseReason.REVOKED);
    }

    @Test
    void outcomesDoNotWaitForAUserExecutorThatIsFull() throws Exception {
        List<Runnable> neverRun = new CopyOnWriteArrayList<>();
        Hub a = node(options -> options.userExecutor(neverRun::add));
        assertThat(get(a.publish("t", Event.of("one"))).duplicate()).isFalse();
        memory.unavailable = "away";
        assertThatThrownBy(() -> get(a.publish("t", Event.of("two")))).hasCauseInstanceOf(BackplaneException.class);
    }

    @Test
    void manyOutcomesCompleteOnOneThread() throws Exception {
        Hub a = node(options -> {});
        memory.hold(0);
        Set<String> threads = ConcurrentHashMap.newKeySet();
        List<CompletableFuture<Void>> all = new ArrayList<>();
        for (int i = 0; i < 200; i++) {
            if (i == 100) {
                memory.unavailable = "away";
            }
            all.add(a.publish("t", Event.of("e" + i))
                    .handle((published, failure) -> {
                        threads.add(Thread.currentThread().getName());
                        return (Void) null;
                    })
                    .toCompletableFuture());
        }
        memory.releaseAll(0);
        get(CompletableFuture.allOf(all.toArray(CompletableFuture[]::new)));
        // The thread of the test, if the stage had failed before it looked.
        assertThat(threads).isSubsetOf("sluice-outcomes", Thread.currentThread().getName());
    }

    @Test
    void aPublicationFailsWhileTheBackplaneIsAwayAndIsCounted() {
        Hub a = node(options -> {});
        memory.unavailable = "away";
        assertThatThrownBy(() -> get(a.publish("t", Event.of("x")))).hasCauseInstanceOf(BackplaneException.class);
        assertThatThrownBy(() -> get(a.revoke("ann"))).hasCauseInstanceOf(BackplaneException.class);
        assertThat(a.stats().failedPublishes()).isEqualTo(1);
        assertThat(a.stats().published()).isZero();
        assertThat(a.backplane().orElseThrow().unavailable()).isEqualTo("away");
    }

    @Test
    void aHistoryAndABackplaneExcludeEachOther(@TempDir Path folder) {
        HubBuilder options = Hub.builder()
                .backplane(memory.node())
                .history(MvStoreHistory.builder(folder).build());
        assertThatThrownBy(options::build)
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("history");
    }
}
