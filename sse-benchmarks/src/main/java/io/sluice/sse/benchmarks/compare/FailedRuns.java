package io.sluice.sse.benchmarks.compare;

import java.util.List;
import java.util.function.Predicate;

/** A Markdown list of the runs that failed. */
final class FailedRuns {

    private FailedRuns() {}

    /** @return a section, or nothing if no run of these workloads failed */
    static String of(Results results, Predicate<String> workloads) {
        List<Run> failed = results.failed().stream()
                .filter(run -> workloads.test(run.workload()))
                .toList();
        StringBuilder text = new StringBuilder(failed.isEmpty() ? "" : "\n### Failed runs\n\n");
        for (Run run : failed) {
            text.append(String.format(
                    "- %s, %s, round %d: %s\n", run.server(), run.workload(), run.round(), shortened(run.error())));
        }
        return text.toString();
    }

    private static String shortened(String error) {
        return error.replaceAll("(/[\\w.+-]+){2,}", "…").strip().replaceAll("\\s+", " ");
    }
}
