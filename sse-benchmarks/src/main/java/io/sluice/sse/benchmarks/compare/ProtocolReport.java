package io.sluice.sse.benchmarks.compare;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.OptionalDouble;

/** Writes the section of the figures over TLS, over HTTP/2 and with gzip in {@code docs/benchmarks.md}. */
final class ProtocolReport {

    private static final List<String> PREFIXES = List.of("tls-", "h2-", "gzip-");
    private static final double MILLIS = 1e-3;
    private static final double PERCENT = 100;
    private static final double KIB = 1.0 / (1 << 10);

    private final Results results;
    private final StringBuilder text = new StringBuilder();

    private ProtocolReport(Results results) {
        this.results = results;
    }

    /** Whether a workload is in this section. */
    static boolean covers(String workload) {
        return PREFIXES.stream().anyMatch(workload::startsWith);
    }

    /** @param setting what was measured where */
    static void write(Path docs, Results results, String setting) throws IOException {
        ProtocolReport report = new ProtocolReport(results);
        report.text
                .append(setting)
                .append("\n### Targets over TLS, over HTTP/2 and with gzip\n\n")
                .append(TargetTable.of(results, ProtocolTargets.all()));
        report.tls();
        report.http2();
        report.gzip();
        report.text.append(FailedRuns.of(results, ProtocolReport::covers));
        Section.write(docs.resolve("benchmarks.md"), "protocols", report.text.toString());
    }

    private void tls() {
        saturated(ProtocolStages.TLS_SATURATE, "TLS, 1,000 clients (128 bytes, 8 events in flight)");
        rate(ProtocolStages.TLS_RATE, "TLS, 100,000 events/s to 1,000 clients; latency in ms");
        if (begins(ProtocolStages.TLS_IDLE, "TLS, an idle client (5,000 of them)")) {
            text.append(new Table(results, ProtocolStages.TLS_IDLE, Figure.RSS_PER_CLIENT)
                    .median("RSS bytes", Figure.RSS_PER_CLIENT, 1, 0)
                    .median("live heap bytes", Figure.LIVE_PER_CLIENT, 1, 0)
                    .median("CPU µs to connect", Figure.CONNECT_MICROS, 1, 0)
                    .ratio(Figure.CONNECT_MICROS, Contenders.FLOOR_BATCH)
                    .words("descriptors released", "released")
                    .soundness());
        }
    }

    private void http2() {
        saturated(ProtocolStages.saturated(100, 10), "HTTP/2 over TLS, 100 connections of 10 streams");
        saturated(ProtocolStages.saturated(10, 100), "HTTP/2 over TLS, 10 connections of 100 streams");
        saturated(ProtocolStages.saturated(1_000, 1), "HTTP/2 over TLS, 1,000 connections of one stream");
        rate(ProtocolStages.H2_RATE, "HTTP/2 over TLS, 100 connections of 10 streams, 100,000 events/s; latency in ms");
        if (begins(
                ProtocolStages.H2_STALLED,
                "HTTP/2 over TLS, one of 10 streams of each of 50 connections stalled, 50 publishes/s of 4 KiB: the"
                        + " others' latency in ms")) {
            text.append(new Table(results, ProtocolStages.H2_STALLED, Figure.P99)
                    .median("p99 before", Figure.QUIET_P99, MILLIS, 2)
                    .median("p99", Figure.P99, MILLIS, 2)
                    .median("relative", Figure.P99_TO_BEFORE, 1, 2)
                    .median("RSS growth KiB per stalled stream", Figure.RSS_PER_STALLED, KIB, 0)
                    .median("connections closed", Figure.CONNECTIONS_LOST, 1, 0)
                    .median("streams ended", Figure.less("", "stalledClosed"), 1, 0)
                    .median("lost silently", Figure.SILENT_LOSS, 1, 0)
                    .median("lost and reported", Figure.less("", "stalledMissingSaid"), 1, 0)
                    .soundness());
        }
    }

