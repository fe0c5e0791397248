package io.sluice.sse.benchmarks.compare;

import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;

/**
 * One measurement: the arguments of the generator.
 *
 * @param name as in results
 * @param seconds how long it measures
 * @param warmup seconds of warm-up for a server that warms up
 * @param arguments further arguments of the generator
 * @param needs what it requires of a server
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

    /** Whether it needs TLS, HTTP/2 or gzip, and a generator with these protocols. */
    boolean needsProtocols() {
        return needs(Need.TLS) || needs(Need.HTTP2) || needs(Need.GZIP);
    }

    boolean needs(Need need) {
        return needs.contains(need);
    }

    /** A server that does not warm up only needs time to fill its pipes. */
    double warmup(Contender contender) {
        return contender.warms() ? warmup : Math.min(1, warmup);
    }

    List<String> generatorArguments(Contender contender) {
        List<String> all = new ArrayList<>(arguments);
        all.addAll(List.of("--seconds", Double.toString(seconds), "--warmup", Double.toString(warmup(contender))));
        return all;
    }
}
