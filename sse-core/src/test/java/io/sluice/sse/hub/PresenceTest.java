package io.sluice.sse.hub;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.tuple;

import io.sluice.sse.CloseReason;
import io.sluice.sse.Identity;
import io.sluice.sse.Observer;
import io.sluice.sse.Source;
import io.sluice.sse.hub.lane.FakeSink;
import io.sluice.sse.hub.lane.HubFixture;
import io.sluice.sse.hub.lane.LaneTestAccess;
import io.sluice.sse.hub.lane.LogLines;
import io.sluice.sse.test.ReceivedEvent;
import io.sluice.sse.topic.StartPosition;
import io.sluice.sse.topic.TopicLimitException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** Presence: joins and leaves in order, one of each for a principal, however many sinks it has. */
class PresenceTest {

    private static final long SECOND = TimeUnit.SECONDS.toNanos(1);

    private final ObservedPresence observed = new ObservedPresence();

    private HubFixture bench(Presence... presences) {
        return new HubFixture(
                options -> {
                    options.observer(observed);
                    List.of(presences).forEach(options::presence);
                },
                2,
                HubFixture.QUIET);
    }

    private static FakeSink open(HubFixture bench, int lane, String principal, String... terms) {
        FakeSink sink = new FakeSink(bench.hubLanes.get(lane), null);
        if (principal != null) {
            sink.identity(Identity.of(principal));
        }
        bench.open(sink, StartPosition.live(), null, terms);
        settle(bench);
        return sink;
    }

    private static void close(HubFixture bench, FakeSink sink) {
        sink.close(CloseReason.CLIENT_LEFT);
        settle(bench);
    }

    private static void settle(HubFixture bench) {
        bench.run();
        bench.advanceHub(0);
        bench.run();
    }

    @Test
    void severalSinksOfAPrincipalJoinOnceAndLeaveOnce() {
        try (HubFixture bench = bench(Presence.of("rooms/*"))) {
            FakeSink one = open(bench, 0, "ann", "rooms/7");
            FakeSink two = open(bench, 1, "ann", "rooms/7", "other");
            FakeSink bob = open(bench, 1, "bob", "rooms/7");
            close(bench, one);
            assertThat(bench.hub.members("rooms/7")).containsExactly("ann", "bob");
            close(bench, two);
            assertThat(observed.changes).containsExactly("+ann@rooms/7", "+bob@rooms/7", "-ann@rooms/7");
            assertThat(bench.hub.members("rooms/7")).containsExactly("bob");
            close(bench, bob);
            assertThat(HubTestAccess.hasNoPresence(bench.hub)).isTrue();
        }
    }

    /** The old connection of a client that has reconnected is detected as dead a minute later. */
    @Test
    void theLateEndOfAnOldSinkRemovesNoPresentPrincipal() {
        try (HubFixture bench = bench(Presence.of("**"))) {
            FakeSink old = open(bench, 0, "ann", "a");
            FakeSink current = open(bench, 1, "ann", "a");
            close(bench, old);
            assertThat(observed.changes).containsExactly("+ann@a");
            assertThat(bench.hub.members("a")).containsExactly("ann");
            close(bench, current);
            assertThat(observed.changes).containsExactly("+ann@a", "-ann@a");
        }
    }

    @Test
    void aReconnectWithinTheGracePeriodIsNeitherALeaveNorAJoin() {
        try (HubFixture bench = bench(Presence.of("**").withGracePeriod(Duration.ofSeconds(5)))) {
            FakeSink sink = open(bench, 0, "ann", "a");
            for (int i = 0; i < 3; i++) {
                close(bench, sink);
                bench.advanceHub(4 * SECOND);
                assertThat(bench.hub.members("a")).containsExactly("ann");
                sink = open(bench, i % 2, "ann", "a");
                bench.advanceHub(4 * SECOND);
            }
            assertThat(observed.changes).containsExactly("+ann@a");
            close(bench, sink);
            bench.advanceHub(5 * SECOND - 1);
            assertThat(observed.changes).containsExactly("+ann@a");
            bench.advanceHub(1);
            assertThat(observed.changes).containsExactly("+ann@a", "-ann@a");
            assertThat(HubTestAccess.hasNoPresence(bench.hub)).isTrue();
            assertThat(bench.hubTimers())
                    .as("no principal is in its grace period")
                    .isZero();
        }
    }

    @Test
    void theGracePeriodOfAPrincipalStartsAtTheEndOfItsLastSink() {
        try (HubFixture bench = bench(Presence.of("**").withGracePeriod(Duration.ofSeconds(5)))) {
            FakeSink ann = open(bench, 0, "ann", "a");
            FakeSink bob = open(bench, 0, "bob", "a");
            close(bench, ann);
            bench.advanceHub(3 * SECOND);
            close(bench, bob);
            bench.advanceHub(2 * SECOND);
            assertThat(observed.changes).endsWith("-ann@a");
            bench.advanceHub(2 * SECOND);
            assertThat(observed.changes).endsWith("-ann@a");
            bench.advanceHub(1 * SECOND);
            assertThat(observed.changes).endsWith("-ann@a", "-bob@a");
        }
    }

