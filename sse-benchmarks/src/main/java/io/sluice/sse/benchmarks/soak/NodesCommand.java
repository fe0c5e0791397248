package io.sluice.sse.benchmarks.soak;

import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import org.HdrHistogram.Histogram;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/**
 * Compares several nodes that share a Redis with nodes without it, and the speed of publishing through a hub with that
 * of bare commands. Rounds of the sides alternate, so that a disturbance of the machine meets all.
 *
 * <p>Delivery has three sides. In all of them a node has the same clients, which receive the same number of events:
 *
 * <ul>
 *   <li><b>alone</b>: one node without Redis, which gets all publications. The p99 is compared with this side.
 *   <li><b>apart</b>: as many nodes as with Redis at the same time, each a hub of its own. Each gets as many
 *       publications as its clients receive with Redis. The CPU per delivery is compared with this side, because the
 *       processors are as busy there. Each node reads the requests of all publications, with Redis only its share.
 *   <li><b>with Redis</b>: the nodes are one hub. Each publication goes to one of them, and to the clients of all.
 * </ul>
 */
@Command(
        name = "nodes",
        mixinStandardHelpOptions = true,
        sortOptions = false,
        description = {
            "Compares nodes that share a Redis with one node alone, and with as many nodes without Redis.",
            "Without Redis each node is a hub of its own. It has the same clients as with Redis, and gets as many"
                    + " publications as its clients receive with Redis.",
            "Needs redis-server."
        })
final class NodesCommand implements Callable<Integer> {

    /** The p99 may be at most this many times that of one node alone, and a round trip to Redis more. */
    private static final double MOST_TIMES_P99 = 3.0;

    private static final double MOST_TIMES_CPU = 1.3;
    private static final double LEAST_OF_BARE = 0.7;
    private static final long SEED = 42;

    /** Which figures are measured. */
    enum Part {
        ALL,
        DELIVERY,
        PUBLISHING
    }

    @Mixin
    ServerOptions options = new ServerOptions();

    @Option(names = "--part", defaultValue = "ALL", description = "${COMPLETION-CANDIDATES}. Default: ${DEFAULT-VALUE}")
    Part part = Part.ALL;

    @Option(names = "--nodes", defaultValue = "3", description = "Default: ${DEFAULT-VALUE}")
    int nodes;

    @Option(names = "--clients", defaultValue = "1000", description = "Of each node. Default: ${DEFAULT-VALUE}")
    int clients;

    @Option(
            names = "--topics",
            defaultValue = "100",
            description = "Each client listens to one, and a publication goes to one. Default: ${DEFAULT-VALUE}")
    int topics;

    @Option(
            names = "--rate",
            defaultValue = "1000",
            description = "Publications per second of a hub, through random nodes of it. Default: ${DEFAULT-VALUE}")
    double rate;

    @Option(names = "--size", defaultValue = "128", description = "Bytes of an event. Default: ${DEFAULT-VALUE}")
    int size;

    @Option(names = "--warmup", defaultValue = "15s", description = "Of each side. Default: ${DEFAULT-VALUE}")
    Duration warmup = Duration.ZERO;

    @Option(names = "--seconds", defaultValue = "15s", description = "Of each round. Default: ${DEFAULT-VALUE}")
    Duration seconds = Duration.ZERO;

    @Option(names = "--rounds", defaultValue = "5", description = "Of each side. Default: ${DEFAULT-VALUE}")
    int rounds;

    @Option(
            names = "--publications",
            defaultValue = "200000",
            description = "In each round at full speed. Default: ${DEFAULT-VALUE}")
    int publications;

    @Option(
            names = "--window",
            defaultValue = "4096",
            description = "Publications under way at full speed. Default: ${DEFAULT-VALUE}")
    int window;

    private final Figures figures = new Figures();

