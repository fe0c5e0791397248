package io.sluice.sse.benchmarks.compare;

import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;

/**
 * One thing that is measured: what the generator is told.
 *
 * @param name as in results
 * @param seconds how long it measures
 * @param warmup seconds before that, of a server that warms
 * @param arguments of the generator, besides
 * @param needs what it asks of a server
 */
record Workload(String name, double seconds, double warmup, List<String> arguments, Set<Need> needs) {

    static Workload of(String name, double seconds, double warmup, String arguments) {
        return new Workload(name, seconds, warmup, List.of(arguments.split(" ", -1)), Set.of());
    }

    Workload called(String other) {
        return new Workload(other, seconds, warmup, arguments, needs);
    }

    Workload with(Need need) {
        Set<Need> more = EnumSet.of(need);
        more.addAll(needs);
        return new Workload(name, seconds, warmup, arguments, Set.copyOf(more));
    }

    boolean needs(Need need) {
        return needs.contains(need);
    }

    /** What does not warm needs no more than to fill its pipes. */
    double warmup(Contender contender) {
        return contender.warms() ? warmup : Math.min(1, warmup);
    }

    List<String> generatorArguments(Contender contender) {
        List<String> all = new ArrayList<>(arguments);
        all.addAll(List.of("--seconds", Double.toString(seconds), "--warmup", Double.toString(warmup(contender))));
        return all;
    }
}