    /** A principal that returned within its grace period is queued after the others the next time. */
    @Test
    void aPrincipalThatReturnsDoesNotDelayTheLeaveOfOthers() {
        try (HubFixture bench = bench(Presence.of("**").withGracePeriod(Duration.ofSeconds(5)))) {
            FakeSink ann = open(bench, 0, "ann", "a");
            FakeSink bob = open(bench, 0, "bob", "a");
            close(bench, ann);
            bench.advanceHub(1 * SECOND);
            ann = open(bench, 0, "ann", "a");
            bench.advanceHub(1 * SECOND);
            close(bench, bob);
            bench.advanceHub(2 * SECOND);
            close(bench, ann);
            bench.advanceHub(3 * SECOND);
            assertThat(observed.changes).containsExactly("+ann@a", "+bob@a", "-bob@a");
            bench.advanceHub(2 * SECOND);
            assertThat(observed.changes).containsExactly("+ann@a", "+bob@a", "-bob@a", "-ann@a");
        }
    }

    @Test
    void ifTooManyAreInTheirGracePeriodTheFirstLeaveEarly() {
        List<String> left = new ArrayList<>();
        List<Runnable> due = new ArrayList<>();
        PresenceCounts counts = new PresenceCounts(
                Presence.of("**").withGracePeriod(Duration.ofHours(1)),
                () -> 0,
                (task, delay) -> {
                    if (delay == 0) {
                        due.add(task);
                    }
                    return () -> {};
                },
                (joined, principal, topic) -> left.add(joined ? "" : principal));
        for (int i = 0; i < PresenceCounts.MAX_LEAVING + 2; i++) {
            counts.join("a", "p" + i);
        }
        while (!due.isEmpty()) {
            due.remove(0).run();
        }
        left.clear();
        for (int i = 0; i < PresenceCounts.MAX_LEAVING + 2; i++) {
            counts.leave("a", "p" + i);
        }
        due.remove(0).run();
        assertThat(left).containsExactly("p0", "p1");
    }

    @Test
    void presenceOfTheHubCountsEverySinkWhateverItsSelector() {
        try (HubFixture bench = bench(Presence.ofHub().withEvents("presence"), Presence.of("a"))) {
            FakeSink watcher = open(bench, 0, null, "presence");
            FakeSink source = new FakeSink(bench.hubLane(), null);
            source.identity(Identity.of("ann"));
            bench.open(source, StartPosition.live(), (Source) sink -> {});
            settle(bench);
            FakeSink subscriber = open(bench, 1, "ann", "a");
            assertThat(bench.hub.members()).containsExactly("ann");
            close(bench, source);
            close(bench, subscriber);
            assertThat(observed.changes).containsExactlyInAnyOrder("+ann@null", "+ann@a", "-ann@a", "-ann@null");
            assertThat(watcher.events())
                    .extracting(ReceivedEvent::type, ReceivedEvent::data)
                    .containsExactly(
                            tuple("present", "{\"count\":0,\"principals\":[]}"),
                            tuple("join", "{\"principal\":\"ann\"}"),
                            tuple("leave", "{\"principal\":\"ann\"}"));
        }
    }

    @Test
    void aSubtreePatternCountsAsPresentAndOtherPatternsDoNot() {
        try (HubFixture bench = bench(Presence.of("rooms/*"))) {
            open(bench, 0, "ann", "rooms/7/**");
            open(bench, 0, "bob", "rooms/*");
            open(bench, 0, "cid", "rooms/**");
            open(bench, 0, "dan", "rooms/7/typing");
            open(bench, 0, null, "rooms/7");
            assertThat(bench.hub.members("rooms/7")).containsExactly("ann");
            assertThat(bench.hub.members("rooms")).isEmpty();
            assertThat(bench.hub.members("elsewhere")).isEmpty();
        }
        assertThat(observed.changes).containsExactly("+ann@rooms/7");
    }

    @Test
    void theMemberListPrecedesItsChanges() {
        try (HubFixture bench = bench(Presence.of("rooms/*").withEvents("presence"))) {
            open(bench, 0, "a\"n\\n\n", "rooms/7");
            FakeSink bob = open(bench, 1, "bob", "rooms/7", "presence/rooms/7");
            FakeSink cid = open(bench, 0, "cid", "rooms/7");
            close(bench, cid);
            assertThat(bob.events().stream().map(event -> event.type() + event.data()))
                    .containsExactly(
                            "present{\"topic\":\"rooms/7\",\"count\":2,"
                                    + "\"principals\":[\"a\\\"n\\\\n\\u000a\",\"bob\"]}",
                            "join{\"principal\":\"bob\",\"topic\":\"rooms/7\"}",
                            "join{\"principal\":\"cid\",\"topic\":\"rooms/7\"}",
                            "leave{\"principal\":\"cid\",\"topic\":\"rooms/7\"}");
            assertThat(bob.text()).as("the list has no id of its own").contains("\n\nevent: present\n");
            // A client that reconnects gets a new list first, and then the changes after it.
            FakeSink back = new FakeSink(bench.hubLane(), null);
            bench.open(back, StartPosition.after(bob.lastEventId()), null, "presence/rooms/7");
            open(bench, 0, "dan", "rooms/7");
            assertThat(back.events().stream().map(ReceivedEvent::type)).containsExactly("present", "join");
        }
    }

