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
 * Publishing at full speed beside clients that never read: whoever is closed for it is replaced at once, so that their
 * number stays. Memory outside of the heap stays below what the water marks allow, and the heap below its rings.
 */
@Command(
        name = "flood",
        mixinStandardHelpOptions = true,
        sortOptions = false,
        description = "Publishes at full speed beside stalled clients and watches the server's memory.")
final class FloodCommand implements Callable<Integer> {

    private static final String TOPIC = "flood";
    private static final int EVENT_BYTES = 4096;
    private static final int PUBLISHERS = 2;
    private static final double FILL_PER_SECOND = 50;
    /** The default low-water mark: who has more pending, and takes nothing, is not written to. */
    private static final long CLOGGED_BYTES = 32 * 1024;
    /** How often in a row, half a second apart, all of them are found so. */
    private static final int FULL_LOOKS = 6;

    private static final long MOST_BYTES = 128 * 1024;
    /** The default bound of a topic's history, and what its entries cost beside their bytes. */
    private static final long RING_BYTES = 20L << 20;

    @Mixin
    ServerOptions options = new ServerOptions();

    @Option(names = "--stalled", defaultValue = "1000", description = "Clients. Default: ${DEFAULT-VALUE}")
    int stalled;

    @Option(names = "--healthy", defaultValue = "10", description = "Clients that read. Default: ${DEFAULT-VALUE}")
    int healthyCount;

    @Option(names = "--duration", defaultValue = "60s", description = "Default: ${DEFAULT-VALUE}")
    Duration duration = Duration.ZERO;

    /** Publishes slowly enough for the history to pass nobody by, until each of them has its channel full. */
    private void stall(ServerProcess server, ServerApi api) throws Exception {
        try (TimedPublisher filler = new TimedPublisher(server, TOPIC + "/0", FILL_PER_SECOND, EVENT_BYTES)) {
            filler.start();
            long deadline = System.nanoTime() + Duration.ofSeconds(60).toNanos();
            // A channel may be full for a moment while the kernel's buffer still grows.
            for (int looks = 0; looks < FULL_LOOKS && System.nanoTime() - deadline < 0; ) {
                Pace.pause(Duration.ofMillis(500));
                looks = api.clogged(CLOGGED_BYTES) < stalled ? 0 : looks + 1;
            }
            figures.check(
                    "clients with a full channel at the start",
                    api.clogged(CLOGGED_BYTES),
                    Integer.toString(stalled),
                    api.clogged(CLOGGED_BYTES) >= stalled);
        }
    }

    private final Figures figures = new Figures();
    private final Histogram latencies = new SynchronizedHistogram(3);

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
                publisher.publish(5_000); // rings full, code compiled
            }
            Reading before = Reading.of(server, api);

            StalledClients those = new StalledClients(connections, "/events/" + TOPIC + "/**");
            those.open(stalled);
            for (int i = 0; i < healthyCount; i++) {
                connections.connect(new TimedReader("/events/" + TOPIC + "/0", () -> latencies));
            }
            Pace.await(() -> those.opened() >= stalled, Duration.ofSeconds(60), stalled + " stalled clients");
            stall(server, api);
            publishers.forEach(TimedPublisher::start);
            long begin = System.nanoTime();
            long mostResident = 0;
            long mostBuffers = 0;
            long leastSinks = Long.MAX_VALUE;
            while (System.nanoTime() - begin < duration.toNanos() && server.isAlive()) {
                Pace.pause(Duration.ofMillis(500));
                Map<String, Long> owned = api.owned();
                long sinks = owned.getOrDefault("sinks", 0L);
                leastSinks = Math.min(leastSinks, sinks);
                mostResident = Math.max(mostResident, server.footprint().residentBytes());
                mostBuffers = Math.max(mostBuffers, owned.getOrDefault("buffers", 0L));
                those.replaceOldest((int) Math.max(0, stalled + healthyCount - sinks));
            }
            long gained = mostResident - before.residentBytes();
            Reading during = Reading.of(server, api);
            long published =
                    publishers.stream().mapToLong(TimedPublisher::published).sum();
            boolean refused = publishers.stream().anyMatch(TimedPublisher::hasFailed);
            for (TimedPublisher publisher : publishers) {
                publisher.close();
            }
            long perStalled = gained / stalled;
            long heapGained = during.heapBytes() - before.heapBytes();
            figures.note(
                            "events published, per second",
                            published + ", " + published * 1_000_000_000L / (System.nanoTime() - begin))
                    .note("stalled clients at a time, in all", stalled + ", " + those.opened())
                    .note("fewest sinks at a time", leastSinks)
                    .note("sinks closed, by reason", api.closed())
                    .note("most frames held", mostBuffers)
                    .check("publishes refused", refused ? "some" : "none", "none", !refused)
                    .check(
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
            connections.close();
            Map<String, Long> empty = api.awaitOwned(Map.of(), Duration.ofSeconds(60));
            long sum = empty.values().stream().mapToLong(Long::longValue).sum();
            figures.check("ledger when all have left", empty, "all 0", sum == 0);
        }
        return figures.print(System.out, "flood");
    }
}
