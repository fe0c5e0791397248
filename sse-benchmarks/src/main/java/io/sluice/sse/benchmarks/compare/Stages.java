package io.sluice.sse.benchmarks.compare;

import java.util.List;
import java.util.stream.Collectors;

/** The workloads of the comparison. */
final class Stages {

    static final List<Integer> CLIENTS = List.of(100, 1_000, 10_000);
    static final List<Integer> CLIENTS_OF_LANES = List.of(1_000, 10_000);
    static final String TWO_TOPICS = "/events?topic=load&topic=own/{client}";
    static final String PATTERNS = "/events?topic=load&topic=own/{client}/*";

    private Stages() {}

    /** @param rounds the rounds of throughput and latency; the other stages have half as many */
    static List<Stage> full(int rounds, double seconds) {
        int few = Math.max(1, rounds / 2);
        return List.of(
                load(rounds, seconds, 1),
                new Stage("idle", few, List.of(idle())),
                new Stage("comers and goers", few, List.of(churn(seconds * 2), stalled(seconds * 3))),
                new Stage("replay", few, List.of(replay(100), replay(1_000), crowd())),
                new Stage("large events", few, large(seconds)),
                new Stage("topics", few, topics(seconds)),
                new Stage("tokens", rounds, tokens(seconds)),
                new Stage("lanes", few, lanes(seconds)));
    }

    static List<Stage> quick(int rounds, double seconds) {
        return List.of(load(rounds, seconds, 0.6), new Stage("idle", 1, List.of(idle())));
    }

    /**
     * Throughput for several numbers of clients, then latency at two rates. For about 20 seconds the JIT compiler of a
     * JVM takes up to half of the server's one core. So the first workload has the longest warm-up.
     */
    static Stage load(int rounds, double seconds, double warmth) {
        return new Stage(
                "load",
                rounds,
                List.of(
                        saturate(100, seconds, 20 * warmth),
                        saturate(1_000, seconds, 8 * warmth),
                        saturate(10_000, seconds, 6 * warmth),
                        rate(20, seconds, 8 * warmth),
                        rate(100, seconds, 4 * warmth)));
    }

    static Workload saturate(int clients, double seconds, double warmup) {
        return Workload.of(
                "saturate-" + clients, seconds, warmup, "--mode saturate --window 8 --size 128 --clients " + clients);
    }

    /** @param perSecond events per second, to 1,000 clients */
    static Workload rate(int perSecond, double seconds, double warmup) {
        return Workload.of(
                "rate-" + perSecond, seconds, warmup, "--mode rate --clients 1000 --size 128 --rate " + perSecond);
    }

    static Workload idle() {
        return Workload.of("idle", 0, 0, "--mode idle --clients 10000");
    }

    private static Workload churn(double seconds) {
        return Workload.of("churn", seconds, 40, "--mode churn --clients 100 --churn 500 --warm-churn 2000 --rate 50");
    }

    private static Workload stalled(double seconds) {
        return Workload.of("stalled", seconds, 8, "--mode rate --clients 500 --stalled 0.1 --rate 50 --size 4096");
    }

    private static Workload replay(int behind) {
        return Workload.of(
                        "replay-" + behind,
                        0,
                        0,
                        "--mode replay --clients 1000 --at-once 256 --repeats 7 --replay " + behind)
                .with(Need.IDS);
    }

    private static Workload crowd() {
        return Workload.of(
                        "crowd",
                        0,
                        3,
                        "--mode crowd --clients 1000 --at-once 256 --repeats 5 --replay 1000 --size 256 --rate 50")
                .with(Need.TWO_HISTORIES);
    }

    private static List<Workload> large(double seconds) {
        return List.of(
                Workload.of("large-64k", seconds, 12, "--mode saturate --window 4 --clients 200 --size 65536"),
                Workload.of("large-1m", seconds, 3, "--mode saturate --window 2 --clients 50 --size 1048576"));
    }

    private static List<Workload> topics(double seconds) {
        return List.of(
                ofOwnTopic("two-topics", TWO_TOPICS, "/publish/own/{client}", seconds),
                ofOwnTopic("patterns", PATTERNS, "/publish/own/{client}/news", seconds));
    }

    /** 50 events per second of 20 bytes to each of 1,000 clients, which have a topic or a source each. */
    private static List<Workload> tokens(double seconds) {
        return List.of(tokens("topics", seconds, 15), tokens("sources", seconds, 10));
    }

    private static Workload tokens(String of, double seconds, double warmup) {
        return Workload.of(
                        "tokens-" + of,
                        seconds,
                        warmup,
                        "--mode tokens --clients 1000 --size 20 --rate 50 --events /tokens/" + of
                                + "/{client} --publish /tokens/" + of)
                .with(Need.TOKENS);
    }

    /** Throughput with server and generator on both cores. */
    private static List<Workload> lanes(double seconds) {
        return CLIENTS_OF_LANES.stream()
                .map(clients -> saturate(clients, seconds, 12)
                        .called("lanes-" + clients)
                        .with(Need.BOTH_CORES))
                .toList();
    }

    private static Workload ofOwnTopic(String name, String events, String publish, double seconds) {
        return Workload.of(
                        name,
                        seconds,
                        12,
                        "--mode saturate --window 8 --clients 1000 --own-per-common 10 --events " + events
                                + " --own-publish " + publish)
                .with(Need.TOPICS);
    }

    static String names(List<Stage> stages) {
        return stages.stream()
                .flatMap(stage -> stage.workloads().stream())
                .map(Workload::name)
                .collect(Collectors.joining(", "));
    }
}
