package io.sluice.sse.benchmarks.soak;

import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/**
 * Opens connections and loses them in seven ways at a steady rate. Afterwards the server must own nothing of them, and
 * its heap, descriptors and threads must be back at their former values.
 */
@Command(
        name = "churn",
        mixinStandardHelpOptions = true,
        sortOptions = false,
        description = "Opens and loses connections (RST, FIN, silence, half a request, during replay, during a write,"
                + " during the handshake).")
final class ChurnCommand implements Callable<Integer> {

    /**
     * The first reading is taken after this fraction of the churn, when classes are loaded, code is compiled and pools
     * are filled.
     */
    private static final int WARM_UP_PART = 10;

    private static final int LEAST_WARM_UP = 3_000;
    /** The tolerated random difference between the first and the last reading, whatever the size of the heap. */
    private static final double HEAP_TOLERANCE = 0.05;

    @Mixin
    ServerOptions options = new ServerOptions();

    @Option(names = "--connections", defaultValue = "100000", description = "Default: ${DEFAULT-VALUE}")
    long connections;

    @Option(names = "--rate", defaultValue = "1000", description = "Connections per second. Default: ${DEFAULT-VALUE}")
    double rate;

    @Option(names = "--any-rate", description = "Only report the rate that was reached, for machines of unknown speed")
    boolean anyRate;

    @Option(names = "--plot", description = "A PNG of the server over time; its data goes into a .csv file next to it")
    @Nullable
    Path plot;

    @Override
    public Integer call() throws Exception {
        try (ChurnStage stage = new ChurnStage(options)) {
            ServerProcess server = stage.server;
            long warmUp = Math.max(LEAST_WARM_UP, connections / WARM_UP_PART);
            System.out.printf("warm-up: %d connections%n", warmUp);
            stage.load.run(warmUp, rate);
            stage.awaitOnlyOwn();
            stage.load.end();
            Reading before = Reading.of(server, stage.api);
            stage.latencies.reset();

            System.out.printf("churn: %d connections at %.0f/s%n", connections, rate);
            long took;
            try (Sampler sampler = new Sampler(server, stage.api, Duration.ofSeconds(plot == null ? 0 : 5), false)) {
                took = stage.load.run(connections, rate);
                Map<String, Long> owned = stage.awaitOnlyOwn();
                stage.load.end();
                report(stage, before, took, owned);
                sampler.write(plot, "Churn at " + rate + " connections/s");
            }
            return figures.print(System.out, "churn");
        }
    }

    private final Figures figures = new Figures();

    private void report(ChurnStage stage, Reading before, long tookNanos, Map<String, Long> owned) throws Exception {
        Reading after = Reading.of(stage.server, stage.api);
        double achieved = connections * 1e9 / tookNanos;
        String reached = String.format(java.util.Locale.ROOT, "%.0f", achieved);
        if (anyRate) {
            figures.note("connections per second", reached);
        } else {
            figures.check("connections per second", reached, ">= " + Math.round(rate * 0.9), achieved >= rate * 0.9);
        }
        figures.note("streams among them", stage.load.streams())
                .note("sinks closed, by reason", stage.api.closed())
                .check("failed connects", stage.load.failedConnects(), "0", stage.load.failedConnects() == 0)
                .check("clients without a response in time", stage.load.unanswered(), "0", stage.load.unanswered() == 0)
                .check(
                        "left in the ledger",
                        stage.left(owned),
                        "{}",
                        stage.left(owned).isEmpty());
        ChurnFigures.compare(figures, before, after, HEAP_TOLERANCE);
        figures.note("healthy clients, p99 and slowest event", latencies(stage));
        Map<String, Long> empty = stage.empty(figures);
        long sum = empty.values().stream().mapToLong(Long::longValue).sum();
        figures.check("ledger when all have left", empty, "all 0", sum == 0)
                .check("warnings in the server's log", stage.server.warnings(), "0", stage.server.warnings() == 0);
    }

    private static String latencies(ChurnStage stage) {
        return TimeFormat.millis(stage.latencies.getValueAtPercentile(99)) + ", "
                + TimeFormat.millis(stage.latencies.getMaxValue());
    }
}
