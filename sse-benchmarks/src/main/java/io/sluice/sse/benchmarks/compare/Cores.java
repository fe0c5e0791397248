package io.sluice.sse.benchmarks.compare;

import java.util.List;

/**
 * Who runs where.
 *
 * @param server the server's core
 * @param generator the generator's, which never leaves it
 */
record Cores(int server, int generator) {

    /** Where a server may run that serves these, as {@code taskset} wants it. */
    String ofServer(List<Workload> workloads) {
        boolean both = workloads.stream().anyMatch(workload -> workload.needs(Need.BOTH_CORES));
        return both ? server + "," + generator : Integer.toString(server);
    }
}
