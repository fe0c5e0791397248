package io.sluice.sse.benchmarks.soak;

import java.io.IOException;
import java.util.Map;

/** The resources of a server at one moment. */
record Reading(long heapBytes, long residentBytes, int threads, int descriptors, Map<String, Long> owned) {

    /** Takes a reading; measuring the heap triggers a garbage collection first. */
    static Reading of(ServerProcess server, ServerApi api) throws IOException, InterruptedException {
        Footprint footprint = server.footprint();
        long heap = footprint.liveHeapBytes();
        return new Reading(heap, footprint.residentBytes(), footprint.threads(), footprint.descriptors(), api.owned());
    }

    static String mebibytes(long bytes) {
        return String.format(java.util.Locale.ROOT, "%.2f MiB", bytes / 1048576.0);
    }
}
