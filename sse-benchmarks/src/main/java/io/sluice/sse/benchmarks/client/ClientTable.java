package io.sluice.sse.benchmarks.client;

import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;

/** Formats what additional clients have added, per class and client, as a Markdown table, the largest first. */
final class ClientTable {

    /** Classes with fewer bytes per client share one line. */
    private static final double LEAST_BYTES = 1;

    private final Map<String, Weight> added = new TreeMap<>();
    private final int clients;

    /**
     * @param few the weights before
     * @param many the weights after
     * @param clients the number of clients added in between
     */
    ClientTable(Map<String, Weight> few, Map<String, Weight> many, int clients) {
        this.clients = clients;
        added.putAll(many);
        few.forEach((name, weight) -> added.merge(name, Weight.NONE.minus(weight), Weight::plus));
        added.values().removeIf(Weight.NONE::equals);
    }

    @Override
    public String toString() {
        StringBuilder text = new StringBuilder("| class | objects | bytes |\n|---|---:|---:|\n");
        List<Map.Entry<String, Weight>> large = added.entrySet().stream()
                .filter(entry -> isLarge(entry.getValue()))
                .sorted(Comparator.comparingLong(entry -> -entry.getValue().bytes()))
                .toList();
        large.forEach(entry -> text.append(row("`" + entry.getKey() + "`", entry.getValue())));
        text.append(row("less than a byte for each", sum(weight -> !isLarge(weight))));
        text.append(row("**all**", sum(weight -> true)));
        return text.toString();
    }

    private boolean isLarge(Weight weight) {
        return Math.abs(weight.bytes()) >= LEAST_BYTES * clients;
    }

    private Weight sum(java.util.function.Predicate<Weight> which) {
        return added.values().stream().filter(which).reduce(Weight.NONE, Weight::plus);
    }

    private String row(String name, Weight weight) {
        return String.format(
                Locale.ROOT,
                "| %s | %.2f | %,.1f |%n",
                name,
                (double) weight.count() / clients,
                (double) weight.bytes() / clients);
    }
}
