package io.sluice.sse.benchmarks.jmh;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;

class GrowthTest {

    private static final List<GrowthPoint> POINTS = List.of(
            new GrowthPoint(Sweep.CLIENTS, 1, 200, 196, 204, 320),
            new GrowthPoint(Sweep.CLIENTS, 10, 210, 200, 1_230, Double.NaN),
            new GrowthPoint(Sweep.LANES, 0, 150, 140, 153, 320),
            new GrowthPoint(Sweep.LANES, 1, 300, 290, 303, 320),
            new GrowthPoint(Sweep.LANES, 2, 450, 440, 453, 320));

    @Test
    void eachSweepIsComparedWithItsOwnFirstPoint() {
        assertThat(GrowthTable.of(POINTS))
                .contains("| clients | 1 | 200 | 196 … 204 | 1.00 | 320 |")
                .contains("| clients | 10 | 210 | 200 … 1,230 | 1.05 | – |")
                .contains("| lanes | 0 | 150 | 140 … 153 | 0.50 | 320 |")
                .contains("| lanes | 2 | 450 | 440 … 453 | 1.50 | 320 |");
    }

    @Test
    void zeroLanesAreInTheTableButNotInThePlot() {
        assertThat(GrowthPlot.drawn(Sweep.LANES, POINTS)).containsExactly(POINTS.get(3), POINTS.get(4));
    }

    @Test
    void theSweepsAreParametersOfTheBenchmark() {
        for (Sweep sweep : Sweep.values()) {
            assertThat(PublishBenchmark.class).hasPublicFields(sweep.title());
            assertThat(sweep.steps()).contains("1");
        }
    }
}
