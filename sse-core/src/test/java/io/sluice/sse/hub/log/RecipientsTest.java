package io.sluice.sse.hub.log;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import io.sluice.sse.CloseReason;
import io.sluice.sse.Event;
import io.sluice.sse.Identity;
import io.sluice.sse.hub.lane.FakeSink;
import io.sluice.sse.hub.lane.HubFixture;
import io.sluice.sse.hub.lane.HubLane;
import io.sluice.sse.topic.Publication;
import io.sluice.sse.topic.Recipients;
import io.sluice.sse.topic.Selector;
import io.sluice.sse.topic.StartPosition;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Publications for certain recipients. */
class RecipientsTest {

    private static FakeSink open(HubFixture bench, Identity identity, StartPosition start, Selector selector) {
        FakeSink sink = bench.sink();
        sink.identity(identity);
        bench.open(sink, start, selector);
        bench.run();
        return sink;
    }

    private static FakeSink live(HubFixture bench, Identity identity, String... terms) {
        return open(bench, identity, StartPosition.live(), Selector.of(terms));
    }

    private static String publish(HubFixture bench, String topic, String data, Recipients recipients) {
        return bench.hub
                .publish(new Publication(topic, Event.of(data)).to(recipients))
                .toCompletableFuture()
                .join()
                .id();
    }

    @Test
    void eachKindReachesItsRecipientsOnly() {
        try (HubFixture bench = new HubFixture()) {
            FakeSink ann = live(bench, Identity.of("ann", "ops"), "a");
            FakeSink annsPhone = live(bench, Identity.of("ann"), "a", "b");
            FakeSink bob = live(bench, Identity.of("bob", "ops", "dev"), "a", "b");
            FakeSink somebody = live(bench, Identity.UNKNOWN, "**");
            FakeSink elsewhere = live(bench, Identity.of("ann", "ops"), "c");
            publish(bench, "a", "all", Recipients.everybody());
            publish(bench, "a", "ann", Recipients.principal("ann"));
            publish(bench, "a", "ops", Recipients.group("ops"));
            publish(bench, "a", "one", Recipients.client(bob.id()));
            publish(bench, "a", "but", Recipients.except(ann.id()));
            publish(bench, "a", "none", Recipients.principal("nobody"));
            publish(bench, "b", "dev", Recipients.group("dev"));
            bench.run();
            assertThat(ann.data()).containsExactly("all", "ann", "ops");
            assertThat(annsPhone.data()).containsExactly("all", "ann", "but");
            assertThat(bob.data()).containsExactly("all", "ops", "one", "but", "dev");
            assertThat(somebody.data()).containsExactly("all", "but");
            assertThat(elsewhere.data()).isEmpty();
            assertThat(bench.hub.stats().delivered()).isEqualTo(13);
            assertThat(bench.hub.maxLag()).isZero();
        }
    }

    @Test
    void clientsWithTheSameEventsShareFrames() {
        try (HubFixture bench = new HubFixture()) {
            List<FakeSink> others = new ArrayList<>();
            for (int i = 0; i < 100; i++) {
                others.add(live(bench, Identity.of("user-" + i), "a"));
                live(bench, Identity.of("ann", "ops"), "a");
            }
            bench.framer().resetCounts();
            publish(bench, "a", "x", Recipients.everybody());
            publish(bench, "a", "y", Recipients.group("ops"));
            publish(bench, "a", "z", Recipients.principal("user-7"));
            bench.run();
            assertThat(bench.framer().framings()).as("ops, user 7, all others").isEqualTo(3);
            assertThat(others.get(7).data()).containsExactly("x", "z");
            assertThat(others.get(8).data()).containsExactly("x");

            bench.framer().resetCounts();
            publish(bench, "a", "w", Recipients.everybody());
            bench.run();
            assertThat(bench.framer().framings()).as("no particular recipients").isEqualTo(1);
        }
    }

    @Test
    void recipientsApplyToReplaysAndOthersGetNoGap() {
        try (HubFixture bench = new HubFixture()) {
            Identity ann = Identity.of("ann");
            FakeSink before = live(bench, ann, "a");
            String last = bench.publish("a", "1");
            bench.run();
            bench.onLane(() -> before.close(CloseReason.RESET));
            publish(bench, "a", "for ann", Recipients.principal("ann"));
            publish(bench, "a", "not for her tab", Recipients.client(before.id()));
            publish(bench, "a", "for bob", Recipients.principal("bob"));
            bench.publish("a", "2");
            FakeSink back = open(bench, ann, StartPosition.after(last), Selector.of("a"));
            assertThat(back.data()).containsExactly("for ann", "2");
            assertThat(back.gaps()).isEmpty();
            FakeSink other = open(bench, Identity.UNKNOWN, StartPosition.after(last), Selector.of("a"));
            assertThat(other.data()).containsExactly("2");
            assertThat(other.gaps()).isEmpty();
        }
    }

