package io.sluice.sse.hub.log;

import static org.assertj.core.api.Assertions.assertThat;

import io.sluice.sse.Event;
import io.sluice.sse.Identity;
import io.sluice.sse.hub.lane.FakeSink;
import io.sluice.sse.hub.lane.HubFixture;
import io.sluice.sse.hub.lane.LaneTestAccess;
import io.sluice.sse.topic.Publication;
import io.sluice.sse.topic.Recipients;
import io.sluice.sse.topic.Selector;
import io.sluice.sse.topic.StartPosition;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Publications for certain recipients, and later subscriptions, when events are read from the history. */
class HistoryRecipientsTest {

    @TempDir
    Path directory;

    private static void publish(HistoryFixture bench, String data, Recipients recipients) {
        bench.hub
                .publish(new Publication("a", Event.of(data)).to(recipients))
                .toCompletableFuture()
                .join();
    }

    private static FakeSink sink(HistoryFixture bench, String principal, String... groups) {
        FakeSink sink = new FakeSink(bench.hubLane, null);
        sink.identity(Identity.of(principal, groups));
        return sink;
    }

    private static void open(HistoryFixture bench, FakeSink sink, StartPosition start, String... terms) {
        bench.onLane(() -> sink.open(Selector.of(terms), start, null));
        bench.until(() -> !LaneTestAccess.isBehind(sink));
    }

    @Test
    void fromTheHistoryAndAfterARestartOnlyRecipientsGetTheEventAndOthersNoGap() {
        String before;
        try (HistoryFixture bench = new HistoryFixture(directory)) {
            before = bench.hub.headId();
            publish(bench, "all", Recipients.everybody());
            publish(bench, "ann", Recipients.principal("ann"));
            publish(bench, "ops", Recipients.group("ops"));
            publish(bench, "bob", Recipients.principal("bob"));
            bench.publishMany("a", 0, 20);
            assertEachReceivesItsOwn(bench, before);
        }
        try (HistoryFixture bench = new HistoryFixture(directory)) {
            assertEachReceivesItsOwn(bench, before);
        }
    }

    private static void assertEachReceivesItsOwn(HistoryFixture bench, String before) {
        FakeSink ann = sink(bench, "ann", "ops");
        FakeSink bob = sink(bench, "bob");
        FakeSink eve = sink(bench, "eve");
        for (FakeSink sink : new FakeSink[] {ann, bob, eve}) {
            open(bench, sink, StartPosition.after(before), "a");
            assertThat(sink.gaps()).isEmpty();
        }
        assertThat(ann.data().subList(0, 4)).containsExactly("all", "ann", "ops", "0");
        assertThat(bob.data().subList(0, 3)).containsExactly("all", "bob", "0");
        assertThat(eve.data().subList(0, 2)).containsExactly("all", "0");
        assertThat(ann.data()).endsWith("19").hasSize(23);
        assertThat(eve.data()).endsWith("19").hasSize(21);
    }

    /** The sinks of the next process are different clients, although they have the same ids. */
    @Test
    void recipientsByClientIdAreValidForOneProcess() {
        String before;
        String id;
        try (HistoryFixture bench = new HistoryFixture(directory)) {
            before = bench.hub.headId();
            FakeSink here = sink(bench, "here");
            FakeSink other = sink(bench, "other");
            id = here.id();
            publish(bench, "to it", Recipients.client(id));
            publish(bench, "to others", Recipients.except(id));
            bench.publishMany("a", 0, 20);
            open(bench, here, StartPosition.after(before), "a");
            open(bench, other, StartPosition.after(before), "a");
            assertThat(here.data().subList(0, 2)).containsExactly("to it", "0");
            assertThat(other.data().subList(0, 2)).containsExactly("to others", "0");
        }
        try (HistoryFixture bench = new HistoryFixture(directory)) {
            FakeSink stranger = sink(bench, "stranger");
            assertThat(stranger.id()).isEqualTo(id);
            open(bench, stranger, StartPosition.after(before), "a");
            assertThat(stranger.data().subList(0, 2)).containsExactly("to others", "0");
            assertThat(stranger.gaps()).isEmpty();
            publish(bench, "now to it", Recipients.client(id));
            publish(bench, "now to others", Recipients.except(id));
            bench.publishMany("a", 20, 40);
            FakeSink late = sink(bench, "late");
            open(bench, late, StartPosition.replay(22), "a");
            assertThat(late.data().subList(0, 2)).containsExactly("now to others", "20");
        }
    }

    @Test
    void aPositionAdvancesOverPagesWithoutEventsForTheClient() {
        try (HistoryFixture bench = new HistoryFixture(directory)) {
            String before = bench.hub.headId();
            for (int i = 0; i < 300; i++) {
                publish(bench, "x".repeat(2000), Recipients.principal("ann")); // several pages
            }
            bench.publishMany("a", 0, 3);
            FakeSink eve = sink(bench, "eve");
            open(bench, eve, StartPosition.after(before), "a");
            assertThat(eve.data()).containsExactly("0", "1", "2");
            FakeSink none =
                    bench.open(StartPosition.after(before), Selector.of("a").filtered(event -> false));
            bench.until(() -> !LaneTestAccess.isBehind(none));
            assertThat(none.data()).isEmpty();
            assertThat(none.gaps()).isEmpty();
        }
    }

    @Test
    void aLaterSubscriptionGetsNoEarlierEventsAlthoughItsSinkReadsTheHistory() {
        try (HistoryFixture bench = new HistoryFixture(directory)) {
            String before = bench.hub.headId();
            for (int i = 0; i < 100; i++) {
                bench.publish("a", "a" + i + "x".repeat(3000));
                bench.publish("b", "b" + i + "x".repeat(3000));
                bench.hub.publish(java.util.List.of("a", "b"), Event.of("ab" + i + "x".repeat(3000)));
            }
            FakeSink sink = sink(bench, "ann");
            bench.onLane(() -> sink.open(Selector.of("a"), StartPosition.after(before), null));
            var later = sink.subscribe(Selector.of("b", "**"));
            bench.until(() -> later.toCompletableFuture().isDone());
            bench.publishMany("b", 0, 50);
            bench.until(() -> !LaneTestAccess.isBehind(sink));
            bench.publishMany("b", 50, 60);
            bench.lane.runAll();
            assertThat(sink.gaps()).isEmpty();
            assertThat(sink.data()).hasSize(260);
            for (int i = 0; i < 100; i++) {
                assertThat(sink.data().get(2 * i)).startsWith("a" + i + "x");
                assertThat(sink.data().get(2 * i + 1)).startsWith("ab" + i + "x");
            }
            assertThat(sink.data().subList(200, 260)).isEqualTo(HubFixture.numbers(0, 60));
        }
    }
}
