package io.sluice.sse.hub;

import static org.assertj.core.api.Assertions.assertThat;

import io.sluice.sse.CloseReason;
import io.sluice.sse.DirectSendPolicy;
import io.sluice.sse.Event;
import io.sluice.sse.Identity;
import io.sluice.sse.Ledger;
import io.sluice.sse.hub.lane.FakeSink;
import io.sluice.sse.hub.lane.HubFixture;
import io.sluice.sse.test.ReceivedEvent;
import io.sluice.sse.topic.OverflowPolicy;
import io.sluice.sse.topic.Selector;
import io.sluice.sse.topic.StartPosition;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Wherever a client starts, a presence topic sends the member list first, later changes afterwards, and nothing else.
 */
class PresenceStartTest {

    private static final String ROOM = "rooms/7";
    private static final String PRESENCE = "presence/rooms/7";

    private static HubFixture bench(Consumer<HubBuilder> more) {
        return new HubFixture(options -> {
            options.presence(Presence.of("rooms/*").withEvents("presence")).overflow(OverflowPolicy.GAP);
            more.accept(options);
        });
    }

    private static FakeSink open(HubFixture bench, @Nullable String principal, StartPosition start, String... terms) {
        FakeSink sink = bench.sink();
        if (principal != null) {
            sink.identity(Identity.of(principal));
        }
        bench.open(sink, start, null, terms);
        settle(bench);
        return sink;
    }

    private static void join(HubFixture bench, String principal) {
        open(bench, principal, StartPosition.live(), ROOM);
    }

    private static void settle(HubFixture bench) {
        bench.run();
        bench.advanceHub(0);
        bench.run();
    }

    private static List<String> received(FakeSink sink) {
        return sink.events().stream()
                .map(event -> event.type() + " " + principals(event))
                .toList();
    }

    private static String principals(ReceivedEvent event) {
        return event.data().replaceAll("\\{.*\"principals?\":|[\\[\\]\"{}]|,\"topic\".*", "");
    }

    static Stream<StartPosition> starts() {
        return Stream.of(
                StartPosition.live(),
                StartPosition.replay(2),
                StartPosition.replay(50),
                StartPosition.since(Instant.parse("2026-11-21T09:00:00Z")),
                StartPosition.after("leads-nowhere"),
                StartPosition.after("0000000007-00000000000"));
    }

    @ParameterizedTest
    @MethodSource("starts")
    void theMemberListComesFirstAndThenLaterChanges(StartPosition start) {
        try (HubFixture bench = bench(options -> {})) {
            join(bench, "ann");
            FakeSink bob = open(bench, "bob", StartPosition.live(), ROOM);
            bob.close(CloseReason.CLIENT_LEFT);
            settle(bench);
            FakeSink cid = open(bench, null, start, PRESENCE);
            join(bench, "dan");
            assertThat(received(cid)).containsExactly("present ann", "join dan");
            assertThat(cid.gaps()).as("nothing is missed").isEmpty();
        }
    }

    @ParameterizedTest
    @MethodSource("starts")
    void evictedPresenceChangesAreNoGap(StartPosition start) {
        try (HubFixture bench = bench(options -> options.historyEvents(1))) {
            join(bench, "ann");
            join(bench, "bob");
            FakeSink cid = open(bench, null, start, PRESENCE);
            assertThat(received(cid)).containsExactly("present ann,bob");
            assertThat(cid.gaps()).isEmpty();
        }
    }

    /** The messages of the room are replayed; presence changes do not count towards the replay. */
    @ParameterizedTest
    @MethodSource("starts")
    void onAStreamWithTheRoomOnlyTheRoomIsReplayed(StartPosition start) {
        try (HubFixture bench = bench(options -> {})) {
            bench.publish(ROOM, "one");
            bench.publish(ROOM, "two");
            for (int i = 0; i < 20; i++) {
                join(bench, "p" + i);
            }
            FakeSink cid = open(bench, null, start, ROOM, PRESENCE);
            bench.publish(ROOM, "three");
            join(bench, "zoe");
            boolean isLive = start == StartPosition.live();
            assertThat(cid.events().stream().map(ReceivedEvent::type))
                    .filteredOn(type -> type.equals("join") || type.equals("leave"))
                    .hasSize(1);
            assertThat(cid.data()).contains("three");
            assertThat(cid.data().contains("two")).isEqualTo(!isLive);
            assertThat(cid.data().contains("one")).isEqualTo(!isLive);
            assertThat(received(cid)).last().isEqualTo("join zoe");
        }
    }

