package io.sluice.sse.benchmarks.jmh;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import org.openjdk.jmh.profile.GCProfiler;
import org.openjdk.jmh.results.RunResult;
import org.openjdk.jmh.runner.Runner;
import org.openjdk.jmh.runner.RunnerException;
import org.openjdk.jmh.runner.options.Options;
import org.openjdk.jmh.runner.options.OptionsBuilder;
import org.openjdk.jmh.runner.options.TimeValue;

/** Runs {@link PublishBenchmark} along each sweep, for a short time per step, because only the slope matters. */
final class Growth {

    private static final TimeValue WARMUP = TimeValue.seconds(1);
    private static final TimeValue MEASUREMENT = TimeValue.milliseconds(500);
    /** Enough for a million topics, whatever the size of the machine. */
    private static final String HEAP = "-Xmx2g";

    private Growth() {}

    /** @param options further options of JMH */
    static List<GrowthPoint> measure(Options options) throws RunnerException {
        List<GrowthPoint> points = new ArrayList<>();
        for (Sweep sweep : Sweep.values()) {
            for (RunResult result : new Runner(along(sweep, options)).run()) {
                points.add(GrowthPoint.of(sweep, result));
            }
        }
        points.sort(Comparator.comparing(GrowthPoint::sweep).thenComparing(GrowthPoint::step));
        return points;
    }

    private static Options along(Sweep sweep, Options options) {
        var builder = new OptionsBuilder()
                .parent(options)
                .include(PublishBenchmark.class.getName())
                .warmupIterations(4)
                .warmupTime(WARMUP)
                .measurementIterations(6)
                .measurementTime(MEASUREMENT)
                .jvmArgsAppend(HEAP)
                .addProfiler(GCProfiler.class);
        for (Sweep each : Sweep.values()) {
            builder = builder.param(each.title(), each == sweep ? each.steps() : new String[] {"1"});
        }
        return builder.build();
    }
}
