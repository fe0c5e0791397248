package io.sluice.sse.benchmarks.soak;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import org.HdrHistogram.Histogram;
import org.HdrHistogram.SynchronizedHistogram;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/**
 * Measures what clients that never read cost the other clients and the server. The same healthy clients are measured
 * with and without stalled clients, in turns within one run, because two runs differ by more than the effect.
 */
@Command(
        name = "stalled",
        mixinStandardHelpOptions = true,
        sortOptions = false,
        description = "Latency of healthy clients without and with stalled ones, and the memory of a stalled one.")
final class StalledCommand implements Callable<Integer> {

    private static final String TOPIC = "live";
    private static final double MOST_RATIO = 1.2;
    private static final long MOST_BYTES = 128 * 1024;

    @Mixin
    ServerOptions options = new ServerOptions();

    @Option(names = "--clients", defaultValue = "2000", description = "All of them. Default: ${DEFAULT-VALUE}")
    int clients;

    @Option(names = "--stalled", defaultValue = "200", description = "Those that never read. Default: ${DEFAULT-VALUE}")
    int stalled;

    @Option(names = "--rate", defaultValue = "20", description = "Events per second. Default: ${DEFAULT-VALUE}")
    double rate;

    @Option(names = "--event-bytes", defaultValue = "4096", description = "Default: ${DEFAULT-VALUE}")
    int eventBytes;

    @Option(names = "--rounds", defaultValue = "4", description = "Turns of each kind. Default: ${DEFAULT-VALUE}")
    int rounds;

    @Option(
            names = "--turn",
            defaultValue = "10s",
            description = "How long each is measured. Default: ${DEFAULT-VALUE}")
    Duration turn = Duration.ZERO;

    private final Figures figures = new Figures();
    private final Histogram without = new SynchronizedHistogram(3);
    private final Histogram with = new SynchronizedHistogram(3);
    /** Collects latencies that are not used, between the measurements. */
    private final Histogram unused = new SynchronizedHistogram(3);

    private final AtomicReference<Histogram> current = new AtomicReference<>(unused);

    @Override
    public Integer call() throws Exception {
        // A stalled client stays until the end of its turn: neither the write timeout nor an eviction closes it.
        try (ServerProcess server = ServerProcess.start(
                        options, "--write-timeout", "1h", "--history-events", "100000", "--history-bytes", "64m");
                Clients connections = new Clients(server.port());
                TimedPublisher publisher = new TimedPublisher(server, TOPIC, rate, eventBytes)) {
            ServerApi api = new ServerApi(server);
            List<TimedReader> healthy = new ArrayList<>();
            Pace pace = new Pace(1_000);
            for (int i = 0; i < clients - stalled; i++) {
                pace.next();
                TimedReader reader = new TimedReader("/events/" + TOPIC, current::get);
                healthy.add(reader);
                connections.connect(reader).syncUninterruptibly();
            }
            awaitSinks(api, healthy.size());
            publisher.start();
            Pace.pause(turn.multipliedBy(2)); // warm-up
            long perStalled = 0;
            for (int round = 0; round < rounds; round++) {
                measure(without);
                long residentBefore = server.footprint().residentBytes();
                StalledClients stalledClients = new StalledClients(connections, "/events/" + TOPIC + "?replay=100000");
                stalledClients.open(stalled);
                awaitSinks(api, clients);
                Pace.pause(Duration.ofSeconds(3)); // until their buffers are full
                measure(with);
                long gained = server.footprint().residentBytes() - residentBefore;
                perStalled = Math.max(perStalled, gained / Math.max(1, stalled));
                stalledClients.reset();
                awaitSinks(api, healthy.size());
            }
            report(healthy, publisher, perStalled);
        }
        return figures.print(System.out, "stalled");
    }

    private void measure(Histogram into) {
        Pace.pause(Duration.ofSeconds(1)); // excludes the effects of clients that have just connected or left
        current.set(into);
        Pace.pause(turn);
        current.set(unused);
    }

    private void report(List<TimedReader> healthy, TimedPublisher publisher, long perStalled) throws Exception {
        double ratio = (double) with.getValueAtPercentile(99) / without.getValueAtPercentile(99);
        long missing = missing(healthy, publisher);
        figures.note("healthy and stalled clients", clients - stalled + " and " + stalled)
                .note("events recorded without, with", without.getTotalCount() + ", " + with.getTotalCount())
                .note("p50 without, with", pair(50))
                .check(
                        "p99 without, with",
                        pair(99) + String.format(Locale.ROOT, " (x %.2f)", ratio),
                        "<= x " + MOST_RATIO,
                        ratio <= MOST_RATIO)
                .note("p99.9 without, with", pair(99.9))
                .note("slowest without, with", pair(100))
                .check("events missing or out of order", missing, "0", missing == 0 && !publisher.hasFailed())
                .check(
                        "resident memory per stalled client, worst turn",
                        perStalled / 1024 + " KiB",
                        "< " + MOST_BYTES / 1024 + " KiB",
                        perStalled < MOST_BYTES);
    }

    private String pair(double percentile) {
        return TimeFormat.millis(without.getValueAtPercentile(percentile)) + ", "
                + TimeFormat.millis(with.getValueAtPercentile(percentile));
    }

    private static long missing(List<TimedReader> healthy, TimedPublisher publisher) throws Exception {
        publisher.close();
        long published = publisher.published();
        long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(20);
        while (healthy.stream().anyMatch(reader -> reader.events() < published) && System.nanoTime() - deadline < 0) {
            Pace.pause(Duration.ofMillis(20));
        }
        return healthy.stream()
                .mapToLong(reader -> Math.abs(published - reader.events()) + reader.disorder())
                .sum();
    }

    private static void awaitSinks(ServerApi api, int count) throws Exception {
        long sinks = api.awaitSinks(number -> number == count, Duration.ofSeconds(30));
        if (sinks != count) {
            throw new IllegalStateException("sinks: " + sinks + " (expected: " + count + ")");
        }
    }
}
