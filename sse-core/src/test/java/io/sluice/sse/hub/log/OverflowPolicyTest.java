package io.sluice.sse.hub.log;

import static io.sluice.sse.topic.OverflowPolicy.DISCONNECT;
import static io.sluice.sse.topic.OverflowPolicy.GAP;
import static io.sluice.sse.topic.OverflowPolicy.LATEST;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatNullPointerException;

import io.sluice.sse.CloseReason;
import io.sluice.sse.hub.Hub;
import io.sluice.sse.hub.HubBuilder;
import io.sluice.sse.hub.HubTestAccess;
import io.sluice.sse.hub.lane.FakeSink;
import io.sluice.sse.hub.lane.HubFixture;
import io.sluice.sse.topic.OverflowPolicy;
import io.sluice.sse.topic.Selector;
import io.sluice.sse.topic.StartPosition;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Which overflow policy applies to a client: its subscription's own, else the strictest of the topics that lapped it.
 */
class OverflowPolicyTest {

    private static final int KEPT = 3;

    /** Each topic is named after its policy; topics without a matching pattern have the hub's policy. */
    private static HubFixture bench(OverflowPolicy ofHub) {
        return new HubFixture(options -> options.historyEvents(KEPT)
                .overflow(ofHub)
                .overflow("disconnect/*", DISCONNECT)
                .overflow("gap/*", GAP)
                .overflow("latest/*", LATEST));
    }

    /** The policy that was applied, derived from what happened to the client. */
    private static OverflowPolicy appliedPolicy(FakeSink sink) {
        if (sink.endReason() != null) {
            assertThat(sink.endReason()).isEqualTo(CloseReason.SLOW_CONSUMER);
            return DISCONNECT;
        }
        assertThat(sink.gaps()).hasSize(1);
        return sink.data().isEmpty() ? LATEST : GAP;
    }

    static Stream<Arguments> policyCases() {
        List<Arguments> all = new ArrayList<>();
        for (OverflowPolicy ofHub : OverflowPolicy.values()) {
            for (OverflowPolicy own : new OverflowPolicy[] {null, DISCONNECT, GAP, LATEST}) {
                for (int lapping = 1; lapping < 16; lapping++) {
                    all.add(Arguments.of(ofHub, own, lapping));
                }
            }
        }
        return all.stream();
    }

    private static String topic(int bit) {
        return bit == 3 ? "plain/1" : OverflowPolicy.values()[bit].name().toLowerCase(java.util.Locale.ROOT) + "/1";
    }

    private static OverflowPolicy expected(OverflowPolicy ofHub, OverflowPolicy own, int lapping) {
        if (own != null) {
            return own;
        }
        OverflowPolicy strictest = null;
        for (int bit = 0; bit < 4; bit++) {
            if ((lapping & 1 << bit) != 0) {
                strictest = OverflowPolicy.strictest(strictest, bit == 3 ? ofHub : OverflowPolicy.values()[bit]);
            }
        }
        return strictest;
    }

    /** The bits of {@code lapping} select which of four topics lap the client; it subscribes to all four. */
    @ParameterizedTest(name = "hub {0}, subscription {1}, topics {2}")
    @MethodSource("policyCases")
    void itsOwnOrTheStrictestPolicyAppliesToAClientThatFellBehind(
            OverflowPolicy ofHub, OverflowPolicy own, int lapping) {
        try (HubFixture bench = bench(ofHub)) {
            Selector byName = Selector.of(topic(0), topic(1), topic(2), topic(3));
            Selector byPattern = Selector.of("**");
            List<FakeSink> sinks = new ArrayList<>();
            for (Selector selector : List.of(byName, byPattern)) {
                sinks.add(bench.open(StartPosition.live(), own == null ? selector : selector.withOverflow(own)));
            }
            sinks.forEach(sink -> bench.onLane(() -> sink.full(true)));
            for (int bit = 0; bit < 4; bit++) {
                bench.publishMany(topic(bit), 0, (lapping & 1 << bit) != 0 ? KEPT + 1 : 1);
            }
            bench.run();
            sinks.forEach(sink -> bench.onLane(() -> sink.full(false)));
            bench.run();
            OverflowPolicy expected = expected(ofHub, own, lapping);
            assertThat(sinks).allSatisfy(sink -> assertThat(appliedPolicy(sink)).isEqualTo(expected));
        }
    }

    /** A client that reconnects has been disconnected already. */
    @ParameterizedTest(name = "hub {0}, subscription {1}, topics {2}")
    @MethodSource("policyCases")
    void itsOwnOrTheStrictestPolicyAppliesToAClientThatReconnects(
            OverflowPolicy ofHub, OverflowPolicy own, int lapping) {
        try (HubFixture bench = bench(ofHub)) {
            String id = bench.publish("somewhere/else", "x");
            for (int bit = 0; bit < 4; bit++) {
                bench.publishMany(topic(bit), 0, (lapping & 1 << bit) != 0 ? KEPT + 1 : 1);
            }
            Selector selector = Selector.of(topic(0), topic(1), topic(2), topic(3));
            FakeSink back = bench.open(StartPosition.after(id), own == null ? selector : selector.withOverflow(own));
            OverflowPolicy expected = expected(ofHub, own, lapping);
            assertThat(appliedPolicy(back)).isEqualTo(expected == DISCONNECT ? GAP : expected);
        }
    }