    @Test
    void aLongMemberListIsTruncatedAndContainsTheTotalCount() {
        List<String> principals = new ArrayList<>();
        for (int i = 0; i < 1500; i++) {
            principals.add("p" + (10_000 + i));
        }
        assertThat(PresenceJson.list("a", principals))
                .startsWith("{\"topic\":\"a\",\"count\":1500,\"principals\":[\"p10000\",")
                .endsWith("\"p10999\"]}");
    }

    @Test
    void presenceTopicsHaveNoPresenceThemselves() {
        try (HubFixture bench = bench(Presence.of("**").withEvents("presence"))) {
            open(bench, 0, "ann", "presence/a", "a");
        }
        assertThat(observed.changes).containsExactly("+ann@a");
    }

    @Test
    void aNameThatIsTooLongForItsPresenceTopicAffectsNoClient() {
        String room = "r".repeat(250);
        try (HubFixture bench = bench(Presence.of("**").withEvents("presence"));
                LogLines lines = LogLines.of(Hub.class)) {
            open(bench, 0, "ann", room);
            open(bench, 0, "bob", room);
            assertThat(observed.changes).containsExactly("+ann@" + room, "+bob@" + room);
            assertThat(lines.all()).anySatisfy(line -> assertThat(line).contains("was not published"));
        }
    }

    @Test
    void anObserverThatThrowsIsContained() {
        AtomicInteger calls = new AtomicInteger();
        Observer throwing = new Observer() {
            @Override
            public void joined(String principal, @Nullable String topic) {
                calls.incrementAndGet();
                throw new IllegalStateException("thrown by the test");
            }
        };
        try (HubFixture bench = new HubFixture(
                options -> options.observer(throwing).presence(Presence.of("**").withEvents("p")))) {
            FakeSink watcher = open(bench, 0, null, "p/a");
            open(bench, 0, "ann", "a");
            open(bench, 0, "bob", "a");
            assertThat(calls).hasValue(2);
            assertThat(bench.hub.stats().userCodeFailures()).isEqualTo(2);
            assertThat(watcher.events().stream().map(ReceivedEvent::type)).containsExactly("present", "join", "join");
        }
    }

    @Test
    void aRejectedClientNeverJoins() {
        try (HubFixture bench = new HubFixture(options -> options.observer(observed)
                .maxTopics(1)
                .presence(Presence.of("**"))
                .presence(Presence.ofHub()))) {
            bench.publish("only", "x");
            FakeSink sink = bench.sink();
            sink.identity(Identity.of("ann"));
            assertThatThrownBy(() -> bench.open(sink, StartPosition.live(), null, "a"))
                    .isInstanceOf(TopicLimitException.class);
            sink.close(CloseReason.REJECTED);
            settle(bench);
            assertThat(observed.changes).isEmpty();
            assertThat(HubTestAccess.hasNoPresence(bench.hub)).isTrue();
        }
    }

    @Test
    void cancellingASubscriptionIsALeaveOfItsTopicsOnly() {
        try (HubFixture bench = bench(Presence.of("a"), Presence.ofHub())) {
            FakeSink sink = open(bench, 0, "ann", "a");
            LaneTestAccess.cancel(sink);
            settle(bench);
            close(bench, sink);
            assertThat(observed.changes).containsExactlyInAnyOrder("+ann@null", "+ann@a", "-ann@a", "-ann@null");
        }
    }

    @Test
    void whenTheHubClosesAllPrincipalsLeaveAtOnce() {
        try (HubFixture bench = bench(Presence.of("**").withGracePeriod(Duration.ofHours(1)))) {
            open(bench, 0, "ann", "a");
            close(bench, open(bench, 0, "bob", "a"));
            bench.hub.close();
            settle(bench);
            assertThat(observed.changes).containsExactly("+ann@a", "+bob@a", "-bob@a", "-ann@a");
            assertThat(HubTestAccess.hasNoPresence(bench.hub)).isTrue();
            assertThat(bench.hubTimers()).isZero();
        }
    }

    @Test
    void invalidOptionsAreRejectedByName() {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> Presence.of("a**"))
                .withMessageStartingWith("presence: topic \"a**\"")
                .withMessageEndingWith("(expected: a topic pattern)");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> Presence.ofHub().withGracePeriod(Duration.ofSeconds(-1)))
                .withMessage("gracePeriod: PT-1S (expected: from 0 to 1 day)");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> Presence.ofHub().withGracePeriod(Duration.ofHours(25)))
                .withMessage("gracePeriod: PT25H (expected: from 0 to 1 day)");
        assertThatIllegalArgumentException().isThrownBy(() -> Presence.of("a").withEvents("presence/*"));
        assertThatIllegalArgumentException()
                .isThrownBy(() -> Hub.builder().presence(Presence.ofHub()).presence(Presence.ofHub()))
                .withMessageStartingWith("presence: presence of the hub");
    }
}
