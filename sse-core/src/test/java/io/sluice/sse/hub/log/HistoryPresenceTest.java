package io.sluice.sse.hub.log;

import static org.assertj.core.api.Assertions.assertThat;

import io.sluice.sse.CloseReason;
import io.sluice.sse.Event;
import io.sluice.sse.Identity;
import io.sluice.sse.history.MvStoreHistory;
import io.sluice.sse.history.SyncPolicy;
import io.sluice.sse.hub.HubBuilder;
import io.sluice.sse.hub.HubTestAccess;
import io.sluice.sse.hub.Presence;
import io.sluice.sse.hub.lane.FakeSink;
import io.sluice.sse.test.ReceivedEvent;
import io.sluice.sse.topic.Selector;
import io.sluice.sse.topic.StartPosition;
import io.sluice.sse.topic.TopicInfo;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** With a durable history, joins of an earlier process are not replayed: a client sees no ghosts. */
class HistoryPresenceTest {

    private static final String ROOM = "rooms/7";
    private static final String PRESENCE = "presence/rooms/7";

    @TempDir
    Path directory;

    private final ArrayDeque<Runnable> reports = new ArrayDeque<>();

    private HistoryFixture bench(SyncPolicy sync, Consumer<HubBuilder> more) {
        return new HistoryFixture(MvStoreHistory.builder(directory).sync(sync).build(), options -> {
            HubTestAccess.timer(options, (task, delay) -> {
                if (delay == 0) {
                    reports.add(task);
                }
                return () -> {};
            });
            more.accept(options.presence(Presence.of("rooms/*").withEvents("presence")));
        });
    }

    private void settle(HistoryFixture bench) {
        bench.lane.runAll();
        while (!reports.isEmpty()) {
            reports.remove().run();
        }
        bench.lane.runAll();
    }

    private FakeSink open(HistoryFixture bench, String principal, StartPosition start, String... terms) {
        FakeSink sink = new FakeSink(bench.hubLane, null);
        sink.identity(Identity.of(principal));
        bench.onLane(() -> sink.open(io.sluice.sse.topic.Selector.of(terms), start, null));
        settle(bench);
        return sink;
    }

    private static List<String> types(FakeSink sink) {
        return sink.events().stream().map(ReceivedEvent::type).toList();
    }

    @Test
    void afterARestartNoPrincipalOfThePreviousProcessIsPresent() {
        String seen;
        try (HistoryFixture bench = bench(SyncPolicy.os(), options -> options.historyEvents(10))) {
            bench.publish(ROOM, "hello");
            open(bench, "ann", StartPosition.live(), ROOM);
            FakeSink bob = open(bench, "bob", StartPosition.live(), ROOM, PRESENCE);
            assertThat(types(bob)).containsExactly("present", "join");
            seen = bob.lastEventId();
        }
        try (HistoryFixture bench = bench(SyncPolicy.os(), options -> options.historyEvents(10))) {
            for (StartPosition start : List.of(StartPosition.replay(50), StartPosition.after(seen))) {
                FakeSink carol = open(bench, "carol", start, ROOM, PRESENCE);
                boolean isReplay = start.replay() > 0;
                bench.until(() -> types(carol).size() >= (isReplay ? 3 : 2));
                settle(bench);
                assertThat(carol.events().get(0).data()).contains("\"principals\":[\"carol\"]");
                assertThat(types(carol))
                        .isEqualTo(isReplay ? List.of("present", "message", "join") : List.of("present", "join"));
                assertThat(carol.data().toString()).doesNotContain("ann", "bob");
                assertThat(carol.gaps()).isEmpty();
                carol.close(CloseReason.CLIENT_LEFT);
                settle(bench);
            }
            assertThat(bench.hub.members(ROOM)).isEmpty();
        }
    }

