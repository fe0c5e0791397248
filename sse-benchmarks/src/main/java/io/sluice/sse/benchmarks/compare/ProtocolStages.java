package io.sluice.sse.benchmarks.compare;

import java.util.List;

/** The workloads over TLS, over HTTP/2, and with gzip. */
final class ProtocolStages {

    static final String TLS_SATURATE = "tls-saturate";
    static final String TLS_RATE = "tls-rate-100";
    static final String TLS_IDLE = "tls-idle";
    static final String H2_RATE = "h2-rate-100";
    static final String H2_STALLED = "h2-stalled";
    static final String GZIP_SATURATE = "gzip-saturate";
    static final String GZIP_RATE = "gzip-rate-20";
    static final String GZIP_IDLE = "gzip-idle";

    private static final String SATURATE = "--mode saturate --clients 1000 --window 8 --size 128";
    private static final String RATE = "--mode rate --clients 1000 --rate 100 --size 128";
    private static final String HTTP2 = "--tls --h2 --streams ";
    private static final String TICKS = "--gzip --json --size 300 --mode ";

    private ProtocolStages() {}

    /** @param rounds the rounds of throughput and latency; the other stages have half as many */
    static List<Stage> all(int rounds, double seconds) {
        int few = Math.max(1, rounds / 2);
        return List.of(
                new Stage(
                        "tls",
                        rounds,
                        List.of(
                                tls(TLS_SATURATE, seconds, 12, "--tls " + SATURATE),
                                tls(TLS_RATE, seconds, 5, "--tls " + RATE))),
                new Stage("tls idle", few, List.of(tls(TLS_IDLE, 0, 0, "--tls --mode idle --clients 5000"))),
                new Stage(
                        "h2",
                        rounds,
                        List.of(
                                saturate(100, 10, seconds, 12),
                                saturate(10, 100, seconds, 5),
                                saturate(1_000, 1, seconds, 5),
                                http2(H2_RATE, seconds, 5, HTTP2 + "10 " + RATE))),
                new Stage("h2 stalled", few, List.of(stalled(seconds))),
                new Stage(
                        "gzip",
                        rounds,
                        List.of(
                                gzip(GZIP_SATURATE, seconds, 10, TICKS + "saturate --window 8 --clients 1000"),
                                gzip(GZIP_RATE, seconds, 5, TICKS + "rate --rate 20 --clients 1000"))),
                new Stage("gzip idle", few, List.of(gzip(GZIP_IDLE, 0, 0, TICKS + "idle --clients 2000"))));
    }

    /** The name of the workload that saturates so many connections with so many streams each. */
    static String saturated(int connections, int streams) {
        return "h2-" + connections + "x" + streams;
    }

    private static Workload saturate(int connections, int streams, double seconds, double warmup) {
        return http2(saturated(connections, streams), seconds, warmup, HTTP2 + streams + " " + SATURATE);
    }

    /** The stalled streams do not give their window back, and their connections do. */
    private static Workload stalled(double seconds) {
        return http2(
                H2_STALLED,
                seconds * 3,
                8,
                HTTP2
                        + "10 --mode rate --clients 500 --stalled 0.1 --rate 50 --size 4096 --stream-window 65536"
                        + " --quiet "
                        + seconds);
    }

    private static Workload tls(String name, double seconds, double warmup, String arguments) {
        return Workload.of(name, seconds, warmup, arguments).with(Need.TLS);
    }

    private static Workload http2(String name, double seconds, double warmup, String arguments) {
        return Workload.of(name, seconds, warmup, arguments).with(Need.HTTP2);
    }

    private static Workload gzip(String name, double seconds, double warmup, String arguments) {
        return Workload.of(name, seconds, warmup, arguments).with(Need.GZIP);
    }
}
