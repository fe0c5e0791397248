package io.sluice.sse.backplane;

import static org.assertj.core.api.Assertions.assertThat;

import io.sluice.sse.Event;
import io.sluice.sse.Identity;
import io.sluice.sse.Observer;
import io.sluice.sse.hub.Hub;
import io.sluice.sse.hub.HubBuilder;
import io.sluice.sse.hub.Presence;
import io.sluice.sse.test.RecordingSink;
import io.sluice.sse.topic.Selector;
import io.sluice.sse.topic.StartPosition;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;
import org.awaitility.Awaitility;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** The presence of a hub is that of all its nodes. */
class PresenceOfNodesTest {

    private static final Duration EXPIRY = Duration.ofMillis(300);
    private static final Duration LONG = Duration.ofMinutes(10);

    private final MemoryBackplane memory = new MemoryBackplane();
    private final List<Hub> hubs = new ArrayList<>();
    private final List<RecordingSink> sinks = new ArrayList<>();

    @AfterEach
    void closeAll() {
        sinks.forEach(RecordingSink::close);
        hubs.forEach(Hub::close);
    }

    private Hub node(Duration expiry, Consumer<HubBuilder> options) {
        HubBuilder builder = Hub.builder()
                .backplane(memory.node())
                .presence(Presence.of("rooms/*").withEvents("presence"))
                .presence(Presence.ofHub())
                .presenceExpiry(expiry);
        options.accept(builder);
        Hub hub = builder.build();
        hubs.add(hub);
        return hub;
    }

    private Hub node(Duration expiry) {
        return node(expiry, options -> {});
    }

    private RecordingSink client(Hub hub, @Nullable String principal, String... topics) {
        Identity identity = principal == null ? Identity.UNKNOWN : Identity.of(principal);
        RecordingSink sink = RecordingSink.subscribe(hub, identity, Selector.of(topics), StartPosition.live());
        sinks.add(sink);
        return sink;
    }

    private void awaitMembers(Hub hub, String topic, String... principals) {
        await(() -> hub.members(topic).equals(Set.of(principals)));
    }

    /** Each client has a lane of its own, which runs only here. */
    private void await(BooleanSupplier condition) {
        Awaitility.await()
                .pollInSameThread()
                .pollDelay(Duration.ZERO)
                .pollInterval(Duration.ofMillis(2))
                .until(() -> {
                    sinks.forEach(RecordingSink::run);
                    return condition.getAsBoolean();
                });
    }

    @Test
    void aPrincipalAtAnyNodeIsPresentAtAll() {
        Hub a = node(LONG);
        Hub b = node(LONG);
        RecordingSink ann = client(a, "ann", "rooms/1");
        RecordingSink annAgain = client(b, "ann", "rooms/1");
        RecordingSink bob = client(b, "bob", "rooms/1", "rooms/2");
        for (Hub hub : List.of(a, b)) {
            awaitMembers(hub, "rooms/1", "ann", "bob");
            awaitMembers(hub, "rooms/2", "bob");
            await(() -> hub.members().size() == 2);
        }
        ann.close();
        bob.close();
        awaitMembers(a, "rooms/1", "ann");
        annAgain.close();
        for (Hub hub : List.of(a, b)) {
            awaitMembers(hub, "rooms/1");
            await(() -> hub.members().isEmpty());
        }
    }

    @Test
    void clientsOfAllNodesGetOneJoinAndOneLeaveWithTheSameId() {
        Hub a = node(LONG);
        Hub b = node(LONG);
        RecordingSink atA = client(a, null, "presence/rooms/1");
        RecordingSink atB = client(b, null, "presence/rooms/1");
        RecordingSink first = client(a, "ann", "rooms/1");
        awaitMembers(b, "rooms/1", "ann");
        RecordingSink second = client(b, "ann", "rooms/1");
        client(b, "bob", "rooms/2");
        awaitMembers(a, "rooms/2", "bob"); // a node reports in order, so node a knows the second client as well
        first.close();
        second.close();
        awaitMembers(b, "rooms/1");
        awaitMembers(a, "rooms/1");
        for (RecordingSink sink : List.of(atA, atB)) {
            await(() -> sink.events().stream().anyMatch(event -> event.type().equals("leave")));
            assertThat(sink.events()).extracting("type").containsExactly("present", "join", "leave");
        }
        assertThat(atA.lastEventId()).isEqualTo(atB.lastEventId());
    }

