package io.sluice.sse.benchmarks.compare;

import java.util.List;
import java.util.function.Predicate;

/**
 * A server that can be started.
 *
 * @param name as in tables
 * @param kind what it is to the others
 * @param command with {@code {port}} where its port belongs
 * @param warms whether it becomes faster while it runs, and needs a longer warm-up
 * @param suits which workloads it can serve
 */
record Contender(String name, Kind kind, List<String> command, boolean warms, Predicate<Workload> suits) {

    /** What a contender is to the others. */
    enum Kind {
        /** What is measured. */
        SLUICE,
        /** What nothing can be faster than, without merging events or with it. */
        FLOOR,
        /** A server of somebody else. */
        PEER
    }

    static Contender of(String name, Kind kind, boolean warms, List<String> command) {
        return new Contender(
                name,
                kind,
                List.copyOf(command),
                warms,
                workload -> workload.needs().isEmpty());
    }

    Contender called(String other) {
        return new Contender(other, kind, command, warms, suits);
    }

    Contender thatSuits(Predicate<Workload> workloads) {
        return new Contender(name, kind, command, warms, workloads);
    }

    List<String> command(int port) {
        return command.stream()
                .map(part -> part.replace("{port}", Integer.toString(port)))
                .toList();
    }

    boolean runsOnJava() {
        return command.get(0).endsWith("java");
    }
}
