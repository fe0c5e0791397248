package io.sluice.sse.benchmarks.compare;

import java.io.IOException;
import java.nio.file.Path;
import java.time.LocalDate;
import java.util.List;
import java.util.Locale;

/** Writes the section of the figures in {@code docs/benchmarks.md}, and the plots. */
final class Report {

    private static final double MILLIS = 1e-3;
    private static final double PERCENT = 100;
    private static final double MIB = 1.0 / (1 << 20);
    private static final double KIB = 1.0 / (1 << 10);

    private final Results results;
    private final StringBuilder text = new StringBuilder();

    private Report(Results results) {
        this.results = results;
    }

    /** Writes the sections of the page for which there are results. */
    static void write(Path docs, Results results, List<String> jvm) throws IOException {
        String setting = "Measured on " + LocalDate.now() + ".\n\n" + Machine.describe(jvm);
        if (results.hasAny(ProtocolReport::covers)) {
            ProtocolReport.write(docs, results, setting);
        }
        if (results.hasAny(TokenReport::covers)) {
            TokenReport.write(docs, results, setting);
        }
        if (results.hasAny(Report::covers)) {
            write(docs, results, setting);
        }
    }

    /** Whether a workload is in the section of the figures; the others have sections of their own. */
    private static boolean covers(String workload) {
        return !ProtocolReport.covers(workload) && !TokenReport.covers(workload);
    }

    private static void write(Path docs, Results results, String setting) throws IOException {
        Report report = new Report(results);
        report.text.append(setting);
        report.targets();
        report.throughput();
        report.latency();
        report.idle();
        report.churn();
        report.stalled();
        report.replay();
        report.crowd();
        report.large();
        report.topics();
        report.lanes();
        report.text.append(FailedRuns.of(results, Report::covers));
        Section.write(docs.resolve("benchmarks.md"), "figures", report.text.toString());
        Plots.write(docs.resolve("benchmarks"), results);
    }

    private void heading(String title) {
        text.append("\n### ").append(title).append("\n\n");
    }

    private void targets() {
        heading("Targets");
        text.append("Each ratio is computed within a round; the table shows the median. Most rows name the better of"
                + " Sluice's two transports and the best peer that ran. All tables below have both transports;"
                + " epoll is the default.\n\n");
        text.append(TargetTable.of(results, Target.all()));
    }

    private void throughput() {
        for (int clients : Stages.CLIENTS) {
            String workload = "saturate-" + clients;
            if (results.has(workload)) {
                heading(String.format(Locale.ROOT, "Throughput, %,d clients (128 bytes, 8 events in flight)", clients));
                text.append(withCpu(new Table(results, workload, Figure.EVENTS_PER_SECOND)
                                .median("events/s", Figure.EVENTS_PER_SECOND, 1, 0)
                                .spread("min … max", Figure.EVENTS_PER_SECOND, 1, 0)
                                .ratio(Figure.EVENTS_PER_SECOND, Contenders.FLOOR_BATCH)
                                .ratio(Figure.EVENTS_PER_SECOND, Contenders.FLOOR)
                                .ratio(Figure.EVENTS_PER_SECOND, Contenders.BARE_NETTY))
                        .median("heap bytes/event", Figure.ALLOCATED, 1, 1)
                        .median("wire bytes/event", Figure.less("", "wireBytesPerEvent"), 1, 0)
                        .soundness());
            }
        }
        if (results.has("saturate-100")) {
            text.append("\n![Throughput over clients](benchmarks/throughput.png)\n");
        }
    }

    private static Table withCpu(Table table) {
        return table.median("CPU s per million", Figure.CPU_PER_MILLION, 1, 2)
                .median("server CPU %", Figure.SERVER_CPU, PERCENT, 0)
                .median("generator CPU %", Figure.GENERATOR_CPU, PERCENT, 0);
    }

    private void latency() {
        for (int rate : List.of(20, 100)) {
            String workload = "rate-" + rate;
            if (results.has(workload)) {
                heading("Latency in ms, " + rate + ",000 events/s to 1,000 clients (128 bytes, open loop)");
                text.append(withCpu(new Table(results, workload, Figure.P50)
                                .median("p50", Figure.P50, MILLIS, 2)
                                .spread("p50 min … max", Figure.P50, MILLIS, 2)
                                .median("p90", Figure.P90, MILLIS, 2)
                                .median("p99", Figure.P99, MILLIS, 2)
                                .spread("p99 min … max", Figure.P99, MILLIS, 2)
                                .median("p99.9", Figure.P999, MILLIS, 2)
                                .median("max", Figure.MAX, MILLIS, 2)
                                .column("p50 × floor", server -> ratio(server, workload, Figure.P50))
                                .column("p99 × floor", server -> ratio(server, workload, Figure.P99))
                                .column("CPU × floor", server -> ratio(server, workload, Figure.CPU_PER_MILLION)))
                        .soundness());
                text.append("\n![Latency percentiles](benchmarks/latency-")
                        .append(rate)
                        .append(".png)\n");
            }
        }
    }

    private String ratio(String server, String workload, Figure figure) {
        return Table.number(results.ratio(server, Contenders.FLOOR, workload, figure), 1, 2);
    }

