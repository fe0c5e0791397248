package io.sluice.sse.benchmarks.compare;

import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.OptionalDouble;
import java.util.function.Function;

/**
 * A Markdown table of one workload with one row per server: the best first, and servers with incorrect deliveries last.
 */
final class Table {

    private static final String NONE = "–";

    private record Column(String title, Function<String, String> cell) {}

    private final Results results;
    private final String workload;
    private final Figure first;
    private final List<Column> columns = new ArrayList<>();

    /** @param first the figure that orders the rows */
    Table(Results results, String workload, Figure first) {
        this.results = results;
        this.workload = workload;
        this.first = first;
    }

    Table median(String title, Figure figure, double scale, int decimals) {
        return column(title, server -> number(results.median(server, workload, figure), scale, decimals));
    }

    Table spread(String title, Figure figure, double scale, int decimals) {
        return column(title, server -> {
            List<Double> all = results.figures(server, workload, figure);
            return all.size() < 2
                    ? NONE
                    : format(Collections.min(all) * scale, decimals) + " … "
                            + format(Collections.max(all) * scale, decimals);
        });
    }

    Table ratio(Figure figure, String base) {
        return column("× " + base, server -> number(results.ratio(server, base, workload, figure), 1, 2));
    }

    /**
     * Adds whether all clients received everything once and in order in all rounds, and whether the generator was the
     * bottleneck.
     */
    Table soundness() {
        return column("sequence", server -> {
                    List<Run> runs = results.of(server, workload);
                    long wrong = runs.stream().filter(run -> !run.isCorrect()).count();
                    return wrong == 0 ? "right" : "**broken** in " + wrong;
                })
                .column("rounds", server -> {
                    List<Run> runs = results.of(server, workload);
                    long bound = runs.stream().filter(Run::isBoundByGenerator).count();
                    return runs.size() + (bound > 0 ? " (generator-bound: " + bound + ")" : "");
                });
    }

    Table column(String title, Function<String, String> cell) {
        columns.add(new Column(title, cell));
        return this;
    }

    /** Adds the distinct values of a text field of the runs. */
    Table words(String title, String field) {
        return column(
                title,
                server -> String.join(
                        ", ",
                        results.of(server, workload).stream()
                                .map(run -> run.line().path(field).asText(NONE))
                                .distinct()
                                .toList()));
    }

    private List<String> rows() {
        Comparator<Double> order = first.more() ? Comparator.reverseOrder() : Comparator.naturalOrder();
        return results.servers().stream()
                .filter(server -> results.of(server, workload).stream()
                        .anyMatch(run -> run.error().isEmpty()))
                .sorted(Comparator.comparing((String server) -> !isCorrectOnce(server))
                        .thenComparing(
                                server -> results.median(server, workload, first)
                                        .orElse(first.more() ? Double.NEGATIVE_INFINITY : Double.POSITIVE_INFINITY),
                                order))
                .toList();
    }

    /** Otherwise its figures are those of a server that did not do the work. */
    private boolean isCorrectOnce(String server) {
        return results.of(server, workload).stream().anyMatch(Run::isCorrect);
    }

    @Override
    public String toString() {
        StringBuilder text = new StringBuilder("| server |");
        columns.forEach(column -> text.append(' ').append(column.title()).append(" |"));
        text.append("\n|---|").append("---:|".repeat(columns.size())).append('\n');
        for (String server : rows()) {
            boolean ours = results.servers(Contender.Kind.SLUICE).contains(server);
            text.append("| ").append(ours ? "**" + server + "**" : server).append(" |");
            columns.forEach(column ->
                    text.append(' ').append(column.cell().apply(server)).append(" |"));
            text.append('\n');
        }
        return text.toString();
    }

    static String number(OptionalDouble value, double scale, int decimals) {
        return value.isPresent() ? format(value.getAsDouble() * scale, decimals) : NONE;
    }

    private static String format(double value, int decimals) {
        return String.format(Locale.ROOT, "%,." + decimals + "f", value);
    }
}
