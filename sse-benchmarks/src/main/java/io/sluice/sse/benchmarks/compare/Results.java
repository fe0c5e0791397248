package io.sluice.sse.benchmarks.compare;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.OptionalDouble;
import java.util.function.Function;
import java.util.function.Predicate;

/**
 * All runs of a comparison. Each run is one line of JSON in a file, which is written at once, so that an aborted
 * comparison loses nothing. Figures are medians over the rounds; a ratio is computed in each round first, and then its
 * median is taken.
 */
final class Results {

    private static final ObjectMapper JSON = new ObjectMapper();

    private final List<Run> runs = new ArrayList<>();

    static Results read(Path file) throws IOException {
        Results results = new Results();
        for (String line : Files.readAllLines(file)) {
            if (!line.isBlank()) {
                results.add(new Run(JSON.readTree(line)));
            }
        }
        return results;
    }

    void add(Run run) {
        runs.add(run);
    }

    static void append(Path file, ObjectNode line) throws IOException {
        Files.writeString(file, line + "\n", StandardOpenOption.CREATE, StandardOpenOption.APPEND);
    }

    /** The servers in the order of their first run. */
    List<String> servers() {
        return runs.stream().map(Run::server).distinct().toList();
    }

    List<String> servers(Contender.Kind kind) {
        return runs.stream()
                .filter(run -> run.kind().equals(kind.name()))
                .map(Run::server)
                .distinct()
                .toList();
    }

    List<Run> of(String server, String workload) {
        return runs.stream()
                .filter(run -> run.server().equals(server) && run.workload().equals(workload))
                .toList();
    }

    boolean has(String workload) {
        return runs.stream().anyMatch(run -> run.workload().equals(workload));
    }

    boolean hasAny(Predicate<String> workloads) {
        return runs.stream().map(Run::workload).anyMatch(workloads);
    }

    List<Run> failed() {
        return runs.stream().filter(run -> !run.error().isEmpty()).toList();
    }

    /** The figures of all rounds that have one. */
    List<Double> figures(String server, String workload, Figure figure) {
        List<Double> all = new ArrayList<>();
        for (Run run : of(server, workload)) {
            figure.of(run).ifPresent(all::add);
        }
        return all;
    }

    OptionalDouble median(String server, String workload, Figure figure) {
        return Medians.of(figures(server, workload, figure));
    }

    /** The median of the ratios within each round. */
    OptionalDouble ratio(String server, String base, String workload, Figure figure) {
        return Medians.of(ratios(server, base, workload, figure));
    }

    /** The ratio within each round in which both servers have the figure. */
    List<Double> ratios(String server, String base, String workload, Figure figure) {
        List<Double> ratios = new ArrayList<>();
        for (Run run : of(server, workload)) {
            for (Run other : of(base, workload)) {
                OptionalDouble a = figure.of(run);
                OptionalDouble b = figure.of(other);
                if (run.round() == other.round() && a.isPresent() && b.isPresent() && b.getAsDouble() != 0) {
                    ratios.add(a.getAsDouble() / b.getAsDouble());
                }
            }
        }
        return ratios;
    }

    /** The server with the best median; empty if none has the figure. */
    java.util.Optional<String> best(Collection<String> servers, String workload, Figure figure) {
        Function<String, Double> value =
                server -> median(server, workload, figure).orElse(Double.NaN);
        return servers.stream()
                .filter(server -> !value.apply(server).isNaN())
                .reduce((a, b) -> figure.isBetter(value.apply(b), value.apply(a)) ? b : a);
    }
}
