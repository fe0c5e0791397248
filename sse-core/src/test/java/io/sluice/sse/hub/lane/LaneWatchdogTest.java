package io.sluice.sse.hub.lane;

import static org.assertj.core.api.Assertions.assertThat;

import ch.qos.logback.classic.Level;
import io.sluice.sse.CloseReason;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

/** The watchdog of a lane, run by hand: its interval is so long that its own timer never fires. */
class LaneWatchdogTest {

    private static final long HOUR = TimeUnit.HOURS.toNanos(1);
    private static final LaneOptions AFTER_8_HOURS = HubFixture.QUIET.withBlockedLaneAfter(Duration.ofHours(8));

    private final long start = System.nanoTime();

    private static LaneWatchdog watchdogOf(HubFixture bench) {
        HubLane lane = bench.hubLane();
        return new LaneWatchdog(
                lane.options().blockedLaneAfter(), 1, lane.core().counters()::addBlockedLane);
    }

    private LaneWatchdog watchOf(HubFixture bench) {
        LaneWatchdog watch = watchdogOf(bench);
        watch.start();
        return watch;
    }

    @Test
    void aBlockedLaneIsLoggedOnceWithItsStackAndOnceWhenItContinues() {
        try (HubFixture bench = new HubFixture(options -> {}, 1, AFTER_8_HOURS);
                LogLines lines = LogLines.of(HubLane.class)) {
            LaneWatchdog watch = watchOf(bench);
            for (int hour = 1; hour < 20; hour++) {
                assertThat(watch.check(start + hour * HOUR)).isTrue();
                assertThat(lines.all()).as("after %s hours", hour).hasSize(hour < 9 ? 0 : 1);
            }
            assertThat(lines.events().get(0).getLevel()).isEqualTo(Level.WARN);
            assertThat(lines.all().get(0)).contains(Thread.currentThread().getName(), "stands still");
            assertThat(lines.events().get(0).getThrowableProxy().getStackTraceElementProxyArray())
                    .anySatisfy(frame -> assertThat(frame.getSTEAsString()).contains("LaneWatchdogTest"));
            assertThat(bench.hub.stats().lanesBlocked()).isEqualTo(1);

            watch.tick();
            assertThat(watch.check(start + 20 * HOUR)).isTrue();
            assertThat(lines.all()).hasSize(2);
            assertThat(lines.all().get(1)).contains("moves again");
            assertThat(Long.parseLong(lines.all().get(1).replaceAll(".*about (\\d+) ms", "$1")))
                    .isBetween(TimeUnit.HOURS.toMillis(19), TimeUnit.HOURS.toMillis(20));

            for (int hour = 21; hour < 30; hour++) {
                watch.check(start + hour * HOUR);
            }
            assertThat(lines.all()).as("another episode").hasSize(3);
            assertThat(bench.hub.stats().lanesBlocked()).isEqualTo(2);
        }
    }

    @Test
    void aLaneThatTicksIsNotLogged() {
        try (HubFixture bench = new HubFixture(options -> {}, 1, AFTER_8_HOURS);
                LogLines lines = LogLines.of(HubLane.class)) {
            LaneWatchdog watch = watchOf(bench);
            for (int hour = 1; hour < 100; hour++) {
                if (hour % 7 == 0) {
                    watch.tick();
                }
                watch.check(start + hour * HOUR);
            }
            assertThat(lines.all()).isEmpty();
        }
    }

    /** A watchdog that was suspended with the whole process has not observed the lane. */
    @Test
    void aPauseOfTheWatchdogItselfIsNotReportedAsABlockedLane() {
        try (HubFixture bench = new HubFixture(options -> {}, 1, AFTER_8_HOURS);
                LogLines lines = LogLines.of(HubLane.class)) {
            LaneWatchdog watch = watchOf(bench);
            watch.check(start + HOUR);
            watch.check(start + 100 * HOUR);
            assertThat(lines.all()).isEmpty();
            watch.tick();
            watch.check(start + 101 * HOUR);
            watch.check(start + 108 * HOUR);
            assertThat(lines.all()).isEmpty();
        }
    }

    @Test
    void theWatchdogRunsOnlyWhileThereAreSinks() {
        try (HubFixture bench = new HubFixture(options -> {}, 1, AFTER_8_HOURS);
                LogLines lines = LogLines.of(HubLane.class)) {
            LaneWatchdog watch = watchOf(bench);
            for (int hour = 1; hour < 10; hour++) {
                watch.check(start + hour * HOUR);
            }
            watch.stop();
            assertThat(watch.check(start + 10 * HOUR)).isFalse();
            assertThat(lines.all()).as("the end of the blockage is logged too").hasSize(2);
        }
    }

    @Test
    void aLaneWhoseThreadHasEndedIsNotWatched() throws InterruptedException {
        try (HubFixture bench = new HubFixture(options -> {}, 1, AFTER_8_HOURS)) {
            LaneWatchdog watch = watchdogOf(bench);
            Thread thread = new Thread(watch::start);
            thread.start();
            thread.join();
            assertThat(watch.check(start + HOUR)).isFalse();
        }
    }

    @Test
    void theWatchdogHoldsNothingOfALaneWhoseClientsHaveLeft() {
        try (HubFixture bench = new HubFixture(options -> {}, 1, AFTER_8_HOURS)) {
            FakeSink sink = bench.live("a");
            sink.close(CloseReason.CLIENT_LEFT);
            bench.run();
            assertThat(bench.lane().timers()).isZero();
            assertThat(bench.hub.ledger().isZero()).isTrue();
        }
    }
}
