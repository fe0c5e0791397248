package io.sluice.sse.benchmarks.compare;

import java.util.List;

/**
 * The cores of the server and of the generator.
 *
 * @param server the server's core
 * @param generator the generator's core, which it never leaves
 */
record Cores(int server, int generator) {

    /** The cores of a server that serves these workloads, in the syntax of {@code taskset}. */
    String ofServer(List<Workload> workloads) {
        boolean both = workloads.stream().anyMatch(workload -> workload.needs(Need.BOTH_CORES));
        return both ? server + "," + generator : Integer.toString(server);
    }
}
