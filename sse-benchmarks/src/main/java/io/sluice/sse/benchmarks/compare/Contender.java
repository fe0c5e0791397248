package io.sluice.sse.benchmarks.compare;

import java.util.List;
import java.util.Set;
import java.util.function.Predicate;

/**
 * A server that takes part in a comparison.
 *
 * @param name as in tables
 * @param kind its role in the comparison
 * @param command the command line, with {@code {port}} in place of the port. If it also has {@code {publish-port}}, the
 *     publisher has that port, without TLS
 * @param warms whether it becomes faster while it runs, and needs a longer warm-up
 * @param suits which workloads it can serve
 */
record Contender(String name, Kind kind, List<String> command, boolean warms, Predicate<Workload> suits) {

    private static final String PUBLISH_PORT = "{publish-port}";

    /** The role of a contender. */
    enum Kind {
        /** The server that is measured. */
        SLUICE,
        /** The lower limit of the cost, without merging events or with it. */
        FLOOR,
        /** A server of another project. */
        PEER,
        /** Netty alone, as a lower limit of the cost of a server on Netty. */
        BARE
    }

    static Contender of(String name, Kind kind, boolean warms, List<String> command) {
        return new Contender(
                name,
                kind,
                List.copyOf(command),
                warms,
                workload -> workload.needs().isEmpty());
    }

    /** This contender, which serves only workloads with exactly these needs. */
    Contender only(Need... needs) {
        Set<Need> all = Set.of(needs);
        return thatSuits(workload -> workload.needs().equals(all));
    }

    /** This contender, which also serves token streams. */
    Contender withTokens() {
        return thatSuits(suits.or(workload -> workload.needs(Need.TOKENS)));
    }

    Contender called(String other) {
        return new Contender(other, kind, command, warms, suits);
    }

    Contender thatSuits(Predicate<Workload> workloads) {
        return new Contender(name, kind, command, warms, workloads);
    }

    List<String> command(int port, int publishPort) {
        return command.stream()
                .map(part -> part.replace("{port}", Integer.toString(port))
                        .replace(PUBLISH_PORT, Integer.toString(publishPort)))
                .toList();
    }

    boolean hasPublishPort() {
        return command.stream().anyMatch(part -> part.contains(PUBLISH_PORT));
    }

    boolean runsOnJava() {
        return command.get(0).endsWith("java");
    }
}