    private void gzip() {
        for (String workload : List.of(ProtocolStages.GZIP_SATURATE, ProtocolStages.GZIP_RATE)) {
            boolean single = workload.equals(ProtocolStages.GZIP_RATE);
            String load = single ? "20,000 events/s" : "8 events in flight";
            String bare = single ? ProtocolContenders.BARE_DEFLATERS_SINGLE : ProtocolContenders.BARE_DEFLATERS;
            if (begins(workload, "gzip, ticks of 300 bytes to 1,000 clients, " + load)) {
                text.append(withCpu(new Table(results, workload, Figure.CPU_PER_MILLION)
                                .median("CPU s per million", Figure.CPU_PER_MILLION, 1, 2)
                                .ratio(Figure.CPU_PER_MILLION, ProtocolContenders.SLUICE_IDENTITY)
                                .median("wire bytes/event", Figure.WIRE_BYTES, 1, 1)
                                .ratio(Figure.WIRE_BYTES, bare)
                                .median("compressed clients", Figure.less("", "codedClients"), 1, 0))
                        .soundness());
            }
        }
        if (begins(ProtocolStages.GZIP_IDLE, "gzip, an idle client (2,000 of them)")) {
            text.append(new Table(results, ProtocolStages.GZIP_IDLE, Figure.RSS_PER_CLIENT)
                    .median("RSS bytes", Figure.RSS_PER_CLIENT, 1, 0)
                    .median("live heap bytes", Figure.LIVE_PER_CLIENT, 1, 0)
                    .column("more live heap than " + ProtocolContenders.SLUICE_IDENTITY, this::moreThanIdentity)
                    .soundness());
        }
    }

    private String moreThanIdentity(String server) {
        OptionalDouble own = results.median(server, ProtocolStages.GZIP_IDLE, Figure.LIVE_PER_CLIENT);
        OptionalDouble plain =
                results.median(ProtocolContenders.SLUICE_IDENTITY, ProtocolStages.GZIP_IDLE, Figure.LIVE_PER_CLIENT);
        return own.isPresent() && plain.isPresent()
                ? Table.number(OptionalDouble.of(own.getAsDouble() - plain.getAsDouble()), 1, 0)
                : "–";
    }

    private void saturated(String workload, String title) {
        if (begins(workload, title)) {
            text.append(withCpu(new Table(results, workload, Figure.CPU_PER_MILLION)
                            .median("CPU s per million", Figure.CPU_PER_MILLION, 1, 2)
                            .spread("min … max", Figure.CPU_PER_MILLION, 1, 2)
                            .median("events per CPU s", Figure.EVENTS_PER_CPU_SECOND, 1, 0)
                            .ratio(Figure.EVENTS_PER_CPU_SECOND, Contenders.FLOOR_BATCH)
                            .median("events/s", Figure.EVENTS_PER_SECOND, 1, 0))
                    .median("wire bytes/event", Figure.WIRE_BYTES, 1, 0)
                    .soundness());
        }
    }

    private void rate(String workload, String title) {
        if (begins(workload, title)) {
            text.append(withCpu(new Table(results, workload, Figure.CPU_PER_MILLION)
                            .median("CPU s per million", Figure.CPU_PER_MILLION, 1, 2)
                            .spread("min … max", Figure.CPU_PER_MILLION, 1, 2)
                            .ratio(Figure.CPU_PER_MILLION, Contenders.FLOOR_BATCH)
                            .median("p50", Figure.P50, MILLIS, 2)
                            .median("p99", Figure.P99, MILLIS, 2)
                            .median("p99.9", Figure.P999, MILLIS, 2))
                    .soundness());
        }
    }

    private static Table withCpu(Table table) {
        return table.median("server CPU %", Figure.SERVER_CPU, PERCENT, 0)
                .median("generator CPU %", Figure.GENERATOR_CPU, PERCENT, 0);
    }

    /** Whether there are results of this workload; if so, it gets a heading. */
    private boolean begins(String workload, String title) {
        if (!results.has(workload)) {
            return false;
        }
        text.append("\n### ").append(title).append("\n\n");
        return true;
    }
}
