package io.sluice.sse.backplane;

import static org.assertj.core.api.Assertions.assertThat;

import io.sluice.sse.Event;
import io.sluice.sse.hub.Hub;
import io.sluice.sse.test.RecordingSink;
import io.sluice.sse.topic.OverflowPolicy;
import io.sluice.sse.topic.Publication;
import io.sluice.sse.topic.StartPosition;
import java.time.Instant;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

/** What a sequence that another program has changed, or that is long, means for clients that are served from it. */
class KeptSequenceFaultsTest extends KeptSequence {

    private static void assertLost(RecordingSink sink, int gaps) {
        assertThat(sink.gaps())
                .hasSize(gaps)
                .allSatisfy(gap -> assertThat(gap.data()).contains("\"reason\":\"lost\""));
        assertThat(sink.endReason()).isNull();
    }

    /** Changes of a topic that no client subscribes to. */
    private void appendMany(String topic, int changes) {
        for (int i = 0; i < changes; i += 500) {
            memory.appendForeign(
                    new Backplane.Change.Events(Collections.nCopies(500, new Publication(topic, Event.of("x")))));
        }
    }

    @Test
    void onlyAClientThatReadsAcrossAHoleGetsAGapThere() throws Exception {
        Hub a = node();
        String before = publish(a, "t", "before");
        publishMany(a, "before the hole", 0, 10);
        publish(a, "in memory", "e0");
        publishMany(a, "t", 0, 6);
        memory.deleteNewest(2);
        List<String> after = publishMany(a, "t", 6, 20);
        RecordingSink slow =
                client(a, StartPosition.after(before), "before the hole").stall(0);
        for (String selector : List.of("t", "*")) {
            RecordingSink across = client(a, StartPosition.after(before), selector);
            across.await(() -> across.data().contains("e19"));
            assertThat(across.data())
                    .containsSubsequence(data(0, 4))
                    .endsWith(data(6, 20).toArray(String[]::new));
            assertLost(across, 1);
        }
        awaitData(client(a, StartPosition.after(after.get(0)), "t"), data(7, 20));
        awaitData(client(a, StartPosition.after(before), "in memory"), data(0, 1));
        awaitData(client(a, StartPosition.after(before), "before the hole"), data(0, 10));
        slow.read();
        awaitData(slow, data(0, 10));
    }

    @Test
    void eachHoleIsAGapAndAHoleAtTheBeginIsATrim() throws Exception {
        Hub a = node();
        String before = publish(a, "t", "before");
        publishMany(a, "t", 0, 3);
        memory.trim(false);
        publishMany(a, "t", 3, 6);
        memory.deleteNewest(1);
        publishMany(a, "t", 6, 8);
        memory.deleteNewest(1);
        publishMany(a, "t", 8, 20);
        RecordingSink sink = client(a, StartPosition.after(before), "t");
        sink.await(() -> sink.data().contains("e19"));
        assertThat(sink.data()).containsSubsequence("e3", "e4", "e6", "e8").doesNotContain("e2", "e5", "e7");
        assertThat(sink.gaps())
                .extracting(gap -> gap.data().replaceAll(".*\"reason\":\"(\\w+)\".*", "$1"))
                .containsExactly("evicted", "lost", "lost");
    }

    @Test
    void aSearchForRemovalsLetsOtherClientsHaveTheirTurn() throws Exception {
        Hub a = node();
        String before = publish(a, "old", "before");
        publishMany(a, "old", 0, 1);
        appendMany("x", 10_000);
        Hub late = node();
        List<String> recent = publishMany(late, "t", 0, 10);
        CountDownLatch secondWaits = new CountDownLatch(1);
        memory.onRead = () -> awaitLatch(secondWaits);
        RecordingSink first = client(late, StartPosition.after(before), "old");
        first.run();
        RecordingSink second = client(late, StartPosition.after(recent.get(0)), "t");
        second.run();
        secondWaits.countDown();
        awaitData(second, data(1, 10));
        assertThat(memory.reads).isLessThan(10);
        awaitData(first, data(0, 1));
    }

