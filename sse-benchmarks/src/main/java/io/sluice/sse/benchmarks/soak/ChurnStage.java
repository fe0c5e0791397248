package io.sluice.sse.benchmarks.soak;

import io.sluice.sse.examples.server.DurationText;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.HdrHistogram.Histogram;
import org.HdrHistogram.SynchronizedHistogram;

/**
 * A server under churn and its surroundings: histories that are full from the start, so that they do not grow, two
 * publishers, and healthy clients that must not be affected.
 */
final class ChurnStage implements AutoCloseable {

    /** Events of a ring. Together they are larger than what a small receive buffer and a channel can hold. */
    private static final int RING = 200;

    private static final int BUSY_BYTES = 4096;
    private static final double BUSY_PER_SECOND = 50;
    private static final int CONTROL_BYTES = 100;
    private static final double CONTROL_PER_SECOND = 20;
    private static final int HEALTHY = 10;

    /** The server's settings, and the time after which it has surely noticed a silent client. */
    private static final Duration HEARTBEAT = Duration.ofSeconds(1);

    private static final Duration WRITE_TIMEOUT = Duration.ofSeconds(2);
    static final Duration HOLD_SILENT = Duration.ofSeconds(12);

    final ServerProcess server;
    final ServerApi api;
    final ChurnLoad load;
    final Histogram latencies = new SynchronizedHistogram(3);

    private final Clients clients;
    private final TimedPublisher busy;
    private final TimedPublisher control;
    private final List<TimedReader> healthy = new ArrayList<>();
    /** What the healthy clients and the publishers own, and what therefore remains after the churn. */
    private final Map<String, Long> own = new HashMap<>();

    ChurnStage(ServerOptions options) throws IOException, InterruptedException {
        server = ServerProcess.start(
                options,
                "--heartbeat",
                DurationText.format(HEARTBEAT),
                "--write-timeout",
                DurationText.format(WRITE_TIMEOUT),
                "--history-events",
                Integer.toString(RING),
                "--history-age",
                "24h");
        api = new ServerApi(server);
        clients = new Clients(server.port());
        load = new ChurnLoad(clients, HOLD_SILENT);
        fill(Topics.HISTORY, BUSY_BYTES);
        fill(Topics.BUSY, BUSY_BYTES);
        fill(Topics.CONTROL, CONTROL_BYTES);
        for (int i = 0; i < HEALTHY; i++) {
            TimedReader reader = new TimedReader("/events/" + Topics.CONTROL, () -> latencies);
            healthy.add(reader);
            clients.connect(reader).syncUninterruptibly();
        }
        api.awaitSinks(sinks -> sinks >= HEALTHY, Duration.ofSeconds(20));
        busy = new TimedPublisher(server, Topics.BUSY, BUSY_PER_SECOND, BUSY_BYTES).start();
        control = new TimedPublisher(server, Topics.CONTROL, CONTROL_PER_SECOND, CONTROL_BYTES).start();
        own.putAll(Map.of("connections", HEALTHY + 2L, "sinks", (long) HEALTHY, "subscriptions", (long) HEALTHY));
        // The frame of an event that is being sent at the moment.
        own.put("buffers", 8L);
    }

    private void fill(String topic, int bytes) throws IOException {
        try (TimedPublisher filler = new TimedPublisher(server, topic, 0, bytes)) {
            filler.publish(RING + RING / 10);
        }
    }

    /** Waits until clients own nothing but what the stage's own clients own. */
    Map<String, Long> awaitOnlyOwn() throws IOException, InterruptedException {
        return api.awaitOwned(own, Duration.ofSeconds(60));
    }

    /** What the ledger counts in addition to the stage's own clients. */
    Map<String, Long> left(Map<String, Long> owned) {
        Map<String, Long> left = new HashMap<>();
        owned.forEach((kind, count) -> {
            long above = count - own.getOrDefault(kind, 0L);
            if (above > 0) {
                left.put(kind, above);
            }
        });
        return left;
    }

    /**
     * Stops the publishers, lets the healthy clients receive the rest and disconnects them. @return the counts of the
     * ledger after that
     */
    Map<String, Long> empty(Figures figures) throws IOException, InterruptedException {
        busy.close();
        control.close();
        long deadline = System.nanoTime() + Duration.ofSeconds(20).toNanos();
        while (healthy.stream().anyMatch(reader -> reader.events() < control.published())
                && System.nanoTime() - deadline < 0) {
            Pace.pause(Duration.ofMillis(20));
        }
        long missing = healthy.stream()
                .mapToLong(reader -> control.published() - reader.events())
                .sum();
        long disorder = healthy.stream().mapToLong(TimedReader::disorder).sum();
        figures.check(
                "events of " + HEALTHY + " healthy clients missing or out of order",
                missing + " and " + disorder + " of " + HEALTHY * control.published(),
                "0",
                missing == 0 && disorder == 0 && !busy.hasFailed() && !control.hasFailed());
        clients.close();
        return api.awaitOwned(Map.of(), Duration.ofSeconds(30));
    }

    @Override
    public void close() throws IOException {
        busy.close();
        control.close();
        clients.close();
        server.close();
    }
}