    @Override
    public Integer call() throws Exception {
        check();
        try (RedisProcess redis = RedisProcess.start()) {
            if (part != Part.DELIVERY) {
                publishing(redis);
            }
            if (part != Part.PUBLISHING) {
                delivery(redis);
            }
        }
        return figures.print(System.out, "nodes");
    }

    private void check() {
        if (topics < 1 || clients < topics || clients % topics != 0) {
            throw new IllegalArgumentException(
                    "--clients " + clients + " with --topics " + topics + " (expected: a multiple of the topics)");
        }
        if (size < 16) {
            throw new IllegalArgumentException("--size " + size + " (expected: at least 16)");
        }
        if (nodes < 1 || nodes > NodesStage.CONNECTIONS || rounds < 1) {
            throw new IllegalArgumentException("--nodes " + nodes + " and --rounds " + rounds
                    + " (expected: at least 1, and at most " + NodesStage.CONNECTIONS + " nodes)");
        }
    }

    // ---- publications at full speed

    private void publishing(RedisProcess redis) throws InterruptedException {
        double[] ofHub = new double[rounds];
        double[] bare = new double[rounds];
        double[] ratios = new double[rounds];
        try (PublishRace race = new PublishRace(redis, publications, window, size)) {
            for (int i = 0; i < 2; i++) { // loads and compiles
                race.hub();
                race.bare();
            }
            for (int i = 0; i < rounds; i++) {
                ofHub[i] = race.hub();
                bare[i] = race.bare();
                ratios[i] = ofHub[i] / bare[i];
            }
        }
        double ratio = median(ratios);
        figures.note("publications per second through a hub", perSecond(ofHub))
                .note("entries per second of a bare XADD", perSecond(bare))
                .check(
                        "the ratio of the two",
                        String.format(Locale.ROOT, "%.2f", ratio),
                        ">= " + LEAST_OF_BARE,
                        ratio >= LEAST_OF_BARE);
    }

    private static String perSecond(double[] values) {
        double[] sorted = values.clone();
        Arrays.sort(sorted);
        return String.format(
                Locale.ROOT, "%,.0f (%,.0f to %,.0f)", median(sorted), sorted[0], sorted[sorted.length - 1]);
    }

    // ---- delivery at a rate

    private void delivery(RedisProcess redis) throws IOException, InterruptedException {
        NodesStage.Load load = new NodesStage.Load(clients, topics, rate, size);
        try (NodesStage alone = NodesStage.apart(options, 1, load, SEED);
                NodesStage apart = NodesStage.apart(options, nodes, load, SEED);
                NodesStage joined = NodesStage.joined(options, nodes, load, redis, SEED)) {
            alone.run(warmup);
            apart.run(warmup);
            joined.run(warmup);
            List<NodesStage.Round> ofAlone = new ArrayList<>();
            List<NodesStage.Round> ofApart = new ArrayList<>();
            List<NodesStage.Round> ofJoined = new ArrayList<>();
            Histogram pings = new Histogram(3);
            Duration redisBefore = redis.cpu();
            for (int i = 0; i < rounds; i++) {
                ofAlone.add(alone.run(seconds));
                ofApart.add(apart.run(seconds));
                try (PingProbe probe = new PingProbe(redis)) {
                    ofJoined.add(joined.run(seconds));
                    pings.add(probe.stop());
                }
            }
            Duration redisCpu = redis.cpu().minus(redisBefore);
            report("one node alone", ofAlone);
            report(nodes + " nodes without Redis", ofApart);
            report(nodes + " nodes with Redis", ofJoined);
            figures.note("busy time of Redis meanwhile", share(redisCpu, seconds.multipliedBy(rounds)));
            latency(ofAlone, ofJoined, pings);
            cpu(ofAlone, ofApart, ofJoined);
        }
    }

