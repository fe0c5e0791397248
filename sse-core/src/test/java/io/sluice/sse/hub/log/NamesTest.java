package io.sluice.sse.hub.log;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.sluice.sse.Event;
import io.sluice.sse.Heartbeat;
import io.sluice.sse.RejectionCounts;
import io.sluice.sse.hub.Hub;
import io.sluice.sse.hub.HubBuilder;
import io.sluice.sse.hub.lane.FakeSink;
import io.sluice.sse.hub.lane.HubFixture;
import io.sluice.sse.hub.lane.LaneOptions;
import io.sluice.sse.hub.lane.LaneTestAccess;
import io.sluice.sse.topic.Publication;
import io.sluice.sse.topic.Recipients;
import io.sluice.sse.topic.Selector;
import io.sluice.sse.topic.StartPosition;
import io.sluice.sse.topic.TopicPattern;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.stream.IntStream;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The format of topics, patterns, selectors and ids; and invariant 9 for the options of hubs and lanes. */
class NamesTest {

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "''|it is empty",
                "a//b|a segment between slashes is empty",
                "/a|a segment between slashes is empty",
                "a/|a segment between slashes is empty",
                "a/../b|a segment is ..",
                "./a|a segment is .",
                "a*|a * is allowed in patterns only; an event is published to a topic by its name"
            })
    void anInvalidNameIsRejectedWithTheRule(String name, String rule) {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> TopicPattern.checkName(name))
                .withMessage("topic \"" + name + "\": " + rule);
    }

    /** Every name of up to five of these characters. Names of ASCII characters have a check of their own. */
    @Test
    void aNameIsValidIfEachOfItsSegmentsIs() {
        String characters = "a./é";
        for (int length = 1; length <= 5; length++) {
            for (int number = 0; number < 1 << 2 * length; number++) {
                StringBuilder name = new StringBuilder();
                for (int i = 0; i < length; i++) {
                    name.append(characters.charAt(number >> 2 * i & 3));
                }
                boolean valid =
                        Arrays.stream(name.toString().split("/", -1)).noneMatch(Set.of("", ".", "..")::contains);
                assertThat(isValid(name.toString())).as(name.toString()).isEqualTo(valid);
            }
        }
        assertThat(isValid("a" + "/a".repeat(31))).isTrue();
        assertThat(isValid("a" + "/a".repeat(32))).isFalse();
        assertThat(isValid("a".repeat(255))).isTrue();
        assertThat(isValid("a".repeat(256))).isFalse();
    }

    private static boolean isValid(String name) {
        try {
            return TopicPattern.checkName(name).equals(name);
        } catch (IllegalArgumentException e) {
            return false;
        }
    }

    @Test
    void aNullArgumentIsRejectedByName() {
        Event event = Event.of("x");
        try (Hub hub = Hub.create()) {
            assertNamed("topic", () -> hub.publish((String) null, event));
            assertNamed("event", () -> hub.publish("a", null));
            assertNamed("topics", () -> hub.publish((List<String>) null, event));
            assertNamed("topic", () -> hub.publish(Arrays.asList("a", null), event));
            assertNamed("publication", () -> hub.publish(null));
            assertNamed("publications", () -> hub.publishAll(null));
            assertNamed("publication", () -> hub.publishAll(Arrays.asList((Publication) null)));
        }
        assertNamed("topic", () -> Publication.of(event, "a", null));
        assertNamed("principal", () -> Recipients.principal(null));
        assertNamed("group", () -> Recipients.group(null));
        assertNamed("sinkId", () -> Recipients.client(null));
        assertNamed("sinkId", () -> Recipients.except(null));
    }

    private static void assertNamed(String argument, ThrowingCallable call) {
        assertThatThrownBy(call).isInstanceOf(NullPointerException.class).hasMessage(argument);
    }

    @Test
    void subscriptionsAndRejectionCountsDescribeThemselves() {
        try (HubFixture bench = new HubFixture()) {
            FakeSink sink = bench.live("a");
            assertThat(LaneTestAccess.subscription(sink)).hasToString("subscription of " + sink.id() + " to a");
            bench.hub.rejections().add(RejectionCounts.Kind.STREAMS);
            assertThat(bench.hub.rejections().toString())
                    .startsWith("{connections=0, streams=1, streams-per-address=0");
        }
    }

    @Test
    void namesAreBoundedInBytesAndContainNoInvisibleCharacters() {
        assertThat(TopicPattern.checkName("é".repeat(127) + "x")).hasSize(128);
        assertThatIllegalArgumentException()
                .isThrownBy(() -> TopicPattern.checkName("é".repeat(128)))
                .withMessageEndingWith("it has 256 bytes in UTF-8, at most 255 are allowed");
        for (int c : new int[] {0, '\n', 0x7F, 0x85, 0x200B, 0x202E, 0x2028, 0xFEFF, 0xD800}) {
            String name = "a" + new String(Character.toChars(c)) + "b";
            assertThatIllegalArgumentException()
                    .isThrownBy(() -> TopicPattern.checkName(name))
                    .withMessage(String.format(
                            "topic \"a\\u%04Xb\": it contains U+%04X; control, bidirectional and zero-width characters"
                                    + " are not allowed",
                            c, c));
        }
    }

    @ParameterizedTest
    @CsvSource({
        "*,a,true",
        "*,a/b,false",
        "**,a,true",
        "**,a/b/c,true",
        "a/*,a,false",
        "a/*,a/b,true",
        "a/*,a/b/c,false",
        "a/**,a,true",
        "a/**,a/b/c,true",
        "a/**,ab,false",
        "*/b,a/b,true",
        "*/b,b,false",
        "a/*/c,a/b/c,true",
        "a/*/**,a,false",
        "a/*/**,a/b,true",
        "*/*,a,false",
        "aa/*,a/b,false"
    })
    void patternsMatch(String pattern, String topic, boolean matches) {
        assertThat(TopicPattern.of(pattern).matches(topic)).isEqualTo(matches);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "a/**/b|** is allowed as the last segment only",
                "a*/b|a * stands for a whole segment; it cannot be combined with other characters",
                "***|a * stands for a whole segment; it cannot be combined with other characters",
                "*//a|a segment between slashes is empty"
            })
    void anInvalidPatternIsRejectedWithTheRule(String pattern, String rule) {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> TopicPattern.of(pattern))
                .withMessage("topic \"" + pattern + "\": " + rule);
    }

    @Test
    void selectorsAreBounded() {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> Selector.of(List.of()))
                .withMessageContaining("at least one");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> Selector.of(
                        IntStream.range(0, 1001).mapToObj(i -> "t" + i).toList()))
                .withMessage("1001 topics and patterns: at most 1000 are allowed on one stream");
        assertThat(Selector.of("a", "b/*", "a").terms()).containsExactly("a", "b/*");
    }

    @Test
    void idsAreOfFixedWidthAndOrderedAsText() {
        EventIds ids = new EventIds(123_456_789);
        String before = "";
        for (long p : new long[] {0, 1, 9, 10, 31, 32, 1023, 1024, 1L << 40, (1L << 55) - 1}) {
            String id = ids.text(p);
            assertThat(id)
                    .hasSize(EventIds.LENGTH)
                    .matches("[0-9a-v]{10}-[0-9a-v]{11}")
                    .isGreaterThan(before);
            assertThat(ids.positionOf(id)).isEqualTo(p);
            assertThat(new EventIds(123_456_790).positionOf(id)).isNull();
            assertThat(new EventIds(123_456_790).text(0)).as("a later epoch").isGreaterThan(id);
            before = id;
        }
        for (String odd : List.of(
                "",
                "x",
                ids.text(1) + "0",
                ids.text(1).replace('-', '0'),
                ids.text(1).replace('0', 'w'))) {
            assertThat(EventIds.hasHubFormat(odd)).isFalse();
            assertThat(ids.positionOf(odd)).isNull();
        }
    }

    @Test
    void aRejectedOptionNamesItselfItsValueAndTheAllowedRange() {
        HubBuilder hub = Hub.builder();
        refused(() -> hub.historyEvents(0), "historyEvents: 0 (expected: from 1 to 268435456)");
        refused(() -> hub.historyBytes(0), "historyBytes: 0 (expected: at least 1)");
        refused(() -> hub.historyTotalBytes(-1), "historyTotalBytes: -1 (expected: at least 1)");
        refused(() -> hub.maxTopics(0), "maxTopics: 0 (expected: from 1 to 2147483647)");
        refused(() -> hub.historyAge(Duration.ZERO), "historyAge: PT0S (expected: more than 0, at most 3650 days)");
        Duration bad = Duration.ofSeconds(-1);
        String allowed = ": PT-1S (expected: from 0 to 365 days)";
        LaneOptions lane = LaneOptions.DEFAULT;
        refused(() -> lane.withHeartbeat(bad), "heartbeat" + allowed);
        refused(() -> lane.withRetry(bad), "retry: PT-1S (expected: from 0 to 1 day)");
        refused(() -> lane.withWriteTimeout(bad), "writeTimeout" + allowed);
        String lifetime = " (expected: 0 for no end, or from 1 second to 365 days)";
        refused(() -> lane.withMaxLifetime(bad), "maxLifetime: PT-1S" + lifetime);
        refused(() -> lane.withMaxLifetime(Duration.ofMillis(999)), "maxLifetime: PT0.999S" + lifetime);
        refused(() -> lane.withMaxLifetime(Duration.ofDays(366)), "maxLifetime: PT8784H" + lifetime);
        assertThat(lane.withMaxLifetime(Duration.ofSeconds(1)).maxLifetime()).isEqualTo(Duration.ofSeconds(1));
        assertThat(lane.withMaxLifetime(Duration.ZERO).maxLifetime()).isZero();
        for (String taken : new String[] {"gap", "end"}) {
            refused(
                    () -> Heartbeat.event(taken),
                    "heartbeat: event \"" + taken + "\" (expected: another name than \"gap\" and \"end\", which tell"
                            + " clients of a loss and to stay away)");
        }
        try (HubFixture bench = new HubFixture()) {
            refused(() -> bench.hub.sinks(null, 0), "limit: 0 (expected: 1 or more)");
        }
        refused(() -> lane.withBlockedLaneAfter(bad), "blockedLaneAfter" + allowed);
        refused(() -> StartPosition.replay(-1), "replay: -1 (expected: 0 or more)");
    }

    @Test
    void laneOptionsAreValues() {
        LaneOptions options = LaneOptions.DEFAULT.withHeartbeat(Duration.ofSeconds(1));
        assertThat(options)
                .isEqualTo(LaneOptions.DEFAULT.withHeartbeat(Duration.ofMillis(1000)))
                .hasSameHashCodeAs(LaneOptions.DEFAULT.withHeartbeat(Duration.ofMillis(1000)));
        Duration other = Duration.ofSeconds(77);
        assertThat(List.of(
                        options,
                        options.withHeartbeat(other),
                        options.withRetry(other),
                        options.withWriteTimeout(other),
                        options.withMaxLifetime(other),
                        options.withBlockedLaneAfter(other),
                        options.withRetryJitter(0.5)))
                .doesNotHaveDuplicates();
        assertThat(options.withBlockedLaneAfter(other).withMaxLifetime(other).withRetry(other))
                .hasToString("heartbeat PT1S, retry PT1M17S, write timeout PT30S, max lifetime PT1M17S,"
                        + " blocked lane after PT1M17S");
    }

    private static void refused(Runnable set, String message) {
        assertThatIllegalArgumentException().isThrownBy(set::run).withMessage(message);
    }
}
