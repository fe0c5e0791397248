package io.sluice.sse.benchmarks.jmh;

import org.openjdk.jmh.results.Result;
import org.openjdk.jmh.results.RunResult;

/**
 * What a publish costs at one step of a sweep.
 *
 * @param sweep what grows
 * @param step how many there are of it
 * @param nanos of a publish: the median of the iterations, which one that the machine has disturbed does not move
 * @param least of the iterations
 * @param most of the iterations
 * @param bytes that a publish allocates, or NaN
 */
record GrowthPoint(Sweep sweep, int step, double nanos, double least, double most, double bytes) {

    static GrowthPoint of(Sweep sweep, RunResult result) {
        Result<?> time = result.getPrimaryResult();
        Result<?> allocated = result.getSecondaryResults().get(StepTable.ALLOCATED);
        return new GrowthPoint(
                sweep,
                Integer.parseInt(result.getParams().getParam(sweep.title())),
                time.getStatistics().getPercentile(50),
                time.getStatistics().getMin(),
                time.getStatistics().getMax(),
                allocated == null ? Double.NaN : allocated.getScore());
    }
}
