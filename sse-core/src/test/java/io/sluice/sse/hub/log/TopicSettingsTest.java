package io.sluice.sse.hub.log;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatNullPointerException;

import io.sluice.sse.CloseReason;
import io.sluice.sse.Event;
import io.sluice.sse.hub.Hub;
import io.sluice.sse.hub.HubBuilder;
import io.sluice.sse.hub.HubBuilder.TopicSettings;
import io.sluice.sse.hub.lane.FakeSink;
import io.sluice.sse.hub.lane.HubFixture;
import io.sluice.sse.topic.OverflowPolicy;
import io.sluice.sse.topic.StartPosition;
import io.sluice.sse.topic.TopicInfo;
import java.time.Duration;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Options of topics by pattern: each topic has those of the first pattern that matches it. */
class TopicSettingsTest {

    private static final Duration MINUTE = Duration.ofMinutes(1);

    private static List<String> kept(HubFixture bench, String topic) {
        FakeSink sink = bench.open(StartPosition.replay(1000), topic);
        List<String> data = sink.data();
        sink.close(CloseReason.CLIENT_LEFT);
        bench.run();
        return data;
    }

    private static List<String> names(HubFixture bench) {
        return bench.hub.topics(null, 99).stream().map(TopicInfo::name).toList();
    }

    @Test
    void theFirstPatternThatMatchesWins() {
        try (HubFixture bench = new HubFixture(options -> options.historyEvents(3)
                .topics("a/b", topic -> topic.overflow(OverflowPolicy.GAP))
                .topics("a/*", topic -> topic.historyEvents(5))
                .topics("a/**", topic -> topic.historyEvents(7).conflate()))) {
            for (String topic : List.of("a/b", "a/c", "a", "a/c/d", "other")) {
                bench.publishMany(topic, 0, 9);
            }
            assertThat(kept(bench, "a/b"))
                    .as("what it does not set is the hub's")
                    .isEqualTo(HubFixture.numbers(6, 9));
            assertThat(kept(bench, "a/c")).isEqualTo(HubFixture.numbers(4, 9));
            assertThat(kept(bench, "a")).isEqualTo(HubFixture.numbers(2, 9));
            assertThat(kept(bench, "a/c/d")).isEqualTo(HubFixture.numbers(2, 9));
            assertThat(kept(bench, "other")).isEqualTo(HubFixture.numbers(6, 9));
        }
    }

    @Test
    void bytesAreThoseOfThePattern() {
        try (HubFixture bench = new HubFixture(options ->
                options.topics("large", topic -> topic.historyBytes(50_000)).historyBytes(5_000))) {
            for (int i = 0; i < 100; i++) {
                bench.publish("large", "x".repeat(1_000));
                bench.publish("small", "x".repeat(1_000));
            }
            assertThat(bench.hub.topics(null, 9))
                    .extracting(TopicInfo::name, TopicInfo::events)
                    .containsExactly(
                            org.assertj.core.groups.Tuple.tuple("large", 45),
                            org.assertj.core.groups.Tuple.tuple("small", 4));
        }
    }

    @Test
    void eventsExpireByTheAgeOfTheirTopic() {
        try (HubFixture bench = new HubFixture(options -> options.historyAge(MINUTE.multipliedBy(10))
                .topics("long/**", topic -> topic.historyAge(MINUTE.multipliedBy(60)))
                .topics("short/**", topic -> topic.historyAge(MINUTE)))) {
            bench.publish("long/1", "x");
            bench.publish("short/1", "x");
            bench.publish("other", "x");
            bench.hub.end("long/2", Event.of("last"));
            bench.hub.end("short/2", Event.of("last"));
            bench.advanceHub(MINUTE.toNanos() * 2);
            assertThat(names(bench)).containsExactly("long/1", "long/2", "other");
            bench.publish("short/2", "its end is forgotten");
            bench.advanceHub(MINUTE.toNanos() * 10);
            assertThat(names(bench)).containsExactly("long/1", "long/2");
            bench.advanceHub(MINUTE.toNanos() * 50);
            assertThat(names(bench)).isEmpty();
            assertThat(bench.hubTimers()).isZero();
            assertThat(bench.publish("long/2", Event.of("x")).duplicate()).isFalse();
        }
    }