    /** The store contains presence topics, from an older version or from a hub without presence. */
    @Test
    void joinsStoredByAnOlderHubAreNotReplayed() {
        try (HistoryFixture bench = new HistoryFixture(directory)) {
            bench.publish(PRESENCE, Event.of("join", "ghost"));
            bench.publishMany(PRESENCE, 0, 30);
            bench.publish(ROOM, "hello");
        }
        MvStoreHistory small = MvStoreHistory.builder(directory)
                .sync(SyncPolicy.os())
                .totalBytes(3000)
                .build();
        try (HistoryFixture bench = new HistoryFixture(
                small, options -> options.presence(Presence.of("rooms/*").withEvents("presence")))) {
            FakeSink carol = bench.open(StartPosition.replay(50), ROOM, PRESENCE);
            bench.untilReceived(carol, 2);
            assertThat(types(carol)).containsExactly("present", "message");
            assertThat(bench.hub.topics(null, 9)).extracting(TopicInfo::name).contains(ROOM);
            for (int i = 0; i < 60; i++) {
                bench.publish(ROOM, Integer.toString(i)); // the store evicts the old joins
                bench.lane.runAll(); // before the store evicts this event, too
            }
            bench.untilStored();
            bench.untilReceived(carol, 62);
            assertThat(bench.publish(ROOM, "still works")).isNotNull();
        }
    }

    /** Presence changes are not stored. A stage or a read that waits for the position of one must not wait forever. */
    @Test
    void waitsForTheDiskDoNotIncludePresenceChanges() throws Exception {
        try (HistoryFixture bench = bench(SyncPolicy.always(), options -> options.historyEvents(2))) {
            bench.publishMany(ROOM, 0, 10);
            CompletableFuture<?> change =
                    bench.hub.publish(PRESENCE, Event.of("join", "x")).toCompletableFuture();
            change.get(60, TimeUnit.SECONDS);
            CompletableFuture<?> both =
                    bench.hub.publish(List.of(PRESENCE, ROOM), Event.of("both")).toCompletableFuture();
            both.get(60, TimeUnit.SECONDS);
            bench.hub
                    .publish(PRESENCE, Event.of("join", "y"))
                    .toCompletableFuture()
                    .get(60, TimeUnit.SECONDS);
            FakeSink sink = bench.open(StartPosition.replay(8), ROOM);
            bench.untilReceived(sink, 8);
            assertThat(sink.data()).containsExactly("3", "4", "5", "6", "7", "8", "9", "both");
        }
        try (HistoryFixture bench = bench(SyncPolicy.always(), options -> options.historyEvents(2))) {
            FakeSink sink = bench.open(StartPosition.replay(2), ROOM, PRESENCE);
            bench.untilReceived(sink, 3);
            assertThat(sink.data()).last().isEqualTo("both");
        }
    }

    /** A failed history publishes nothing, so subscribers of the presence topic would keep an old list for good. */
    @Test
    void aChangeThatCannotBePublishedSendsTheListAgain() {
        GatedHistory history = new GatedHistory(
                MvStoreHistory.builder(directory).sync(SyncPolicy.always()).build());
        try (HistoryFixture bench = new HistoryFixture(
                history, options -> options.presence(Presence.of("rooms/*").withEvents("presence")))) {
            FakeSink watcher = bench.open(StartPosition.live(), "presence/rooms/7");
            history.appendFails = new IllegalStateException("No space left on device");
            assertThat(bench.hub.publish("a", Event.of("x")).toCompletableFuture())
                    .failsWithin(Duration.ofSeconds(60));
            FakeSink ann = new FakeSink(bench.hubLane, null);
            ann.identity(Identity.of("ann"));
            bench.onLane(() -> ann.open(Selector.of("rooms/7"), StartPosition.live(), null));
            bench.until(() -> watcher.data().size() == 2);
            assertThat(types(watcher)).containsExactly("present", "present");
            assertThat(watcher.data().get(1)).contains("\"principals\":[\"ann\"]");
            assertThat(bench.hub.stats().failedPublishes()).isPositive();
        }
    }
}
