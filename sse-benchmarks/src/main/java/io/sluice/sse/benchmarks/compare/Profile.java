package io.sluice.sse.benchmarks.compare;

import java.util.EnumMap;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** The distribution of processor time by layer and by place. */
final class Profile {

    /** A place in the code and its layer. */
    record Place(String name, Layer layer) {}

    private final String title;
    private final Map<Layer, Long> layers = new EnumMap<>(Layer.class);
    private final Map<Place, Long> places = new HashMap<>();
    private final boolean seesKernel;
    private long samples;

    private Profile(String title, boolean seesKernel) {
        this.title = title;
        this.seesKernel = seesKernel;
    }

    /** @param stacks the output of async-profiler, one stack per line */
    static Profile of(String title, List<String> stacks) {
        List<Stack> all = stacks.stream()
                .filter(line -> !line.isBlank())
                .map(Stack::parse)
                .toList();
        Profile profile = new Profile(title, all.stream().anyMatch(Stack::endsInKernel));
        all.forEach(profile::add);
        return profile;
    }

    private void add(Stack stack) {
        Layer layer = stack.layer(seesKernel);
        samples += stack.samples();
        layers.merge(layer, stack.samples(), Long::sum);
        places.merge(new Place(stack.place(seesKernel), layer), stack.samples(), Long::sum);
    }

    String title() {
        return title;
    }

    long samples() {
        return samples;
    }

    /** Whether the profile contains kernel stacks. */
    boolean seesKernel() {
        return seesKernel;
    }

    double share(Layer layer) {
        return share(layers.getOrDefault(layer, 0L));
    }

    double share(Place place) {
        return share(places.getOrDefault(place, 0L));
    }

    private double share(long some) {
        return samples == 0 ? 0 : (double) some / samples;
    }

    /** The places with the most time of their own, without functions of the compiler and the collector. */
    List<Place> largest(int count) {
        return places.entrySet().stream()
                .filter(entry -> entry.getKey().layer() != Layer.COMPILER
                        && entry.getKey().layer() != Layer.GC)
                .sorted(Map.Entry.<Place, Long>comparingByValue()
                        .reversed()
                        .thenComparing(entry -> entry.getKey().name()))
                .map(Map.Entry::getKey)
                .limit(count)
                .toList();
    }
}