    private void report(String stage, List<NodesStage.Round> rounds) {
        long publications =
                rounds.stream().mapToLong(round -> round.plan().count()).sum();
        long answered = rounds.stream().mapToLong(NodesStage.Round::answered).sum();
        long expected =
                rounds.stream().mapToLong(round -> round.plan().expected()).sum();
        long received =
                rounds.stream().mapToLong(round -> round.plan().received()).sum();
        String failure = rounds.get(rounds.size() - 1).failure();
        figures.check(
                        stage + ": publications accepted",
                        answered + " " + failure,
                        Long.toString(publications),
                        answered == publications)
                .check(stage + ": events received", received, Long.toString(expected), received == expected);
        for (NodesPlan.Fault fault : NodesPlan.Fault.values()) {
            long count = rounds.stream()
                    .mapToLong(round -> round.plan().faults(fault))
                    .sum();
            String name = fault.name().toLowerCase(Locale.ROOT).replace('_', ' ');
            figures.check(stage + ": " + name, count, "0", count == 0);
        }
        double busy = rounds.stream()
                .mapToDouble(NodesStage.Round::machineBusy)
                .average()
                .orElse(0);
        figures.note(stage + ": publish to last client, p50", TimeFormat.millis(percentile(rounds, 50)))
                .note(stage + ": the same, p99", TimeFormat.millis(percentile(rounds, 99)))
                .note(
                        stage + ": CPU of the nodes per delivery",
                        String.format(Locale.ROOT, "%.2f µs", cpuPerDelivery(rounds)))
                .note(
                        stage + ": CPU of clients and publishers per delivery",
                        String.format(
                                Locale.ROOT,
                                "%.2f µs",
                                rounds.stream()
                                                .mapToLong(NodesStage.Round::ownCpuNanos)
                                                .sum()
                                        / 1e3
                                        / Math.max(1, received)))
                .note(stage + ": processors of the machine busy", String.format(Locale.ROOT, "%.0f %%", 100 * busy));
    }

    private void latency(List<NodesStage.Round> alone, List<NodesStage.Round> joined, Histogram pings) {
        double roundTrip = pings.getValueAtPercentile(99);
        double bound = MOST_TIMES_P99 * percentile(alone, 99) + roundTrip;
        double p99 = percentile(joined, 99);
        figures.note("a round trip to Redis under this load, p99", TimeFormat.millis(roundTrip))
                .check(
                        "p99, with Redis",
                        TimeFormat.millis(p99),
                        "<= " + TimeFormat.millis(bound) + " (" + MOST_TIMES_P99 + " × alone + a round trip)",
                        p99 <= bound);
    }

    private void cpu(List<NodesStage.Round> alone, List<NodesStage.Round> apart, List<NodesStage.Round> joined) {
        double times = cpuPerDelivery(joined) / cpuPerDelivery(apart);
        figures.note("CPU per delivery, times that of one node alone", ratio(joined, alone))
                .check(
                        "CPU per delivery, times that of " + nodes + " nodes without Redis",
                        ratio(joined, apart),
                        "<= " + MOST_TIMES_CPU,
                        times <= MOST_TIMES_CPU);
    }

    private static String ratio(List<NodesStage.Round> of, List<NodesStage.Round> to) {
        return String.format(Locale.ROOT, "%.2f", cpuPerDelivery(of) / cpuPerDelivery(to));
    }

    /** The median of the rounds, in nanoseconds. */
    private static double percentile(List<NodesStage.Round> rounds, double percentile) {
        return median(rounds.stream()
                .mapToDouble(round -> round.latencies().getValueAtPercentile(percentile))
                .toArray());
    }

    private static double cpuPerDelivery(List<NodesStage.Round> rounds) {
        return median(rounds.stream()
                .mapToDouble(NodesStage.Round::cpuMicrosPerDelivery)
                .toArray());
    }

    private static double median(double[] values) {
        double[] sorted = values.clone();
        Arrays.sort(sorted);
        return sorted[sorted.length / 2];
    }

    private static String share(Duration of, Duration all) {
        return String.format(Locale.ROOT, "%.0f %%", 100.0 * of.toMillis() / Math.max(1, all.toMillis()));
    }
}