    @Test
    void clientsWithTheSameEventsShareTheReplayOfARange() {
        try (HubFixture bench = new HubFixture()) {
            for (int i = 0; i < 20; i++) {
                publish(bench, "a", "x" + i, i % 2 == 0 ? Recipients.everybody() : Recipients.group("g" + i % 3));
            }
            bench.run();
            bench.framer().resetCounts();
            List<FakeSink> sinks = new ArrayList<>();
            for (int i = 0; i < 60; i++) {
                FakeSink sink = bench.sink();
                sink.identity(i % 4 == 3 ? Identity.UNKNOWN : Identity.of("u" + i, "g" + i % 4));
                bench.open(sink, StartPosition.replay(20), Selector.of("a"));
                sinks.add(sink);
            }
            bench.run();
            assertThat(bench.framer().framings())
                    .as("first blocks, three groups, none")
                    .isEqualTo(60 + 4);
            assertThat(sinks.get(3).data()).hasSize(10);
            assertThat(sinks.get(0).data()).hasSize(10 + 3).contains("x3", "x9", "x15");
        }
    }

    @Test
    void orderIsKeptWithSeveralTopicsFiltersAndEnvelopes() {
        try (HubFixture bench = new HubFixture()) {
            Selector selector = Selector.of("a", "b")
                    .filtered(event -> !"skip".equals(event.event().data()))
                    .withEnvelope();
            FakeSink ann = open(bench, Identity.of("ann"), StartPosition.live(), selector);
            FakeSink bob = open(bench, Identity.of("bob"), StartPosition.live(), selector);
            publish(bench, "b", "1", Recipients.principal("ann"));
            publish(bench, "a", "2", Recipients.everybody());
            publish(bench, "b", "skip", Recipients.principal("ann"));
            bench.hub.publish(Publication.of(Event.of("3"), "a", "b").to(Recipients.principal("bob")));
            bench.run();
            assertThat(ann.data())
                    .containsExactly("{\"topic\":\"b\",\"data\":\"1\"}", "{\"topic\":\"a\",\"data\":\"2\"}");
            assertThat(bob.data())
                    .containsExactly("{\"topic\":\"a\",\"data\":\"2\"}", "{\"topic\":\"a\",\"data\":\"3\"}");
        }
    }

    /** The latest event for ann does not supersede the latest event for bob. */
    @Test
    void keysAreSeparateForEachRecipients() {
        try (HubFixture bench =
                new HubFixture(options -> options.historyEvents(1).conflate("p"))) {
            for (String name : List.of("ann", "bob")) {
                for (int i = 0; i < 3; i++) {
                    bench.hub.publish(new Publication(
                                    "p", Event.builder().key("k").data(name + i).build())
                            .to(Recipients.principal(name)));
                }
            }
            bench.publish("p", Event.builder().key("k").data("all").build());
            bench.publish("p", Event.builder().key("other").data("last").build());
            Selector selector = Selector.of("p");
            assertThat(open(bench, Identity.of("ann"), StartPosition.replay(99), selector)
                            .data())
                    .containsExactly("ann2", "all", "last");
            assertThat(open(bench, Identity.of("bob"), StartPosition.replay(99), selector)
                            .data())
                    .containsExactly("bob2", "all", "last");
            assertThat(open(bench, Identity.UNKNOWN, StartPosition.replay(99), selector)
                            .data())
                    .containsExactly("all", "last");
        }
    }

    @Test
    void keysOfDifferentRecipientsNeverCollide() {
        List<Recipients> kinds = List.of(
                Recipients.everybody(),
                Recipients.principal("a"),
                Recipients.principal("ak"),
                Recipients.group("a"),
                Recipients.client("a"),
                Recipients.except("a"));
        List<String> all = new ArrayList<>();
        for (String key : List.of("k", "kk", "\0k", "\0PRINCIPAL1 ak", "\0\0PRINCIPAL1 ak", "")) {
            kinds.forEach(recipients -> all.add(RecipientCodec.conflationKey(recipients, key)));
        }
        assertThat(all).doesNotHaveDuplicates();
    }

    /** Clients with different events get separate frames, and each frame is still bounded. */
    @Test
    void manyTargetedEventsKeepFramesBounded() {
        try (HubFixture bench = new HubFixture()) {
            FakeSink ann = live(bench, Identity.of("ann"), "a", "b");
            FakeSink bob = live(bench, Identity.of("bob"), "a", "b");
            bench.framer().frameSizes().clear();
            for (int i = 0; i < 200; i++) {
                publish(
                        bench,
                        i % 3 == 0 ? "a" : "b",
                        i + ":" + "x".repeat(1000),
                        i % 5 == 0 ? Recipients.everybody() : Recipients.principal(i % 2 == 0 ? "ann" : "bob"));
            }
            bench.run();
            assertThat(ann.data()).hasSize(120);
            assertThat(bob.data()).hasSize(120);
            assertThat(bench.framer().frameSizes()).allMatch(size -> size <= HubLane.FRAME_BYTES);
        }
    }

    @Test
    void rejectedRecipientsAndDescriptions() {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> Recipients.group(""))
                .withMessage("group: empty (expected: a name)");
        assertThatIllegalArgumentException().isThrownBy(() -> Recipients.principal(""));
        assertThatIllegalArgumentException().isThrownBy(() -> Recipients.client(""));
        assertThatIllegalArgumentException().isThrownBy(() -> Recipients.except(""));
        assertThat(Recipients.principal("ann")).hasToString("principal ann").isEqualTo(Recipients.principal("ann"));
        assertThat(Recipients.everybody()).hasToString("everybody").isNotEqualTo(Recipients.group("ops"));
    }
}