    private void idle() {
        if (results.has("idle")) {
            heading("An idle client (10,000 of them)");
            text.append(new Table(results, "idle", Figure.RSS_PER_CLIENT)
                    .median("RSS bytes", Figure.RSS_PER_CLIENT, 1, 0)
                    .median("live heap bytes", Figure.LIVE_PER_CLIENT, 1, 0)
                    .ratio(Figure.LIVE_PER_CLIENT, Contenders.BARE_NETTY)
                    .median("CPU µs to connect", Figure.CONNECT_MICROS, 1, 0)
                    .words("descriptors released", "released")
                    .soundness());
        }
    }

    private void churn() {
        if (results.has("churn")) {
            heading("Churn: 500 clients/s read two events and leave, while 100 others stay");
            text.append(new Table(results, "churn", Figure.CPU_PER_CHURNED)
                    .median("CPU µs per client", Figure.CPU_PER_CHURNED, 1, 0)
                    .ratio(Figure.CPU_PER_CHURNED, Contenders.BARE_NETTY)
                    .median("unserved", Figure.less("", "unserved"), 1, 0)
                    .median("live heap growth KiB", Figure.LIVE_GROWTH, KIB, 0)
                    .median("descriptors not released", Figure.DESCRIPTORS, 1, 0)
                    .soundness());
        }
    }

    private void stalled() {
        if (results.has("stalled")) {
            heading("50 of 500 clients stalled, 50 publishes/s of 4 KiB: the others' latency in ms");
            text.append(new Table(results, "stalled", Figure.P99)
                    .median("p50", Figure.P50, MILLIS, 2)
                    .median("p99", Figure.P99, MILLIS, 2)
                    .ratio(Figure.P99, Contenders.BARE_NETTY)
                    .median("max", Figure.MAX, MILLIS, 2)
                    .median("RSS growth MiB", Figure.less("", "rssPerStalled"), 50 * MIB, 1)
                    .median("stalled ended", Figure.less("", "stalledClosed"), 1, 0)
                    .median("lost silently", Figure.SILENT_LOSS, 1, 0)
                    .median("lost and reported", Figure.less("", "stalledMissingSaid"), 1, 0)
                    .soundness());
        }
    }

    private void replay() {
        for (int behind : List.of(100, 1_000)) {
            String workload = "replay-" + behind;
            if (results.has(workload)) {
                heading("Replay: 1,000 clients reconnect at once, " + behind
                        + " events behind; ms until all have received them");
                text.append(new Table(results, workload, Figure.REPLAY)
                        .median("ms", Figure.REPLAY, 1, 0)
                        .median("first time", Figure.less("", "millis0"), 1, 0)
                        .ratio(Figure.REPLAY, Contenders.NCHAN)
                        .ratio(Figure.REPLAY, Contenders.FLOOR_REPLAY)
                        .median("a client's p99", Figure.P99, MILLIS, 0)
                        .soundness());
            }
        }
    }

    private void crowd() {
        if (results.has("crowd")) {
            heading("1,000 subscribers, 50 publishes/s of 256 bytes, while a crowd of 1,000 reconnects, 1,000 events"
                    + " behind");
            text.append(new Table(results, "crowd", Figure.P99_TO_QUIET)
                    .median("p99 without the crowd, ms", Figure.QUIET_P99, MILLIS, 2)
                    .median("p99 with the crowd, ms", Figure.P99, MILLIS, 2)
                    .median("relative", Figure.P99_TO_QUIET, 1, 2)
                    .median("max, ms", Figure.MAX, MILLIS, 2)
                    .median("crowd served, ms", Figure.REPLAY, 1, 0)
                    .median("first time", Figure.less("", "millis0"), 1, 0)
                    .ratio(Figure.REPLAY, Contenders.NCHAN)
                    .soundness());
        }
    }

    private void large() {
        for (String workload : List.of("large-64k", "large-1m")) {
            if (results.has(workload)) {
                heading("Large events: " + (workload.endsWith("k") ? "64 KiB to 200 clients" : "1 MiB to 50 clients"));
                text.append(withCpu(new Table(results, workload, Figure.EVENTS_PER_SECOND)
                                .median("events/s", Figure.EVENTS_PER_SECOND, 1, 0)
                                .ratio(Figure.EVENTS_PER_SECOND, Contenders.FLOOR)
                                .ratio(Figure.EVENTS_PER_SECOND, Contenders.BARE_NETTY))
                        .soundness());
            }
        }
    }

    private void topics() {
        for (String workload : List.of("two-topics", "patterns")) {
            if (results.has(workload)) {
                heading(
                        workload.equals("patterns")
                                ? "1,000 clients with the common topic and their own pattern each"
                                : "1,000 clients with the common topic and their own topic each");
                text.append(withCpu(new Table(results, workload, Figure.EVENTS_PER_SECOND)
                                .median("events/s", Figure.EVENTS_PER_SECOND, 1, 0))
                        .soundness());
            }
        }
    }

    private void lanes() {
        for (int clients : Stages.CLIENTS_OF_LANES) {
            String workload = "lanes-" + clients;
            if (results.has(workload)) {
                heading(String.format(
                        Locale.ROOT, "Lanes, %,d clients (as above; server and generator share both cores)", clients));
                text.append(withCpu(new Table(results, workload, Figure.EVENTS_PER_SECOND)
                                .median("events/s", Figure.EVENTS_PER_SECOND, 1, 0)
                                .spread("min … max", Figure.EVENTS_PER_SECOND, 1, 0)
                                .ratio(Figure.EVENTS_PER_SECOND, Contenders.ofLanes("epoll", 1))
                                .ratio(Figure.EVENTS_PER_SECOND, Contenders.ofLanes("io_uring", 1)))
                        .soundness());
            }
        }
    }
}