    /** A model with a list of events for each topic, and the bytes of the hub as the common bound. */
    @Test
    void theOldestEventOfTheHubIsEvictedWhateverItsAge() {
        Random random = new Random(16);
        try (HubFixture bench = new HubFixture(options -> options.historyTotalBytes(4_000)
                .topics("a/*", topic -> topic.historyAge(MINUTE))
                .topics("b/*", topic -> topic.historyAge(MINUTE.multipliedBy(2))))) {
            for (int i = 0; i < 500; i++) {
                String topic = List.of("a/", "b/", "c/").get(random.nextInt(3)) + random.nextInt(2);
                bench.publish(topic, i + " " + "x".repeat(random.nextInt(300)));
                bench.assertRingsValid();
                FakeSink all = bench.open(StartPosition.replay(1000), "**");
                List<String> numbers = all.data().stream()
                        .map(data -> data.substring(0, data.indexOf(' ')))
                        .toList();
                assertThat(numbers).isEqualTo(HubFixture.numbers(i + 1 - numbers.size(), i + 1));
                assertThat(bench.hub.stats().bytes()).isLessThanOrEqualTo(4_000);
                all.close(CloseReason.CLIENT_LEFT);
                bench.run();
            }
        }
    }

    @Test
    void theShorthandsAddToTheOptionsOfTheirPattern() {
        try (HubFixture bench = new HubFixture(options -> options.conflate("a/*")
                .topics("a/*", topic -> topic.historyEvents(1))
                .overflow("a/*", OverflowPolicy.LATEST))) {
            bench.publish(
                    "a/1", Event.builder().key("k").data("kept by its key").build());
            bench.publish("a/1", "1");
            bench.publish("a/1", "2");
            assertThat(kept(bench, "a/1")).containsExactly("kept by its key", "2");
            FakeSink unknown = bench.open(StartPosition.after("unknown"), "a/1");
            assertThat(unknown.data()).as("the policy is latest").isEmpty();
            assertThat(unknown.gaps()).hasSize(1);
        }
    }

    @ParameterizedTest
    @CsvSource({
        "**,     a",
        "**,     a/**",
        "**,     *",
        "a/**,   a",
        "a/**,   a/b/c",
        "a/**,   a/*",
        "a/**,   a/b/**",
        "a/**,   a/*/**",
        "*/**,   a/**",
        "*/*,    a/*",
        "*/b,    a/b",
    })
    void anEarlierPatternMustNotMatchAllTopicsOfALaterOne(String earlier, String later) {
        HubBuilder contradictory =
                Hub.builder().topics(earlier, topic -> topic.historyEvents(1)).topics(later, TopicSettings::conflate);
        assertThatIllegalArgumentException()
                .isThrownBy(contradictory::build)
                .withMessage(
                        "topics: " + later + " (expected: before " + earlier + ", which matches all of its topics)");
        Hub.builder()
                .topics(later, TopicSettings::conflate)
                .topics(earlier, topic -> topic.historyEvents(1))
                .build()
                .close();
    }

    @ParameterizedTest
    @CsvSource({"a/*, a/**", "a/*/**, a/**", "a, *", "*/b, a/*", "*/*, */**", "a/**, **", "a/*, */b"})
    void aLaterPatternMayMatchMore(String earlier, String later) {
        Hub.builder()
                .topics(earlier, topic -> topic.historyEvents(1))
                .topics(later, TopicSettings::conflate)
                .build()
                .close();
    }

    @Test
    void optionsThatContradictEachOtherAreRejected() {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> Hub.builder()
                        .overflow("a/*", OverflowPolicy.GAP)
                        .topics("a/*", topic -> topic.overflow(OverflowPolicy.LATEST)))
                .withMessage("overflow: LATEST (expected: one value for a/*, which has GAP)");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> Hub.builder()
                        .historyTotalBytes(1_000)
                        .topics("a/*", topic -> topic.historyBytes(1_001))
                        .build())
                .withMessageContaining("a/*")
                .withMessageContaining("1001")
                .withMessageContaining("historyTotalBytes of the hub, 1000");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> Hub.builder().topics("a//b", topic -> {}))
                .withMessageStartingWith("topics: ");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> Hub.builder().topics("a", topic -> topic.historyEvents(0)))
                .withMessage("historyEvents: 0 (expected: from 1 to 268435456)");
        assertThatNullPointerException().isThrownBy(() -> Hub.builder().topics("a", topic -> topic.historyAge(null)));
    }
}
