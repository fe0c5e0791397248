package io.sluice.sse.benchmarks.compare;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.OptionalDouble;
import org.junit.jupiter.api.Test;

class BoundsTest {

    private static final Target FASTER =
            new Target("saturate-100", Figure.EVENTS_PER_SECOND, "sluice epoll", Contenders.FLOOR_BATCH, 0.6, 0.9);
    private static final Target SMALLER =
            new Target("idle", Figure.LIVE_PER_CLIENT, "sluice epoll", null, 2048, Double.NaN);

    @Test
    void aTargetDistinguishesMustAndGoal() {
        assertThat(FASTER.verdict(0.59)).isEqualTo("**missed**");
        assertThat(FASTER.verdict(0.6)).isEqualTo("reached, goal missed");
        assertThat(FASTER.verdict(0.9)).isEqualTo("goal reached");
        assertThat(FASTER.bound(FASTER.must())).isEqualTo("≥ 0.60 ×");
        assertThat(SMALLER.verdict(2048)).isEqualTo("reached");
        assertThat(SMALLER.verdict(2049)).isEqualTo("**missed**");
        assertThat(SMALLER.bound(SMALLER.must())).isEqualTo("≤ 2,048");
        assertThat(SMALLER.bound(SMALLER.goal())).isEqualTo("–");
    }

    @Test
    void everyTargetHasAMeasuredWorkload() {
        String measured = Stages.names(Stages.full(1, 1));
        assertThat(Target.all()).allSatisfy(target -> assertThat(measured).contains(target.workload()));
    }

    @Test
    void theGuardRejectsValuesWorseThanItsBoundAndMissingValues() {
        GuardCommand.Bound faster = new GuardCommand.Bound("saturate-1000", Figure.EVENTS_PER_SECOND, 3);
        assertThat(faster.isKept(OptionalDouble.of(3))).isTrue();
        assertThat(faster.isKept(OptionalDouble.of(2.99))).isFalse();
        assertThat(faster.isKept(OptionalDouble.empty())).isFalse();
        GuardCommand.Bound smaller = new GuardCommand.Bound("idle", Figure.LIVE_PER_CLIENT, 1.05);
        assertThat(smaller.isKept(OptionalDouble.of(1.05))).isTrue();
        assertThat(smaller.isKept(OptionalDouble.of(1.06))).isFalse();
        assertThat(smaller.verdict(OptionalDouble.of(1.06))).contains("MISSED");
    }

    @Test
    void allocatedBytesAreCountedAcrossCollections() {
        long mib = 1 << 20;
        assertThat(JavaHeap.allocated(10 * mib, 25 * mib, "")).isEqualTo(15 * mib);
        String log = "[1.2s][info][gc] GC(3) Pause Young (Normal) (G1 Evacuation Pause) 100M->5M(512M) 3.1ms\n"
                + "[1.4s][info][gc] GC(4) Pause Young (Normal) (G1 Evacuation Pause) 85M->6M(512M) 3.0ms\n";
        assertThat(JavaHeap.allocated(10 * mib, 7 * mib, log)).isEqualTo((90 + 80 + 1) * mib);
    }
}
