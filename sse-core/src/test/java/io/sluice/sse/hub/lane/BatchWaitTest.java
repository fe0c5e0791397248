package io.sluice.sse.hub.lane;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class BatchWaitTest {

    private static final long PASS = 6_400_000;
    private static final long QUIET = PASS / 64;
    private static final long LONGEST = PASS / 16;

    private final BatchWait batchWait = new BatchWait();
    private long now = 1_000_000_000;
    private long head;
    private long position;
    private int sinks = 1_000;

    /** A pass that sends something and takes {@code nanos}, after all waiting. */
    private void pass(long nanos) {
        head++;
        while (batchWait.waits(head, position, sinks, now)) {
            now += 1_000;
        }
        now += nanos;
        batchWait.passed(nanos);
        position = head;
    }

    /**
     * @return how long the next pass waits if {@code perLook} events are published before each check, once a
     * microsecond
     */
    private long waited(int perLook) {
        long since = now;
        while (batchWait.waits(head, position, sinks, now)) {
            now += 1_000;
            head += perLook;
        }
        return now - since;
    }

    @Test
    void shortPassesDoNotWait() {
        pass(100_000);
        head++;
        assertThat(waited(1)).isZero();
    }

    @Test
    void aFewClientsNeverWaitForOneLongPass() {
        sinks = BatchWait.MIN_SINKS - 1;
        pass(PASS);
        head++;
        assertThat(waited(1)).isZero();
    }

    @Test
    void anIdleHubDoesNotWaitForAnything() {
        pass(PASS);
        assertThat(batchWait.waits(head, position, sinks, now)).isFalse();
    }

    @Test
    void afterALongPassTheNextWaitsForAShortSilence() {
        pass(PASS);
        head++;
        assertThat(waited(0)).isEqualTo(QUIET);
    }

    @Test
    void steadyEventsExtendTheWaitToAtMostAShareOfThePass() {
        pass(PASS);
        head++;
        assertThat(waited(1)).isEqualTo(LONGEST);
    }

    @Test
    void aStoppedClockDoesNotProlongTheWaitForever() {
        pass(PASS);
        head++;
        int looks = 0;
        while (batchWait.waits(head, position, sinks, now)) {
            assertThat(++looks).isLessThan(2_000);
        }
        assertThat(looks).isPositive();
    }

    @Test
    void aWaitThatGatheredEventsIsRepeated() {
        pass(PASS);
        for (int i = 0; i < 5; i++) {
            head++;
            assertThat(waited(1)).isEqualTo(LONGEST);
            now += PASS;
            batchWait.passed(PASS);
            position = head;
        }
    }

    @Test
    void waitsThatGatherNothingBecomeRare() {
        pass(PASS);
        int waits = 0;
        for (int i = 0; i < 1_000; i++) {
            head++;
            waits += waited(0) > 0 ? 1 : 0;
            now += PASS;
            batchWait.passed(PASS);
            position = head;
        }
        assertThat(waits).isBetween(1_000 / (BatchWait.MAX_SKIPPED + 1), 25);
    }

    @Test
    void aWaitThatGathersEventsAgainEndsTheSkipping() {
        pass(PASS);
        for (int i = 0; i < 200; i++) {
            pass(PASS);
        }
        int untilPaid = 0;
        do {
            head++;
            untilPaid++;
            now += PASS;
            batchWait.passed(PASS);
        } while (waited(1) == 0);
        now += PASS;
        batchWait.passed(PASS);
        position = head;
        head++;
        assertThat(untilPaid).isLessThanOrEqualTo(BatchWait.MAX_SKIPPED + 1);
        assertThat(waited(1)).isEqualTo(LONGEST);
    }
}
