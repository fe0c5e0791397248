package io.sluice.sse.benchmarks.soak;

import java.time.Duration;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.Callable;
import org.HdrHistogram.Histogram;
import org.HdrHistogram.SynchronizedHistogram;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/**
 * Attacks a server with a small heap in many ways, one after the other, while four healthy clients read a topic with 20
 * events a second. Whatever an attacker does, the p99 of the healthy clients stays below 100 ms and their p50 below
 * twice that of a quiet server. No event is missing, and the server gives back what the attacker had.
 */
@Command(
        name = "attack",
        mixinStandardHelpOptions = true,
        sortOptions = false,
        description = "Attacks a server in many ways and watches its healthy clients.")
final class AttackCommand implements Callable<Integer> {

    private static final String TOPIC = "healthy";
    private static final int READERS = 4;
    private static final double PER_SECOND = 20;
    private static final double MOST_P99_MILLIS = 100;
    private static final double MOST_P50_RATIO = 2;
    /** The p50 of a quiet server is so short that a scheduler's turn doubles it. */
    private static final double P50_NOISE_MILLIS = 2;

    /** The attackers are a process, which needs a moment until it attacks. */
    private static final Duration START_OF_ATTACK = Duration.ofSeconds(1);

    @Mixin
    ServerOptions options = new ServerOptions();

    @Option(names = "--attacks", split = ",", description = "Some of: ${COMPLETION-CANDIDATES}. Default: all of them")
    Set<Attack> attacks = EnumSet.allOf(Attack.class);

    @Option(names = "--duration", defaultValue = "10s", description = "Of each attack. Default: ${DEFAULT-VALUE}")
    Duration duration = Duration.ZERO;

    @Option(
            names = "--quiet",
            defaultValue = "4s",
            description = "Before each attack, after as long a warm-up. Default: ${DEFAULT-VALUE}")
    Duration quiet = Duration.ZERO;

    private final Figures figures = new Figures();
    private volatile Histogram latencies = new SynchronizedHistogram(3);

    @Override
    public Integer call() throws Exception {
        for (Attack attack : attacks) {
            System.err.println(attack.name().toLowerCase(Locale.ROOT) + ": " + attack.what);
            measure(attack);
        }
        return figures.print(System.out, "attack");
    }

    private void measure(Attack attack) throws Exception {
        try (ServerProcess server = ServerProcess.start(options);
                Clients clients = new Clients(server.port())) {
            ServerApi api = new ServerApi(server);
            List<TimedReader> readers = new ArrayList<>();
            for (int i = 0; i < READERS; i++) {
                readers.add(new TimedReader("/events/" + TOPIC, () -> latencies));
                clients.connect(readers.get(i));
            }
            api.awaitSinks(sinks -> sinks >= READERS, Duration.ofSeconds(10));
            try (AttackConnection connection = new AttackConnection(server.port())) {
                attack.prepare(connection);
            }
            Map<String, Long> before = api.owned();
            TimedPublisher publisher = new TimedPublisher(server, TOPIC, PER_SECOND, 100).start();
            Pace.pause(quiet);
            Histogram calm = during(quiet);
            String work;
            Histogram attacked;
            try (Attackers attackers = Attackers.start(attack, server.port())) {
                Pace.pause(START_OF_ATTACK);
                attacked = during(duration);
                work = attackers.end();
            }
            publisher.close();
            boolean complete = awaitAll(readers, publisher);
            report(attack, work, calm, attacked, complete);
            Map<String, Long> left = server.isAlive() ? api.awaitOwned(before, Duration.ofSeconds(20)) : Map.of();
            boolean returned = !left.isEmpty()
                    && left.entrySet().stream()
                            .allMatch(count -> count.getValue() <= before.getOrDefault(count.getKey(), 0L));
            if (!returned) {
                figures.check("   ledger afterwards", left, String.valueOf(before), false);
            }
        }
    }

    private Histogram during(Duration time) {
        Histogram own = new SynchronizedHistogram(3);
        latencies = own;
        Pace.pause(time);
        return own;
    }

    private static boolean awaitAll(List<TimedReader> readers, TimedPublisher publisher) {
        try {
            Pace.await(
                    () -> readers.stream().allMatch(reader -> reader.events() == publisher.published()),
                    Duration.ofSeconds(20),
                    "all events");
        } catch (IllegalStateException e) {
            return false;
        }
        return readers.stream().allMatch(reader -> reader.disorder() == 0);
    }

    private void report(Attack attack, String work, Histogram calm, Histogram attacked, boolean complete) {
        double p50 = millis(attacked, 50);
        double p99 = millis(attacked, 99);
        double calm50 = millis(calm, 50);
        boolean kept = complete
                && attacked.getTotalCount() > 0
                && p99 < MOST_P99_MILLIS
                && p50 < Math.max(MOST_P50_RATIO * calm50, P50_NOISE_MILLIS);
        figures.check(
                attack.name().toLowerCase(Locale.ROOT).replace('_', '-'),
                String.format(
                        Locale.ROOT,
                        "quiet p50 %.2f; p50 %.2f, p99 %.1f, max %.0f ms; %s%s",
                        calm50,
                        p50,
                        p99,
                        attacked.getMaxValue() / 1e6,
                        work,
                        complete ? "" : "; EVENTS MISSING"),
                "p99 < 100 ms, p50 < 2 x",
                kept);
    }

    private static double millis(Histogram histogram, double percentile) {
        return histogram.getValueAtPercentile(percentile) / 1e6;
    }
}
