package io.sluice.sse.benchmarks.compare;

import java.util.List;

/**
 * Workloads that one process of a server serves, one after the other.
 *
 * @param name as in the log
 * @param rounds in how many rounds it takes part
 * @param workloads in their order
 */
record Stage(String name, int rounds, List<Workload> workloads) {

    /** Whether it concerns this contender at all. */
    List<Workload> of(Contender contender) {
        return workloads.stream().filter(contender.suits()).toList();
    }
}
