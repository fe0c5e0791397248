package io.sluice.sse.benchmarks.jmh;

import java.util.Collection;
import java.util.Locale;
import java.util.stream.Collectors;
import org.openjdk.jmh.infra.BenchmarkParams;
import org.openjdk.jmh.results.Result;
import org.openjdk.jmh.results.RunResult;

/** Formats the results of JMH as a Markdown table, with the allocation of each operation. */
final class StepTable {

    static final String ALLOCATED = "gc.alloc.rate.norm";

    private StepTable() {}

    static String of(Collection<RunResult> results) {
        StringBuilder text =
                new StringBuilder("| step | with | time | ± | bytes allocated |\n|---|---|---:|---:|---:|\n");
        for (RunResult result : results) {
            BenchmarkParams parameters = result.getParams();
            String name = parameters.getBenchmark().replaceAll(".*\\.(\\w+)Benchmark\\.(\\w+)", "$1: $2");
            Result<?> time = result.getPrimaryResult();
            Result<?> bytes = result.getSecondaryResults().get(ALLOCATED);
            text.append(String.format(
                    Locale.ROOT,
                    "| %s | %s | %,.1f %s | %s | %s |%n",
                    name,
                    parameters.getParamsKeys().stream()
                            .map(key -> key + " " + parameters.getParam(key))
                            .collect(Collectors.joining(", ")),
                    time.getScore(),
                    time.getScoreUnit(),
                    number(time.getScoreError()),
                    bytes == null ? "–" : number(bytes.getScore())));
        }
        return text.toString();
    }

    private static String number(double value) {
        return Double.isNaN(value) ? "–" : String.format(Locale.ROOT, "%,.1f", value);
    }
}
