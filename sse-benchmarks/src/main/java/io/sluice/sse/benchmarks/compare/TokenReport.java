package io.sluice.sse.benchmarks.compare;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;

/** Writes the section of the figures of token streams in {@code docs/benchmarks.md}. */
final class TokenReport {

    private static final double MILLIS = 1e-3;
    private static final double PERCENT = 100;

    private TokenReport() {}

    /** Whether a workload is in this section. */
    static boolean covers(String workload) {
        return workload.startsWith("tokens-");
    }

    /** @param setting what was measured where */
    static void write(Path docs, Results results, String setting) throws IOException {
        StringBuilder text = new StringBuilder(setting);
        text.append("\n### Targets of token streams\n\n").append(TargetTable.of(results, Target.ofTokens()));
        for (String of : List.of("topics", "sources")) {
            String workload = "tokens-" + of;
            if (results.has(workload)) {
                text.append("\n### Token streams: 1,000 clients with ")
                        .append(of)
                        .append(" of their own, 50 events/s of 20 bytes to each; latency in ms\n\n")
                        .append(table(results, workload));
            }
        }
        text.append(FailedRuns.of(results, TokenReport::covers));
        Section.write(docs.resolve("benchmarks.md"), "tokens", text.toString());
    }

    private static Table table(Results results, String workload) {
        return new Table(results, workload, Figure.CPU_PER_MILLION)
                .median("CPU s per million", Figure.CPU_PER_MILLION, 1, 2)
                .ratio(Figure.CPU_PER_MILLION, Contenders.BARE_NETTY)
                .median("server CPU %", Figure.SERVER_CPU, PERCENT, 0)
                .median("generator CPU %", Figure.GENERATOR_CPU, PERCENT, 0)
                .median("p50", Figure.P50, MILLIS, 2)
                .median("p99", Figure.P99, MILLIS, 2)
                .spread("p99 min … max", Figure.P99, MILLIS, 2)
                .column(
                        "p99 × bare-netty",
                        server ->
                                Table.number(results.ratio(server, Contenders.BARE_NETTY, workload, Figure.P99), 1, 2))
                .median("p99.9", Figure.P999, MILLIS, 2)
                .median("heap bytes/event", Figure.ALLOCATED, 1, 1)
                .soundness();
    }
}