    private static void awaitLatch(CountDownLatch latch) {
        try {
            latch.await();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    @Test
    void aSearchForRemovalsContinuesWhereItHasFailed() throws Exception {
        Hub a = node();
        String before = publish(a, "old", "before");
        publishMany(a, "old", 0, 5);
        a.remove("old").toCompletableFuture().join();
        publishMany(a, "old", 5, 6);
        appendMany("x", 10_000);
        Hub late = node();
        AtomicInteger left = new AtomicInteger();
        memory.onRead = () -> {
            if (left.getAndDecrement() <= 0) {
                throw BackplaneException.notRead("away", null);
            }
        };
        for (int attempt = 0; ; attempt++) {
            assertThat(attempt).isLessThan(20);
            left.set(5);
            RecordingSink sink = client(late, StartPosition.after(before), "old");
            sink.await(() -> sink.endReason() != null || sink.data().contains("e5"));
            if (sink.endReason() == null) {
                assertThat(sink.data()).containsExactly("e5"); // the others were removed
                return;
            }
        }
    }

    @Test
    void aNodeThatBeginsBeforeTheBackplaneServesWhatIsOlderLater() throws Exception {
        Hub a = node();
        String before = publish(a, "t", "before");
        publishMany(a, "t", 0, 5);
        memory.unavailable = "away";
        Backplane connectsLater = memory.node();
        Hub b = Hub.builder().backplane(connectsLater).historyEvents(3).build();
        toClose.add(0, b);
        RecordingSink byName = client(b, StartPosition.live(), "t");
        RecordingSink byPattern = client(b, StartPosition.live(), "*", "none/*");
        memory.unavailable = null;
        memory.begin(connectsLater);
        publishMany(b, "t", 5, 15);
        for (RecordingSink live : List.of(byName, byPattern)) {
            live.await(() -> live.data().contains("e14"));
            assertThat(live.data()).isEqualTo(data(5, 15));
            assertLost(live, 1);
        }
        awaitData(client(b, StartPosition.after(before), "t"), data(0, 15));
        awaitData(client(b, StartPosition.after(before), "*"), data(0, 15));
        awaitData(client(b, StartPosition.replay(12), "t"), data(3, 15));
        RecordingSink since = client(b, StartPosition.since(Instant.now().minusSeconds(60)), "t");
        since.await(() -> since.data().contains("e14"));
        assertThat(since.data()).startsWith("before", "e0").hasSize(16);
        assertThat(since.gaps()).isEmpty();
    }

    private static String publishKey(Hub hub, String key, String data) throws Exception {
        Event event = Event.builder().key(key).data(data).build();
        return publish(hub, new Publication("price/x", event));
    }

    @Test
    void aTopicThatConflatesIsServedFromTheSequenceByANodeThatBeganLater() throws Exception {
        Hub a = node(options -> options.conflate("price/*"));
        String first = publishKey(a, "k1", "e0");
        publishKey(a, "k2", "e1");
        publishKey(a, "k1", "e2");
        Hub late = node(options -> options.conflate("price/*"));
        for (int i = 3; i < 10; i++) {
            publishKey(late, "k" + i, "e" + i);
        }
        awaitData(client(late, StartPosition.after(first), "price/x"), data(1, 10));
        awaitData(client(late, StartPosition.after(first), "price/*"), data(1, 10));
        awaitData(client(late, StartPosition.since(Instant.now().minusSeconds(60)), "price/x"), data(0, 10));
        memory.trim(true);
        RecordingSink old = client(late, StartPosition.after(first), "price/x");
        old.await(() -> old.data().contains("e9"));
        assertThat(old.gaps()).hasSize(1);
    }

    @Test
    void aReplayOfAsManyEventsAsTheRingsHaveIsNotLonger() throws Exception {
        Hub a = node();
        publish(a, "quiet", "quiet");
        publishMany(a, "busy", 0, 50);
        awaitData(client(a, StartPosition.replay(4), "quiet", "busy"), data(46, 50));
        awaitData(client(a, StartPosition.replay(4), "*"), data(46, 50));
    }

    /** The rings reach below the trimmed position: an event there is lost when its ring evicts it. */
    @Test
    void whatARemovedTopicEvictsAfterTheTrimIsAGap() throws Exception {
        Hub a = node(options -> options.historyTotalBytes(3_000).overflow(OverflowPolicy.GAP));
        RecordingSink sink = client(a, StartPosition.live(), "rooms/*").stall(0);
        for (int i = 0; i < 4; i++) {
            publish(a, "rooms/" + i, "e" + i);
        }
        publishUntilRemoved(a, "rooms/0", sink);
        memory.trim(true);
        sink.stall(1).run(); // its connection takes the gap, and nothing after it
        assertThat(sink.pendingBytes()).isPositive();
        publishUntilRemoved(a, "rooms/3", sink);
        publish(a, "rooms/9", "e9");
        sink.read().await(() -> sink.data().contains("e9"));
        assertThat(sink.data()).doesNotContain("e0", "e3");
        assertThat(sink.gaps()).hasSize(2);
    }

    private void publishUntilRemoved(Hub hub, String topic, RecordingSink sink) throws Exception {
        for (int i = 0;
                hub.topics(null, 100).stream().anyMatch(each -> each.name().equals(topic));
                i++) {
            assertThat(i).isLessThan(100);
            publish(hub, "other/" + topic + i, "x");
            sink.run(); // an event is spared that its lane has not looked at
        }
    }
}
