package io.sluice.sse.benchmarks.soak;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import org.HdrHistogram.Histogram;
import org.HdrHistogram.SynchronizedHistogram;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/**
 * Publishes at full speed while other clients never read. A client that the server closes for this is replaced at once,
 * so that their number stays the same. Memory outside of the heap must stay below what the water marks allow, and the
 * heap must grow by no more than its rings.
 */
@Command(
        name = "flood",
        mixinStandardHelpOptions = true,
        sortOptions = false,
        description = "Publishes at full speed with stalled clients and watches the server's memory.")
final class FloodCommand implements Callable<Integer> {

    private static final String TOPIC = "flood";
    private static final int EVENT_BYTES = 4096;
    private static final int PUBLISHERS = 2;
    private static final double FILL_PER_SECOND = 50;
    /** The default low-water mark: the server does not write to a client with more pending bytes. */
    private static final long CLOGGED_BYTES = 32 * 1024;
    /** How many checks in a row, half a second apart, must find all clients with a full channel. */
    private static final int FULL_CHECKS = 6;

    private static final long MOST_BYTES = 128 * 1024;
    /** The default limit of a topic's history, and the overhead of its entries. */
    private static final long RING_BYTES = 20L << 20;

    @Mixin
    ServerOptions options = new ServerOptions();

    @Option(names = "--stalled", defaultValue = "1000", description = "Clients. Default: ${DEFAULT-VALUE}")
    int stalled;

    @Option(names = "--healthy", defaultValue = "10", description = "Clients that read. Default: ${DEFAULT-VALUE}")
    int healthyCount;

    @Option(names = "--duration", defaultValue = "60s", description = "Default: ${DEFAULT-VALUE}")
    Duration duration = Duration.ZERO;

    private final Figures figures = new Figures();
    private final Histogram latencies = new SynchronizedHistogram(3);

    /** The extreme values during the flood. */
    private static final class Extremes {
        long residentBytes;
        long buffers;
        long sinks = Long.MAX_VALUE;
    }

    @Override
    public Integer call() throws Exception {
        try (ServerProcess server = ServerProcess.start(options, "--write-timeout", "1h");
                Clients connections = new Clients(server.port())) {
            ServerApi api = new ServerApi(server);
            List<TimedPublisher> publishers = new ArrayList<>();
            for (int i = 0; i < PUBLISHERS; i++) {
                publishers.add(new TimedPublisher(server, TOPIC + "/" + i, 0, EVENT_BYTES));
            }
            for (TimedPublisher publisher : publishers) {
                publisher.publish(5_000); // fills the rings and compiles the code
            }
            Reading before = Reading.of(server, api);

            StalledClients stalledClients = new StalledClients(connections, "/events/" + TOPIC + "/**");
            stalledClients.open(stalled);
            for (int i = 0; i < healthyCount; i++) {
                connections.connect(new TimedReader("/events/" + TOPIC + "/0", () -> latencies));
            }
            Pace.await(() -> stalledClients.opened() >= stalled, Duration.ofSeconds(60), stalled + " stalled clients");
            stall(server, api);
            publishers.forEach(TimedPublisher::start);
            long begin = System.nanoTime();
            Extremes extremes = flood(server, api, stalledClients, begin);
            Reading during = Reading.of(server, api);
            reportPublishing(publishers, begin);
            figures.note("stalled clients at a time, in all", stalled + ", " + stalledClients.opened())
                    .note("fewest sinks at a time", extremes.sinks)
                    .note("sinks closed, by reason", api.closed())
                    .note("most frames held", extremes.buffers);
            reportMemory(before, during, extremes.residentBytes);
            connections.close();
            Map<String, Long> empty = api.awaitOwned(Map.of(), Duration.ofSeconds(60));
            long sum = empty.values().stream().mapToLong(Long::longValue).sum();
            figures.check("ledger when all have left", empty, "all 0", sum == 0);
        }
        return figures.print(System.out, "flood");
    }

    /** Publishes until each client's channel is full, slowly enough that no event is evicted before it is delivered. */
    private void stall(ServerProcess server, ServerApi api) throws Exception {
        try (TimedPublisher filler = new TimedPublisher(server, TOPIC + "/0", FILL_PER_SECOND, EVENT_BYTES)) {
            filler.start();
            long deadline = System.nanoTime() + Duration.ofSeconds(60).toNanos();
            // A channel may be full for a moment while the kernel's buffer still grows.
            for (int checks = 0; checks < FULL_CHECKS && System.nanoTime() - deadline < 0; ) {
                Pace.pause(Duration.ofMillis(500));
                checks = api.clogged(CLOGGED_BYTES) < stalled ? 0 : checks + 1;
            }
            figures.check(
                    "clients with a full channel at the start",
                    api.clogged(CLOGGED_BYTES),
                    Integer.toString(stalled),
                    api.clogged(CLOGGED_BYTES) >= stalled);
        }
    }

    private Extremes flood(ServerProcess server, ServerApi api, StalledClients stalledClients, long begin)
            throws Exception {
        Extremes extremes = new Extremes();
        while (System.nanoTime() - begin < duration.toNanos() && server.isAlive()) {
            Pace.pause(Duration.ofMillis(500));
            Map<String, Long> owned = api.owned();
            long sinks = owned.getOrDefault("sinks", 0L);
            extremes.sinks = Math.min(extremes.sinks, sinks);
            extremes.residentBytes =
                    Math.max(extremes.residentBytes, server.footprint().residentBytes());
            extremes.buffers = Math.max(extremes.buffers, owned.getOrDefault("buffers", 0L));
            stalledClients.replaceOldest((int) Math.max(0, stalled + healthyCount - sinks));
        }
        return extremes;
    }

    private void reportPublishing(List<TimedPublisher> publishers, long begin) throws Exception {
        long published =
                publishers.stream().mapToLong(TimedPublisher::published).sum();
        boolean failed = publishers.stream().anyMatch(TimedPublisher::hasFailed);
        for (TimedPublisher publisher : publishers) {
            publisher.close();
        }
        figures.note(
                        "events published, per second",
                        published + ", " + published * 1_000_000_000L / (System.nanoTime() - begin))
                .check("failed publishes", failed ? "some" : "none", "none", !failed);
    }

    private void reportMemory(Reading before, Reading during, long mostResident) {
        long gained = mostResident - before.residentBytes();
        long perStalled = gained / stalled;
        long heapGained = during.heapBytes() - before.heapBytes();
        figures.check(
                        "resident memory gained, most, per stalled client",
                        Reading.mebibytes(gained) + ", " + perStalled / 1024 + " KiB",
                        "< " + MOST_BYTES / 1024 + " KiB",
                        perStalled < MOST_BYTES)
                .check(
                        "heap after collection, before and during",
                        Reading.mebibytes(before.heapBytes()) + ", " + Reading.mebibytes(during.heapBytes()),
                        "<= + " + Reading.mebibytes(RING_BYTES),
                        heapGained <= RING_BYTES)
                .note(
                        "healthy clients (full speed), p50 and p99",
                        TimeFormat.millis(latencies.getValueAtPercentile(50)) + ", "
                                + TimeFormat.millis(latencies.getValueAtPercentile(99)));
    }
}
