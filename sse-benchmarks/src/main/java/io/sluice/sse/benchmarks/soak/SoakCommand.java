package io.sluice.sse.benchmarks.soak;

import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** A long churn together with clients that never read, plotted over time. */
@Command(
        name = "soak",
        mixinStandardHelpOptions = true,
        sortOptions = false,
        description = "A churn of any duration with stalled clients, and a plot of the server over time.")
final class SoakCommand implements Callable<Integer> {

    private static final double HEAP_TOLERANCE = 0.05;
    private static final Duration SLICE = Duration.ofSeconds(5);

    @Mixin
    ServerOptions options = new ServerOptions();

    @Option(names = "--duration", defaultValue = "30m", description = "Default: ${DEFAULT-VALUE}")
    Duration duration = Duration.ZERO;

    @Option(names = "--rate", defaultValue = "200", description = "Connections per second. Default: ${DEFAULT-VALUE}")
    double rate;

    @Option(
            names = "--stalled",
            defaultValue = "50",
            description = "Clients that never read. Default: ${DEFAULT-VALUE}")
    int stalled;

    @Option(names = "--interval", defaultValue = "10s", description = "Between readings. Default: ${DEFAULT-VALUE}")
    Duration interval = Duration.ZERO;

    @Option(
            names = "--plot",
            defaultValue = "sse-benchmarks/target/soak.png",
            description = "Default: ${DEFAULT-VALUE}")
    Path plot = Path.of("soak.png");

    private final Figures figures = new Figures();

    @Override
    public Integer call() throws Exception {
        try (ChurnStage stage = new ChurnStage(options);
                Clients slow = new Clients(stage.server.port())) {
            stage.load.run(Math.max(3_000, (long) (rate * 30)), rate);
            stage.awaitOnlyOwn();
            stage.load.end();
            Reading before = Reading.of(stage.server, stage.api);
            StalledClients stalledClients = new StalledClients(slow, "/events/" + Topics.BUSY);
            Map<String, Long> owned;
            try (Sampler sampler = new Sampler(stage.server, stage.api, interval, true)) {
                long begin = System.nanoTime();
                while (System.nanoTime() - begin < duration.toNanos()) {
                    stalledClients
                            .reset(); // disconnects clients that the server has closed because they accept no bytes
                    stalledClients.open(stalled);
                    stage.load.run((long) (rate * SLICE.toSeconds()), rate);
                }
                stalledClients.reset();
                owned = stage.awaitOnlyOwn();
                stage.load.end();
                sampler.write(plot, "Soak at " + rate + " connections/s, " + stalled + " stalled clients");
            }
            figures.note("connections, streams among them", stage.load.started() + ", " + stage.load.streams())
                    .note("stalled clients in all", stalledClients.opened())
                    .note("sinks closed, by reason", stage.api.closed())
                    .check("failed connects", stage.load.failedConnects(), "0", stage.load.failedConnects() == 0)
                    .check(
                            "clients without a response in time",
                            stage.load.unanswered(),
                            "0",
                            stage.load.unanswered() == 0)
                    .check(
                            "left in the ledger",
                            stage.left(owned),
                            "{}",
                            stage.left(owned).isEmpty());
            ChurnFigures.compare(figures, before, Reading.of(stage.server, stage.api), HEAP_TOLERANCE);
            Map<String, Long> empty = stage.empty(figures);
            long sum = empty.values().stream().mapToLong(Long::longValue).sum();
            figures.check("ledger when all have left", empty, "all 0", sum == 0)
                    .check("warnings in the server's log", stage.server.warnings(), "0", stage.server.warnings() == 0);
        }
        return figures.print(System.out, "soak");
    }
}