    @Test
    void aPatternDeliversLaterChangesOnly() {
        try (HubFixture bench = bench(options -> options.historyEvents(2))) {
            String first = bench.publish("other", "before");
            bench.publish(ROOM, "message");
            for (int i = 0; i < 5; i++) {
                join(bench, "p" + i);
            }
            for (StartPosition start : List.of(StartPosition.replay(50), StartPosition.after(first))) {
                FakeSink all = open(bench, null, start, "**");
                String late = "late" + start.replay();
                join(bench, late);
                assertThat(received(all)).endsWith("message message", "join " + late);
                assertThat(all.gaps()).isEmpty();
            }
        }
    }

    /** A presence topic that has expired with all its events causes no gap either. */
    @Test
    void aRemovedPresenceTopicIsNoGapForAPattern() {
        try (HubFixture bench = bench(options -> options.historyAge(Duration.ofSeconds(10)))) {
            String first = bench.publish("other", "before");
            join(bench, "ann");
            bench.advance(Duration.ofSeconds(5).toNanos());
            bench.publish("other", "kept");
            bench.advance(Duration.ofSeconds(7).toNanos());
            FakeSink all = open(bench, null, StartPosition.after(first), "presence/**", "other");
            assertThat(all.gaps()).as("only the topic's own loss").hasSizeLessThanOrEqualTo(0);
            assertThat(all.data()).containsExactly("kept");
        }
    }

    @Test
    void aClientThatReachesItsLaneLateGetsNoEarlierPresenceChanges() {
        try (HubFixture bench = bench(options -> {})) {
            FakeSink watcher = open(bench, null, StartPosition.live(), ROOM, PRESENCE);
            String first = bench.publish(ROOM, "one");
            // The lane has not run since, so its position is before these events and before the start of the client.
            bench.hub.publish(PRESENCE, Event.of("join", "old"));
            bench.hub.publish(ROOM, Event.of("two"));
            FakeSink back = bench.sink();
            bench.open(back, StartPosition.after(first), Selector.of(ROOM, PRESENCE));
            settle(bench);
            bench.hub.publish(PRESENCE, Event.of("join", "new"));
            settle(bench);
            assertThat(back.data()).containsSubsequence("two", "new").doesNotContain("old");
            assertThat(watcher.data()).containsSubsequence("one", "old", "two", "new");
        }
    }

    /** A connected client that has missed changes gets the gap and a new list, so its state is correct again. */
    @Test
    void afterAGapTheMemberListIsSentAgain() {
        try (HubFixture bench = bench(options -> options.historyEvents(2))) {
            FakeSink slow = open(bench, null, StartPosition.live(), PRESENCE);
            bench.onLane(() -> slow.full(true));
            FakeSink ann = open(bench, "ann", StartPosition.live(), ROOM);
            settle(bench);
            ann.close(CloseReason.CLIENT_LEFT);
            settle(bench);
            for (int i = 0; i < 4; i++) {
                join(bench, "p" + i);
            }
            bench.onLane(() -> slow.full(false));
            settle(bench);
            assertThat(slow.gaps()).hasSize(1);
            assertThat(received(slow)).contains("present p0,p1,p2,p3");
        }
    }

    /** The lists wait for the client. In the queue of direct sends they would take the room of the application's. */
    @Test
    void afterAGapTheListsWaitUntilTheClientReads() {
        try (HubFixture bench = bench(
                options -> options.historyEvents(2).directSendEvents(3).directSendPolicy(DirectSendPolicy.CLOSE))) {
            FakeSink slow = bench.sink();
            bench.open(slow, StartPosition.live(), null, PRESENCE, "presence/rooms/8", "presence/rooms/9");
            settle(bench);
            bench.onLane(() -> slow.full(true));
            for (int i = 0; i < 4; i++) {
                join(bench, "p" + i);
            }
            bench.onLane(() -> {
                slow.stall(10); // the gap fills the connection
                slow.full(false);
            });
            settle(bench);
            slow.send(Event.of("direct")); // has the queue for itself
            assertThat(slow.isOpen()).isTrue();
            join(bench, "p4");
            slow.read();
            settle(bench);
            assertThat(slow.gaps()).isNotEmpty();
            assertThat(slow.data()).contains("direct");
            assertThat(received(slow)).contains("present p0,p1,p2,p3,p4");
            assertThat(received(slow).stream().filter("present "::equals))
                    .as("the empty rooms, at the start and after the gap")
                    .hasSizeGreaterThanOrEqualTo(4);
            assertThat(bench.hub.ledger().count(Ledger.Kind.LISTENERS)).isZero();
        }
    }
}