    @ParameterizedTest
    @CsvSource({
        // the own policy, the topics of the selection, whether the kept events follow
        ",          latest/1,           false",
        ",          latest/1 latest/2,  false",
        ",          latest/1 gap/1,     true",
        ",          disconnect/1,       true",
        "LATEST,    disconnect/1 gap/1, false",
        "GAP,       latest/1,           true",
        ",          plain/1,            true",
    })
    void theStrictestPolicyOfAllTopicsAppliesToAnUnknownId(OverflowPolicy own, String topics, boolean follows) {
        try (HubFixture bench = bench(GAP)) {
            for (String topic : topics.split(" ")) {
                bench.publish(topic, "x");
            }
            Selector selector = Selector.of(topics.split(" "));
            FakeSink sink =
                    bench.open(StartPosition.after("no-such-id"), own == null ? selector : selector.withOverflow(own));
            assertThat(sink.gaps()).hasSize(1);
            assertThat(!sink.data().isEmpty()).isEqualTo(follows);
        }
    }

    @ParameterizedTest
    @CsvSource({"disconnect, DISCONNECT", "gap, GAP", "latest, LATEST"})
    void theOverflowPolicyOfAForgottenTopicStillApplies(String topic, OverflowPolicy policy) {
        OverflowPolicy ofHub = policy == GAP ? LATEST : GAP;
        try (HubFixture bench = new HubFixture(options -> options.historyEvents(KEPT)
                .historyAge(Duration.ofSeconds(1))
                .overflow(ofHub)
                .overflow(topic + "/*", policy))) {
            String id = bench.publish("before", "x");
            FakeSink slow = bench.live("*/*");
            bench.onLane(() -> slow.full(true));
            bench.publish(topic + "/1", "x");
            bench.run();
            bench.advance(TimeUnit.SECONDS.toNanos(5));
            assertThat(bench.hub.topics(null, 10)).isEmpty();
            bench.publish("other/1", "kept");
            bench.onLane(() -> slow.full(false));
            bench.run();
            assertThat(appliedPolicy(slow)).isEqualTo(policy);
            FakeSink back = bench.open(StartPosition.after(id), topic + "/*", "other/1");
            assertThat(appliedPolicy(back)).isEqualTo(policy == DISCONNECT ? GAP : policy);
        }
    }

    @Test
    void theFirstMatchingPatternApplies() {
        try (HubFixture bench = new HubFixture(options -> options.historyEvents(KEPT)
                .overflow("a/1", LATEST)
                .overflow("a/*", GAP)
                .overflow("**", DISCONNECT))) {
            List<FakeSink> sinks = new ArrayList<>();
            for (String topic : List.of("a/1", "a/2", "b")) {
                FakeSink sink = bench.live(topic);
                sinks.add(sink);
                bench.onLane(() -> sink.full(true));
                bench.publishMany(topic, 0, KEPT + 1);
            }
            bench.run();
            sinks.forEach(sink -> bench.onLane(() -> sink.full(false)));
            bench.run();
            assertThat(sinks).extracting(OverflowPolicyTest::appliedPolicy).containsExactly(LATEST, GAP, DISCONNECT);
        }
    }

    @Test
    void aLaterChangeOfTheBuilderDoesNotAffectTheHub() {
        HubBuilder builder = Hub.builder();
        try (Hub hub = builder.build()) {
            builder.overflow("a", LATEST).conflate("a");
            TopicOptions options =
                    new TopicOptions(HubTestAccess.logOptions(builder), new java.util.concurrent.locks.ReentrantLock());
            assertThat(options.of("a").overflow()).isEqualTo(LATEST);
            hub.publish("a", io.sluice.sse.Event.of("x"));
            Topic topic = HubTestAccess.log(hub)
                    .locked(() -> HubTestAccess.log(hub).topics().find("a"));
            assertThat(topic.overflow()).isEqualTo(DISCONNECT);
            assertThat(topic.log).isExactlyInstanceOf(TopicLog.class);
        }
    }

    @Test
    void invalidOptionsAreNamed() {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> Hub.builder().overflow("a//b", GAP))
                .withMessageStartingWith("overflow: ")
                .withMessageContaining("a//b");
        assertThatNullPointerException().isThrownBy(() -> Hub.builder().overflow("a", null));
        assertThatNullPointerException().isThrownBy(() -> Selector.of("a").withOverflow(null));
    }
}
