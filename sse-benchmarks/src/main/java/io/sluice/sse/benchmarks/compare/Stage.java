package io.sluice.sse.benchmarks.compare;

import java.util.List;

/**
 * Workloads that one server process serves one after the other.
 *
 * @param name as in the log
 * @param rounds the number of rounds in which the stage takes part
 * @param workloads in order
 */
record Stage(String name, int rounds, List<Workload> workloads) {

    boolean needsProtocols() {
        return workloads.stream().anyMatch(Workload::needsProtocols);
    }

    /** The workloads that this contender can serve. */
    List<Workload> of(Contender contender) {
        return workloads.stream().filter(contender.suits()).toList();
    }
}
