package io.sluice.sse.benchmarks.compare;

import java.util.ArrayList;
import java.util.List;

/**
 * One thing that is measured: what the generator is told.
 *
 * @param name as in results
 * @param seconds how long it measures
 * @param warmup seconds before that, of a server that warms
 * @param arguments of the generator, besides
 * @param ofTopics whether clients have topics of their own, or patterns: only Sluice has such
 * @param ofIds whether clients come back with an id
 */
record Workload(String name, double seconds, double warmup, List<String> arguments, boolean ofTopics, boolean ofIds) {

    static Workload of(String name, double seconds, double warmup, String arguments) {
        return new Workload(name, seconds, warmup, List.of(arguments.split(" ", -1)), false, false);
    }

    Workload withTopics() {
        return new Workload(name, seconds, warmup, arguments, true, ofIds);
    }

    Workload withIds() {
        return new Workload(name, seconds, warmup, arguments, ofTopics, true);
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
