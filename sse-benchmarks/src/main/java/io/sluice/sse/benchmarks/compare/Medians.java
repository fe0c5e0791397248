package io.sluice.sse.benchmarks.compare;

import java.util.Collection;
import java.util.OptionalDouble;

/** The middle of a few figures. */
final class Medians {

    private Medians() {}

    /** Of an even number, the mean of the two in the middle. */
    static OptionalDouble of(Collection<Double> figures) {
        double[] sorted =
                figures.stream().mapToDouble(Double::doubleValue).sorted().toArray();
        int n = sorted.length;
        if (n == 0) {
            return OptionalDouble.empty();
        }
        return OptionalDouble.of(n % 2 == 1 ? sorted[n / 2] : (sorted[n / 2 - 1] + sorted[n / 2]) / 2);
    }
}
