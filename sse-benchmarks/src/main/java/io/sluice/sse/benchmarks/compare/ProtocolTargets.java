package io.sluice.sse.benchmarks.compare;

import static io.sluice.sse.benchmarks.compare.Target.BEST;

import java.util.List;
import org.jspecify.annotations.Nullable;

/** The targets over TLS, over HTTP/2 and with gzip. */
final class ProtocolTargets {

    private static final double NONE = Double.NaN;

    private ProtocolTargets() {}

    static List<Target> all() {
        String floor = Contenders.FLOOR_BATCH;
        String few = ProtocolStages.saturated(100, 10);
        String fewer = ProtocolStages.saturated(10, 100);
        String many = ProtocolStages.saturated(1_000, 1);
        return List.of(
                perCpuSecond(ProtocolStages.TLS_SATURATE, floor, 0.40, 0.55),
                perCpuSecond(ProtocolStages.TLS_SATURATE, BEST, 2, NONE),
                cpu(ProtocolStages.TLS_RATE, ProtocolContenders.SLUICE_JDK, ProtocolContenders.BARE_JDK),
                cpu(ProtocolStages.TLS_RATE, ProtocolContenders.SLUICE_TCNATIVE, ProtocolContenders.BARE_TCNATIVE),
                new Target(ProtocolStages.TLS_RATE, Figure.P99, BEST, BEST, 1, NONE),
                new Target(ProtocolStages.TLS_RATE, Figure.MISSING, BEST, null, 0, NONE),
                handshake(ProtocolContenders.SLUICE_TCNATIVE, floor, 2.5, 1.9),
                handshake(ProtocolContenders.SLUICE_JDK, ProtocolContenders.BARE_JDK, 1.2, NONE),
                idle(Figure.RSS_PER_CLIENT, null, 18_000, NONE),
                idle(Figure.LIVE_PER_CLIENT, null, 5_000, NONE),
                idle(Figure.RSS_PER_CLIENT, ProtocolContenders.BARE_TCNATIVE, NONE, 1.1),
                perCpuSecond(few, BEST, 10, NONE),
                perCpuSecond(few, floor, 0.24, 0.5),
                perCpuSecond(fewer, BEST, 10, NONE),
                perCpuSecond(fewer, floor, NONE, 0.3),
                perCpuSecond(many, floor, 0.25, 0.35),
                perCpuSecond(many, BEST, 2.5, NONE),
                new Target(ProtocolStages.H2_RATE, Figure.CPU_PER_MILLION, BEST, BEST, 0.6, 0.4),
                stalled(Figure.P99_TO_BEFORE, 1.2, NONE),
                stalled(Figure.RSS_PER_STALLED, 128 << 10, 32 << 10),
                stalled(Figure.CONNECTIONS_LOST, 0, NONE),
                stalled(Figure.SILENT_LOSS, 0, NONE),
                gzip(
                        ProtocolStages.GZIP_SATURATE,
                        Figure.CPU_PER_MILLION,
                        ProtocolContenders.SLUICE_IDENTITY,
                        1.3,
                        1.1),
                // One event at a time: otherwise the bytes depend on how many events a batch has. Bare Netty is too
                // slow
                // for this rate, so it would gather events unless it compresses each alone.
                gzip(
                        ProtocolStages.GZIP_RATE,
                        Figure.WIRE_BYTES,
                        ProtocolContenders.BARE_DEFLATERS_SINGLE,
                        1.15,
                        1.05));
    }

    private static Target perCpuSecond(String workload, String base, double must, double goal) {
        return new Target(workload, Figure.EVENTS_PER_CPU_SECOND, BEST, base, must, goal);
    }

    private static Target cpu(String workload, String server, String base) {
        return new Target(workload, Figure.CPU_PER_MILLION, server, base, 1.25, 0.7);
    }

    private static Target handshake(String server, String base, double must, double goal) {
        return new Target(ProtocolStages.TLS_IDLE, Figure.CONNECT_MICROS, server, base, must, goal);
    }

    private static Target idle(Figure figure, @Nullable String base, double must, double goal) {
        return new Target(ProtocolStages.TLS_IDLE, figure, ProtocolContenders.SLUICE_TCNATIVE, base, must, goal);
    }

    private static Target stalled(Figure figure, double must, double goal) {
        return new Target(ProtocolStages.H2_STALLED, figure, BEST, null, must, goal);
    }

    private static Target gzip(String workload, Figure figure, String base, double must, double goal) {
        return new Target(workload, figure, ProtocolContenders.SLUICE_GZIP, base, must, goal);
    }
}
