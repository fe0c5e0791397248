package io.sluice.sse.backplane;

import static org.assertj.core.api.Assertions.assertThat;

import io.sluice.sse.CloseReason;
import io.sluice.sse.Event;
import io.sluice.sse.Identity;
import io.sluice.sse.hub.Hub;
import io.sluice.sse.test.RecordingSink;
import io.sluice.sse.topic.Publication;
import io.sluice.sse.topic.Recipients;
import io.sluice.sse.topic.Selector;
import io.sluice.sse.topic.StartPosition;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** Clients that are older than the memory of their node, with a backplane that keeps the sequence. */
class KeptSequenceTest extends KeptSequence {

    @Test
    void aClientBelowTheRingGetsEverythingFromTheSequence() throws Exception {
        Hub a = node();
        String before = publish(a, "t", "before");
        publish(a, "other", "not for this client");
        publishMany(a, "t", 0, 2000);
        RecordingSink sink = client(a, StartPosition.after(before), "t");
        awaitData(sink, data(0, 2000));
        publish(a, "t", "e2000");
        awaitData(sink, data(0, 2001));
    }

    @Test
    void aNodeThatJoinsLaterServesWhatItHasNeverRead() throws Exception {
        Hub a = node();
        List<String> ids = publishMany(a, "t", 0, 10);
        Hub b = node();
        publishMany(a, "t", 10, 12);
        awaitData(client(b, StartPosition.after(ids.get(4)), "t"), data(5, 12));
        awaitData(client(b, StartPosition.after(ids.get(4)), "*"), data(5, 12));
        awaitData(client(b, StartPosition.replay(5), "t"), data(7, 12));
    }

    @Test
    void aReplayOfMoreThanTheRingHoldsIsCompleted() throws Exception {
        Hub a = node();
        publish(a, "t", "too old");
        publishMany(a, "t", 0, 20);
        publish(a, "u", "of another topic");
        awaitData(client(a, StartPosition.replay(20), "t"), data(0, 20));
        awaitData(client(a, StartPosition.replay(2), "t"), data(18, 20));
        RecordingSink all = client(a, StartPosition.replay(1000), "*");
        all.await(() -> all.data().contains("of another topic"));
        assertThat(all.data()).hasSize(22);
        assertThat(all.gaps()).isEmpty();
    }

    @Test
    void aStartAtATimeBelowTheRingIsFound() throws Exception {
        Hub a = node();
        long now = System.currentTimeMillis();
        for (int i = 0; i < 20; i++) {
            memory.load(
                    new Backplane.Change.Events(List.of(new Publication("t", Event.of("e" + i)))),
                    now - (20 - i) * 60_000L);
        }
        Instant since = Instant.ofEpochMilli(now - 10 * 60_000L);
        awaitData(client(a, StartPosition.since(since), "t"), data(10, 20));
    }

    @Test
    void aTrimmedSequenceIsAGapAndTheRestFollows() throws Exception {
        for (boolean notifies : new boolean[] {true, false}) { // otherwise the read finds it
            Hub a = node();
            String before = publish(a, "t", "before");
            publishMany(a, "t", 0, 5);
            memory.trim(notifies);
            publishMany(a, "t", 5, 15);
            RecordingSink sink = client(a, StartPosition.after(before), "t");
            sink.await(() -> sink.data().contains("e14"));
            assertThat(sink.gaps())
                    .singleElement()
                    .satisfies(gap ->
                            assertThat(gap.data()).contains("\"evicted\"").contains(before));
            assertThat(sink.data()).endsWith(data(5, 15).toArray(String[]::new)).doesNotContain("e4");
        }
    }

    /** The ring of one topic reaches below the trimmed position, and what another one has evicted is above it. */
    @Test
    void aClientBelowTheTrimmedPositionGetsWhatTheRingsHave() throws Exception {
        Hub a = node();
        String before = publish(a, "t", "before");
        publishMany(a, "t", 0, 5);
        memory.trim(true);
        publishMany(a, "u", 5, 15);
        RecordingSink sink = client(a, StartPosition.after(before), "t", "u");
        sink.await(() -> sink.data().contains("e14"));
        assertThat(sink.data()).isEqualTo(data(2, 15));
        assertThat(sink.gaps()).hasSize(1);
    }

    @Test
    void aClientAfterTheTrimmedPositionHasNoGap() throws Exception {
        Hub a = node();
        publishMany(a, "t", 0, 5);
        memory.trim(true);
        List<String> ids = publishMany(a, "t", 5, 15);
        awaitData(client(a, StartPosition.after(ids.get(0)), "t"), data(6, 15));
    }

    @Test
    void aLossWithinTheSequenceIsAGapAtItsPlace() throws Exception {
        Hub a = node();
        String before = publish(a, "t", "before");
        publishMany(a, "t", 0, 5);
        memory.lose();
        publishMany(a, "t", 5, 15);
        RecordingSink sink = client(a, StartPosition.after(before), "t");
        sink.await(() -> sink.data().contains("e14"));
        assertThat(sink.gaps()).hasSize(1);
        assertThat(sink.data()).containsSubsequence(data(5, 15));
        assertThat(a.stats().gaps()).isEqualTo(1);
    }

