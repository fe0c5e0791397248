package io.sluice.sse.benchmarks.compare;

import java.util.Collection;
import java.util.OptionalDouble;

/** Computes the median of a few figures. */
final class Medians {

    private Medians() {}

    /** For an even number of figures, the mean of the two middle ones. */
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