    @Test
    void theClientsOfANodeThatWasKilledLeaveByItself() {
        List<String> joined = new CopyOnWriteArrayList<>();
        List<String> left = new CopyOnWriteArrayList<>();
        Hub a = node(EXPIRY);
        Hub b = node(
                EXPIRY,
                options -> options.observer(new Observer() {
                    @Override
                    public void joined(String principal, String topic) {
                        joined.add(principal + "@" + topic);
                    }

                    @Override
                    public void left(String principal, String topic) {
                        left.add(principal + "@" + topic);
                    }
                }));
        client(a, "ann", "rooms/1");
        client(b, "bob", "rooms/1");
        RecordingSink watcher = client(b, null, "presence/rooms/1");
        awaitMembers(b, "rooms/1", "ann", "bob");
        // The observer is not notified of a principal that leaves before its join was reported.
        await(() -> joined.contains("ann@rooms/1") && joined.contains("ann@null"));
        memory.kill(0);
        awaitMembers(b, "rooms/1", "bob");
        await(() -> watcher.data()
                .get(watcher.data().size() - 1)
                .equals("{\"topic\":\"rooms/1\",\"count\":1,\"principals\":[\"bob\"]}"));
        await(() -> left.contains("ann@rooms/1") && left.contains("ann@null"));
        assertThat(left).doesNotContain("bob@rooms/1");
    }

    @Test
    void aNodeThatBeginsLaterKnowsEverybody() {
        Hub a = node(LONG);
        for (int i = 0; i < 600; i++) { // several parts
            client(a, "user" + i, "rooms/1");
        }
        Hub b = node(LONG);
        await(() -> b.members("rooms/1").size() == 600);
        a.close();
        awaitMembers(b, "rooms/1");
    }

    @Test
    void aStateThatIsTooLargeIsSentInSmallerPartsAndAMemberThatIsTooLargeOnlyOnce() {
        memory.reportCharacters = 1000;
        Hub a = node(EXPIRY);
        client(a, "x".repeat(2000), "rooms/1");
        for (int i = 0; i < 600; i++) {
            client(a, "user" + i, "rooms/1");
        }
        Hub b = node(EXPIRY);
        await(() -> b.members("rooms/1").size() == 600);
        assertThat(a.members("rooms/1")).hasSize(601);
        int refused = memory.refused.get();
        long position = memory.position();
        await(() -> memory.position() > position + 6); // three signs of life of each node
        assertThat(memory.refused.get()).isEqualTo(refused);
    }

    @Test
    void longNamesDoNotCutShortOnesApart() {
        memory.reportCharacters = 1000;
        Hub a = node(LONG);
        long empty = memory.position();
        for (int i = 0; i < 4; i++) { // two of them do not fit into a part
            client(a, i + "x".repeat(600), "rooms/1");
        }
        for (int i = 0; i < 300; i++) {
            client(a, "user" + i, "rooms/1");
        }
        await(() -> memory.position() >= empty + 2 * 304); // each one joins the room and the hub
        long before = memory.position();
        Hub b = node(LONG);
        await(() -> b.members("rooms/1").size() == 304);
        assertThat(memory.position() - before).isLessThan(300); // of members in the room and in the hub
    }

    @Test
    void noPrincipalLeavesWhileTheBackplaneIsAwayAndChangesFollowLater() {
        Hub a = node(EXPIRY);
        Hub b = node(EXPIRY);
        RecordingSink ann = client(a, "ann", "rooms/1");
        awaitMembers(b, "rooms/1", "ann");
        memory.unavailable = "away";
        ann.close();
        client(a, "eve", "rooms/1");
        int refused = memory.refused.get();
        // Of each node at least six signs of life, and what has changed. Three signs are the expiry.
        await(() -> memory.refused.get() > refused + 18);
        assertThat(b.members("rooms/1")).containsExactly("ann");
        memory.unavailable = null;
        awaitMembers(b, "rooms/1", "eve");
    }

    /** A principal joins a room and the hub, and both are reported. */
    private void join(Hub hub, String principal) {
        long before = memory.position();
        client(hub, principal, "rooms/1");
        await(() -> memory.position() == before + 2);
    }

    @Test
    void afterALossTheNodesReportTheirStatesAgain() throws Exception {
        Hub a = node(LONG);
        join(a, "ann");
        Hub b = node(LONG);
        awaitMembers(b, "rooms/1", "ann"); // a has answered, so no report follows by itself
        memory.hold(1);
        join(a, "bob");
        memory.dropHeld(1);
        memory.lose(1); // only b asks, so a reports its state for that reason alone
        awaitMembers(b, "rooms/1", "ann", "bob");
        a.publish("t", Event.of("goes on"));
    }
}