    @Test
    void whatWasRemovedDoesNotComeBack() throws Exception {
        Hub a = node();
        String before = publish(a, "keep", "before");
        publishMany(a, "t", 0, 5);
        a.remove("t").toCompletableFuture().get(20, TimeUnit.SECONDS);
        Hub late = node();
        for (Hub hub : List.of(a, late)) {
            publishMany(hub, "t", 5, 10);
            publishMany(hub, "keep", 10, 15);
        }
        for (Hub hub : List.of(a, late)) {
            RecordingSink sink = client(hub, StartPosition.after(before), "t", "keep");
            sink.await(() -> sink.data().size() >= 20);
            assertThat(sink.data()).doesNotContainAnyElementsOf(data(0, 5)).containsSubsequence(data(5, 15));
        }
        assertThat(client(a, StartPosition.after(before), "t").gaps()).hasSize(1);
    }

    @Test
    void aTopicWithoutEventsInMemoryIsStillFoundByAPattern() throws Exception {
        Hub a = node(options -> options.historyTotalBytes(2_000));
        String before = publish(a, "first", "before");
        for (int i = 0; i < 50; i++) {
            publish(a, "rooms/" + i, "e" + i);
        }
        assertThat(a.topics(null, 100)).hasSizeLessThan(50);
        awaitData(client(a, StartPosition.after(before), "rooms/*"), data(0, 50));
        awaitData(client(a, StartPosition.replay(40), "rooms/*"), data(10, 50));
        awaitData(client(a, StartPosition.after(before), "rooms/3"), data(3, 4));
    }

    @Test
    void recipientsOfAnOldEventAreTheSame() throws Exception {
        Hub a = node();
        String before = publish(a, "t", "before");
        publish(a, new Publication("t", Event.of("for ann")).to(Recipients.principal("ann")));
        publishMany(a, "t", 0, 10);
        RecordingSink ann =
                RecordingSink.subscribe(a, Identity.of("ann"), Selector.of("t"), StartPosition.after(before));
        toClose.add(0, ann);
        RecordingSink other = client(a, StartPosition.after(before), "t");
        ann.await(() -> ann.data().contains("e9"));
        assertThat(ann.data()).startsWith("for ann", "e0");
        awaitData(other, data(0, 10));
    }

    @Test
    void anEventOfSeveralTopicsComesOnce() throws Exception {
        Hub a = node();
        String before = publish(a, "t", "before");
        for (int i = 0; i < 10; i++) {
            publish(a, Publication.of(Event.of("e" + i), List.of("t", "u")));
        }
        awaitData(client(a, StartPosition.after(before), "t", "u"), data(0, 10));
    }

    @Test
    void whileTheBackplaneIsAwayAnOldClientIsAskedToComeBack() throws Exception {
        Hub a = node();
        String before = publish(a, "t", "before");
        publishMany(a, "t", 0, 10);
        memory.unavailable = "away";
        RecordingSink sink = client(a, StartPosition.after(before), "t");
        sink.await(() -> sink.endReason() != null);
        assertThat(sink.endReason()).isEqualTo(CloseReason.RESET);
        memory.unavailable = null;
        awaitData(client(a, StartPosition.after(before), "t"), data(0, 10));
    }

    @Test
    void clientsAtTheSamePlaceShareThePages() throws Exception {
        Hub a = node();
        String before = publish(a, "t", "before");
        publishMany(a, "t", 0, 100);
        for (int i = 0; i < 20; i++) {
            awaitData(client(a, StartPosition.after(before), i % 2 == 0 ? "t" : "*"), data(0, 100));
        }
        assertThat(memory.reads).isLessThan(5);
    }

    @Test
    void aSlowClientThatWasLappedGetsTheRestFromTheSequence() throws Exception {
        Hub a = node();
        RecordingSink sink = client(a, StartPosition.live(), "t").stall(0);
        publishMany(a, "t", 0, 50);
        sink.read();
        awaitData(sink, data(0, 50));
    }

    @Test
    void conflatingTopicsKeepTheirStateNextToOthers() throws Exception {
        Hub a = node(options -> options.conflate("price/*"));
        for (int i = 0; i < 10; i++) {
            publish(
                    a,
                    new Publication(
                            "price/x", Event.builder().key("k").data("p" + i).build()));
            publish(a, "t", "e" + i);
        }
        RecordingSink replay = client(a, StartPosition.replay(5), "price/x", "t");
        replay.await(() -> replay.data().contains("e9"));
        replay.run();
        assertThat(replay.data()).contains("p9", "e7", "e8", "e9").doesNotContain("p0", "e1");
        assertThat(replay.gaps()).isEmpty();
    }

    /** Random clients over random topics: each gets exactly what was published, wherever it starts. */
    @Test
    void everyStartGetsExactlyTheRest() throws Exception {
        long seed = 20261130;
        Random random = new Random(seed);
        Hub a = node(options -> options.historyEvents(4).historyAge(Duration.ofHours(1)));
        List<String> ids = new ArrayList<>();
        List<String> topics = new ArrayList<>();
        for (int i = 0; i < 400; i++) {
            String topic = "t/" + random.nextInt(6);
            topics.add(topic);
            ids.add(publish(a, topic, "e" + i));
        }
        for (int i = 0; i < 100; i++) {
            int start = random.nextInt(400);
            String selected = random.nextInt(4) == 0 ? "t/*" : "t/" + random.nextInt(6);
            List<String> expected = IntStream.range(start + 1, 400)
                    .filter(each -> selected.equals("t/*") || topics.get(each).equals(selected))
                    .mapToObj(each -> "e" + each)
                    .toList();
            RecordingSink sink = client(a, StartPosition.after(ids.get(start)), selected);
            sink.await(() -> sink.data().size() >= expected.size());
            assertThat(sink.data())
                    .as("seed %d, start %d of %s", seed, start, selected)
                    .isEqualTo(expected);
            assertThat(sink.gaps()).isEmpty();
        }
    }
}
