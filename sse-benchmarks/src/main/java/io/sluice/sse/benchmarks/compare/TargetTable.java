package io.sluice.sse.benchmarks.compare;

import java.util.List;
import java.util.OptionalDouble;
import java.util.stream.Collectors;

/** A Markdown table of the targets whose workloads were measured. */
final class TargetTable {

    private TargetTable() {}

    static String of(Results results, List<Target> targets) {
        StringBuilder text =
                new StringBuilder("| workload | figure | of | to | reached | in each round | must | goal | |\n"
                        + "|---|---|---|---|---:|---:|---:|---:|---|\n");
        for (Target target : targets) {
            if (results.has(target.workload())) {
                text.append(row(results, target));
            }
        }
        return text.toString();
    }

    private static String row(Results results, Target target) {
        OptionalDouble reached = target.reached(results);
        return String.format(
                "| %s | %s | %s | %s | %s | %s | %s | %s | %s |%n",
                target.workload(),
                target.figure().title(),
                target.subject(results),
                target.baseOf(results),
                reached.isPresent() ? Target.number(reached.getAsDouble()) : "–",
                inEachRound(target.inEachRound(results)),
                target.bound(target.must()),
                target.bound(target.goal()),
                reached.isPresent() ? target.verdict(reached.getAsDouble()) : "not measured");
    }

    private static String inEachRound(List<Double> figures) {
        return figures.size() < 2 ? "" : figures.stream().map(Target::number).collect(Collectors.joining("; "));
    }
}
