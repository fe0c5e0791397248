package io.sluice.sse.benchmarks.jmh;

import org.openjdk.jmh.results.Result;
import org.openjdk.jmh.results.RunResult;

/**
 * The cost of a publish at one step of a sweep.
 *
 * @param sweep what grows
 * @param step its number
 * @param nanos time of a publish: the median of the iterations, which a single disturbed iteration does not change
 * @param least the fastest iteration
 * @param most the slowest iteration
 * @param bytes bytes that a publish allocates, or NaN
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
