package io.sluice.sse.benchmarks.compression;

import io.sluice.sse.benchmarks.compare.JvmFlags;
import io.sluice.sse.benchmarks.compare.Section;
import io.sluice.sse.netty.Compression;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.Writer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.LocalDate;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.ToDoubleFunction;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** Compares compressed streams with plain ones and with a compressor for each client. */
@Command(
        name = "compression",
        mixinStandardHelpOptions = true,
        sortOptions = false,
        description = "Measures bytes, processor time and memory of streams that are plain, that share their"
                + " compression, and that have a compressor each.")
public final class CompressionCommand implements Callable<Integer> {

    /** The heap is touched at the start, so that more resident memory is memory outside the heap. */
    private static final List<String> FLAGS = List.of("-Xms512m", "-Xmx512m", "-XX:+AlwaysPreTouch", "-XX:+UseG1GC");

    private static final long QUIET_NANOS = TimeUnit.MILLISECONDS.toNanos(300);

    @Option(names = "--transport", defaultValue = "epoll", description = "Default: ${DEFAULT-VALUE}")
    String transport = "";

    @Option(names = "--clients", defaultValue = "1000", description = "Default: ${DEFAULT-VALUE}")
    int clients;

    @Option(
            names = "--events",
            defaultValue = "500",
            description =
                    "Events of each kind that are measured, after as many that are not. Default: ${DEFAULT-VALUE}")
    int events;

    @Option(names = "--rounds", defaultValue = "3", description = "Default: ${DEFAULT-VALUE}")
    int rounds;

    @Option(names = "--page", paramLabel = "<file>", description = "Writes the tables into this page.")
    @Nullable
    Path page;

    /** What one round of one kind of compression has shown, for each kind of event; memory is that of both. */
    private record Result(
            Map<Payloads.Kind, Double> bytes, Map<Payloads.Kind, Double> nanos, double heap, double rss) {}

    @Override
    public Integer call() throws Exception {
        Map<Compression, List<Result>> results = new EnumMap<>(Compression.class);
        for (int round = 0; round < rounds; round++) {
            for (Compression compression : Compression.values()) {
                results.computeIfAbsent(compression, ignored -> new ArrayList<>())
                        .add(measure(compression));
            }
        }
        String text = "Measured on " + LocalDate.now() + ": " + transport + ", " + clients
                + " clients, one event at a time, " + events + " events, medians of " + rounds + " rounds, "
                + System.getProperty("java.vm.name") + " " + System.getProperty("java.runtime.version") + ".\n\n"
                + table(results);
        System.out.println(text);
        if (page != null) {
            Section.write(page, "compression", text);
        }
        return 0;
    }

    private Result measure(Compression compression) throws IOException, InterruptedException {
        Process process = start(compression);
        try (BufferedReader out = process.inputReader(StandardCharsets.UTF_8);
                Writer in = process.outputWriter(StandardCharsets.UTF_8)) {
            int port = Integer.parseInt(line(out));
            String[] before = ask(in, out, "memory").split(" ");
            try (CountingClients connected = new CountingClients(port, clients)) {
                Map<Payloads.Kind, Double> bytes = new EnumMap<>(Payloads.Kind.class);
                Map<Payloads.Kind, Double> nanos = new EnumMap<>(Payloads.Kind.class);
                double deliveries = (double) events * clients;
                for (Payloads.Kind kind : Payloads.Kind.values()) {
                    ask(in, out, kind + " " + events);
                    long from = awaitQuiet(connected);
                    nanos.put(kind, Long.parseLong(ask(in, out, kind + " " + events)) / deliveries);
                    bytes.put(kind, (awaitQuiet(connected) - from) / deliveries);
                }
                String[] after = ask(in, out, "memory").split(" ");
                return new Result(bytes, nanos, perClient(before[0], after[0]), perClient(before[1], after[1]));
            }
        } finally {
            process.destroyForcibly();
        }
    }

    private double perClient(String before, String after) {
        return (Long.parseLong(after) - Long.parseLong(before)) / (double) clients;
    }

    /** Waits until the clients have read everything, and returns how many bytes that is. */
    private static long awaitQuiet(CountingClients connected) {
        long before = -1;
        while (connected.bytes() != before) {
            before = connected.bytes();
            LockSupport.parkNanos(QUIET_NANOS);
        }
        return before;
    }

    private Process start(Compression compression) throws IOException {
        List<String> command = new ArrayList<>();
        command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        command.addAll(FLAGS);
        command.addAll(JvmFlags.nativeAccess());
        command.addAll(List.of(
                "-cp",
                System.getProperty("java.class.path"),
                CompressionServer.class.getName(),
                transport,
                compression.name(),
                String.valueOf(clients)));
        Process process = new ProcessBuilder(command)
                .redirectError(ProcessBuilder.Redirect.INHERIT)
                .start();
        Runtime.getRuntime().addShutdownHook(new Thread(process::destroyForcibly));
        return process;
    }

    private static String ask(Writer in, BufferedReader out, String request) throws IOException {
        in.write(request + "\n");
        in.flush();
        return line(out);
    }

    private static String line(BufferedReader out) throws IOException {
        String line = out.readLine();
        if (line == null) {
            throw new IOException("the server process has ended");
        }
        return line;
    }

    // ---- the table

    private static String table(Map<Compression, List<Result>> results) {
        StringBuilder table = new StringBuilder("| events | compression | bytes per event | × a compressor each"
                + " | CPU ns per event and client | × plain | heap per client | outside the heap |\n"
                + "|---|---|---:|---:|---:|---:|---:|---:|\n");
        for (Payloads.Kind kind : Payloads.Kind.values()) {
            double plain =
                    median(results, Compression.OFF, result -> result.nanos().get(kind));
            double own = median(
                    results, Compression.PER_STREAM, result -> result.bytes().get(kind));
            for (Compression compression : Compression.values()) {
                double bytes =
                        median(results, compression, result -> result.bytes().get(kind));
                double nanos =
                        median(results, compression, result -> result.nanos().get(kind));
                table.append(String.format(
                        Locale.ROOT,
                        "| %s | %s | %.1f | %.2f | %,.0f | %.2f | %,.0f | %,.0f |%n",
                        kind.name().toLowerCase(Locale.ROOT),
                        compression,
                        bytes,
                        bytes / own,
                        nanos,
                        nanos / plain,
                        median(results, compression, Result::heap),
                        median(results, compression, Result::rss)));
            }
        }
        return table.toString();
    }

    private static double median(
            Map<Compression, List<Result>> results, Compression compression, ToDoubleFunction<Result> value) {
        double[] values = results.getOrDefault(compression, List.of()).stream()
                .mapToDouble(value)
                .sorted()
                .toArray();
        return values[values.length / 2];
    }
}
