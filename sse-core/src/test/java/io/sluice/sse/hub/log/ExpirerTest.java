package io.sluice.sse.hub.log;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.sluice.sse.Event;
import io.sluice.sse.hub.Hub;
import io.sluice.sse.hub.HubTestAccess;
import io.sluice.sse.hub.lane.HubFixture;
import java.lang.ref.WeakReference;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

/** Old events expire, and idle topics are forgotten, on a hub without publishers, subscribers or readers. */
class ExpirerTest {

    private static final long SECOND = TimeUnit.SECONDS.toNanos(1);

    /** The known topics, read without the expiry that other readers of the log trigger. */
    private static int topics(Hub hub) {
        return HubTestAccess.log(hub)
                .locked(() -> HubTestAccess.log(hub).topics().size());
    }

    private static long events(Hub hub) {
        return HubTestAccess.log(hub)
                .locked(() -> HubTestAccess.log(hub).bounds().totalEvents());
    }

    @Test
    void anIdleHubExpiresEventsByItself() {
        try (HubFixture bench = new HubFixture(options -> options.historyAge(Duration.ofSeconds(10)))) {
            assertThat(bench.hubTimers()).as("nothing is kept").isZero();
            bench.hub.publishAll(List.of());
            assertThat(bench.hubTimers()).as("still nothing is kept").isZero();
            bench.publishMany("a", 0, 5);
            bench.advanceHub(5 * SECOND);
            bench.publishMany("b", 0, 5);
            assertThat(bench.hubTimers()).isEqualTo(1);
            bench.advanceHub(5 * SECOND);
            assertThat(events(bench.hub)).as("nothing is too old yet").isEqualTo(10);
            bench.advanceHub(2 * SECOND);
            assertThat(events(bench.hub)).isEqualTo(5);
            assertThat(topics(bench.hub)).isEqualTo(1);
            bench.advanceHub(5 * SECOND);
            assertThat(topics(bench.hub)).isZero();
            assertThat(bench.hubTimers()).as("nothing is kept any more").isZero();
            bench.publish("c", "x");
            bench.advanceHub(12 * SECOND);
            assertThat(topics(bench.hub)).as("and again").isZero();
        }
    }

    @Test
    void manyEventsExpireInSlicesAndTheLockIsReleasedBetweenThem() {
        try (HubFixture bench = new HubFixture(options -> options.historyAge(Duration.ofSeconds(10)))) {
            for (int i = 0; i < 5000; i++) {
                bench.publish("t/" + i, "x");
            }
            bench.advanceHub(10 * SECOND + 1_500_000);
            assertThat(topics(bench.hub)).isBetween(1, 4999);
            bench.advanceHub(SECOND);
            assertThat(topics(bench.hub)).isZero();
        }
    }

    @Test
    void aTopicThatASubscriberNamedIsKeptWhenItsEventsExpire() {
        try (HubFixture bench = new HubFixture(options -> options.historyAge(Duration.ofSeconds(10)))) {
            bench.live("named");
            bench.live("pattern/*");
            bench.publish("named", "x");
            bench.publish("pattern/1", "x");
            bench.run();
            bench.advanceHub(12 * SECOND);
            assertThat(events(bench.hub)).isZero();
            assertThat(topics(bench.hub)).isEqualTo(1);
        }
    }

    @Test
    void idleTopicsMakeRoomForOthers() {
        try (HubFixture bench = new HubFixture(
                options -> options.historyAge(Duration.ofSeconds(10)).maxTopics(100))) {
            for (int round = 0; round < 3; round++) {
                for (int i = 0; i < 100; i++) {
                    bench.publish(round + "/" + i, "x");
                }
                assertThat(bench.hub.publish("one/more", Event.of("x"))).isCompletedExceptionally();
                bench.advanceHub(12 * SECOND);
            }
        }
    }

    @Test
    void theTimerOfTheJdkExpiresEventsUntilTheHubIsClosed() {
        Hub hub = Hub.builder().historyAge(Duration.ofMillis(50)).build();
        hub.publish("a", Event.of("x"));
        await().atMost(Duration.ofSeconds(30)).until(() -> topics(hub) == 0);
        hub.publish("a", Event.of("x"));
        await().atMost(Duration.ofSeconds(30)).until(() -> topics(hub) == 0);
        hub.close();
    }

    @Test
    void anUnreferencedHubIsCollectedAlthoughItKeepsEvents() {
        WeakReference<HubLog> abandoned = new WeakReference<>(HubTestAccess.log(hubWithAnEvent()));
        await().atMost(Duration.ofSeconds(30)).until(() -> {
            System.gc();
            return abandoned.get() == null;
        });
    }

    private static Hub hubWithAnEvent() {
        Hub hub = Hub.create();
        hub.publish("a", Event.of("x"));
        return hub;
    }
}
